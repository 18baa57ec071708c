package servers

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Names of the authority's files in a lab directory. The certificate is what
// clients and proxies must trust to reach the lab's HTTPS servers.
const (
	CAFile    = "lab-ca.pem"
	CAKeyFile = "lab-ca.key"
)

const caYears = 5

// CA issues the certificates of one lab directory. It signs names under
// .test and nothing else.
type CA struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// OpenCA reads the authority of a lab directory, or makes one if there is
// none. Keys come from crypto/rand: they are not for replay.
func OpenCA(dir string, now time.Time) (*CA, error) {
	ca, err := readCA(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return makeCA(dir, now)
	}
	if err != nil {
		return nil, fmt.Errorf("the lab's certificate authority: %w; remove %s to make a new one", err, filepath.Join(dir, CAKeyFile))
	}
	return ca, nil
}

func readCA(dir string) (*CA, error) {
	certPEM, err := os.ReadFile(filepath.Join(dir, CAFile))
	if err != nil {
		return nil, err
	}
	keyPEM, err := os.ReadFile(filepath.Join(dir, CAKeyFile))
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, err
	}
	key, ok := pair.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s cannot sign", CAKeyFile)
	}
	return &CA{cert: pair.Leaf, key: key}, nil
}

func makeCA(dir string, now time.Time) (*CA, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: "telltale lab network, loopback only"},
		NotBefore:    now.Add(-time.Hour), NotAfter: now.AddDate(caYears, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{"test"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	ca := &CA{cert: cert, key: key}
	return ca, ca.save(dir, key)
}

// save writes the certificate before the key: a directory with a key is
// complete.
func (ca *CA) save(dir string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, CAFile), ca.PEM(), 0o644); err != nil {
		return err
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return os.WriteFile(filepath.Join(dir, CAKeyFile), block, 0o600)
}

// PEM is the authority's certificate.
func (ca *CA) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.cert.Raw})
}

// Issue makes a certificate for a host under .test.
func (ca *CA) Issue(host string, now time.Time) (tls.Certificate, error) {
	if !strings.HasSuffix(host, ".test") {
		return tls.Certificate{}, fmt.Errorf("no certificate for %q: the lab's names end in .test", host)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der, ca.cert.Raw}, PrivateKey: key}, nil
}
