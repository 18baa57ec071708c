package lab

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"time"

	"example.org/telltale/internal/lab/labdir"
	"example.org/telltale/internal/lab/profile"
)

func hasTLS(plan profile.Plan) bool {
	return slices.ContainsFunc(plan.Servers(), func(s profile.Server) bool { return s.TLS })
}

// writeCertificates makes an authority for this lab directory and a
// certificate for each HTTPS server, unless they are there already. The
// authority's own key is not kept.
func writeCertificates(dir labdir.Dir, plan profile.Plan, o Options) error {
	if !hasTLS(plan) {
		return nil
	}
	if _, err := os.Stat(dir.CA()); err == nil {
		return nil
	}
	now := o.Clock()
	ca, err := newPair(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "telltale lab, this directory only"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{"test"},
	}, nil)
	if err != nil {
		return err
	}
	for i, s := range plan.Servers() {
		if !s.TLS {
			continue
		}
		leaf, err := newPair(&x509.Certificate{
			SerialNumber: big.NewInt(int64(i) + 2), Subject: pkix.Name{CommonName: s.Host}, DNSNames: []string{s.Host},
			NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(5, 0, 0),
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}, ca)
		if err != nil {
			return err
		}
		if err := leaf.save(dir.Certificate(s.Host)); err != nil {
			return err
		}
	}
	return labdir.WriteFile(dir.CA(), ca.certificatePEM())
}

// pair is a certificate with its key.
type pair struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// newPair makes a key and its certificate, signed by parent or by itself.
func newPair(template *x509.Certificate, parent *pair) (*pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	by := &pair{template, key}
	if parent != nil {
		by = parent
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.certificate, &key.PublicKey, by.key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return &pair{certificate, key}, err
}

func (p *pair) certificatePEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.certificate.Raw})
}

// save writes certificate and key into one file.
func (p *pair) save(path string) error {
	key, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.Write(p.certificatePEM())
	err = pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: key})
	return errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o700), labdir.WriteFile(path, b.Bytes()))
}
