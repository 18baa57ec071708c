package proxy

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"os"
)

// roots are the authorities that servers are verified against.
type roots struct {
	pool *x509.CertPool
	// pem holds the same authorities as text, as far as they were found in
	// files, for programs that read a bundle.
	pem []byte
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

// loadRoots joins the system's authorities with those of extra files. A
// system without any is no error; an extra file that cannot be read is.
func loadRoots(extra []string) (*roots, error) {
	r := &roots{}
	var err error
	if r.pool, err = x509.SystemCertPool(); err != nil {
		r.pool = x509.NewCertPool()
	}
	for _, path := range bundles() {
		if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, []byte("BEGIN CERTIFICATE")) {
			r.pem = b
			break
		}
	}
	for _, path := range extra {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("proxy: authorities for servers: %w", err)
		}
		if !r.pool.AppendCertsFromPEM(b) {
			return nil, fmt.Errorf("proxy: authorities for servers: %s holds no PEM certificate", path)
		}
		r.pem = append(append(r.pem, '\n'), b...)
	}
	return r, nil
}
