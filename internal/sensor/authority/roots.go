package authority

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"os"
)

// Roots are the authorities that servers are verified against.
type Roots struct {
	// Pool holds them, to verify with.
	Pool *x509.CertPool
	// PEM holds the same authorities as text, as far as they were found in
	// files, for programs that read a bundle.
	PEM []byte
}

// bundles are the places where systems keep their authorities in one file.
func bundles() []string {
	return []string{
		os.Getenv("SSL_CERT_FILE"),
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/ssl/cert.pem",
	}
}

// LoadRoots joins the system's authorities with those of extra files. A
// system without any is no error; an extra file that cannot be read is.
func LoadRoots(extra []string) (*Roots, error) {
	r := &Roots{}
	var err error
	if r.Pool, err = x509.SystemCertPool(); err != nil {
		r.Pool = x509.NewCertPool()
	}
	for _, path := range bundles() {
		if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, []byte("BEGIN CERTIFICATE")) {
			r.PEM = b
			break
		}
	}
	for _, path := range extra {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("authorities for servers: %w", err)
		}
		if !r.Pool.AppendCertsFromPEM(b) {
			return nil, fmt.Errorf("authorities for servers: %s holds no PEM certificate", path)
		}
		r.PEM = append(append(r.PEM, '\n'), b...)
	}
	return r, nil
}
