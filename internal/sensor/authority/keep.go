package authority

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

// create makes a key and a certificate and keeps them, if there is where.
func (a *Authority) create() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), a.cfg.Random)
	if err != nil {
		return err
	}
	template, err := a.template(a.cfg.Name)
	if err != nil {
		return err
	}
	template.NotAfter = template.NotBefore.AddDate(10, 0, 0)
	template.IsCA, template.BasicConstraintsValid, template.MaxPathLenZero = true, true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	template.ExtKeyUsage = nil
	der, err := x509.CreateCertificate(a.cfg.Random, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return err
	}
	a.key = key
	if a.cfg.Dir == "" {
		return nil
	}
	return a.save()
}

func (a *Authority) save() error {
	if err := os.MkdirAll(a.cfg.Dir, 0o700); err != nil {
		return err
	}
	key, err := x509.MarshalECPrivateKey(a.key)
	if err != nil {
		return err
	}
	// The key first: a certificate without its key would lock the case.
	if err := writeWhole(a.keyPath(), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key}), 0o600); err != nil {
		return err
	}
	return writeWhole(a.CertPath(), a.PEM(), 0o644)
}

// writeWhole writes a file whole or not at all: half a certificate would lock
// the case as well. One that is as it should be is left alone.
func writeWhole(path string, content []byte, mode os.FileMode) error {
	if b, err := os.ReadFile(path); err == nil && bytes.Equal(b, content) {
		return nil
	}
	half := path + ".new"
	if err := os.WriteFile(half, content, mode); err != nil {
		return err
	}
	return os.Rename(half, path)
}

// WriteBundle writes what the app may trust, PEM: this authority, and others,
// whom it would trust without us, for the connections that pass unopened.
func (a *Authority) WriteBundle(others []byte) error {
	if err := writeWhole(a.BundlePath(), append(a.PEM(), others...), 0o644); err != nil {
		return fmt.Errorf("write the bundle of authorities: %w", err)
	}
	return nil
}
