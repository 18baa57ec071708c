package proxy

import (
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
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// maxLeaves bounds the certificates that are kept ready.
const maxLeaves = 2000

// authority issues certificates for the hosts that the app asks for.
type authority struct {
	cfg  Config
	cert *x509.Certificate
	key  *ecdsa.PrivateKey

	mu     sync.Mutex
	leaf   *ecdsa.PrivateKey // one key for all leaves: they are all ours
	leaves map[string]*tls.Certificate
}

func (a *authority) certPath() string   { return filepath.Join(a.cfg.Dir, "ca.pem") }
func (a *authority) keyPath() string    { return filepath.Join(a.cfg.Dir, "ca.key") }
func (a *authority) bundlePath() string { return filepath.Join(a.cfg.Dir, "bundle.pem") }

// loadAuthority takes the authority from the case's directory or makes one.
func loadAuthority(c Config) (*authority, error) {
	a := &authority{cfg: c, leaves: map[string]*tls.Certificate{}}
	pair, err := tls.LoadX509KeyPair(a.certPath(), a.keyPath())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = a.create()
	case err == nil:
		var ok bool
		a.cert = pair.Leaf
		if a.key, ok = pair.PrivateKey.(*ecdsa.PrivateKey); !ok || !a.cert.IsCA {
			err = errors.New("not an authority of this program")
		}
	}
	if err == nil {
		a.leaf, err = ecdsa.GenerateKey(elliptic.P256(), c.Random)
	}
	if err != nil {
		return nil, fmt.Errorf("proxy: certificate authority in %s: %w; remove ca.pem and ca.key to get a new one", c.Dir, err)
	}
	return a, nil
}

func (a *authority) create() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), a.cfg.Random)
	if err != nil {
		return err
	}
	template, err := a.template("telltale: authority of one case, trust it nowhere else")
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
	return a.save(der)
}

func (a *authority) save(der []byte) error {
	if err := os.MkdirAll(a.cfg.Dir, 0o700); err != nil {
		return err
	}
	key, err := x509.MarshalECPrivateKey(a.key)
	if err != nil {
		return err
	}
	// The key first: a certificate without its key would lock the case.
	if err := os.WriteFile(a.keyPath(), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key}), 0o600); err != nil {
		return err
	}
	// Whole or not at all: half a certificate would lock it as well.
	half := a.certPath() + ".new"
	if err := os.WriteFile(half, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		return err
	}
	return os.Rename(half, a.certPath())
}

// writeBundle writes what the app may trust: our authority, and whom it
// would trust without us, for the connections that pass unopened.
func (a *authority) writeBundle(others []byte) error {
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
	if err := os.WriteFile(a.bundlePath(), append(own, others...), 0o644); err != nil {
		return fmt.Errorf("proxy: write the bundle of authorities: %w", err)
	}
	return nil
}

func (a *authority) template(name string) (*x509.Certificate, error) {
	serial, err := rand.Int(a.cfg.Random, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	begin := a.cfg.Clock().Add(-24 * time.Hour)
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name, Organization: []string{"telltale"}},
		NotBefore:    begin,
		NotAfter:     begin.AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, nil
}

// certificate returns the certificate for a host name or address.
func (a *authority) certificate(host string) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if leaf := a.leaves[host]; leaf != nil {
		return leaf, nil
	}
	template, err := a.template(host[:min(len(host), 60)])
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(a.cfg.Random, template, a.cert, &a.leaf.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("certificate for %q: %w", host, err)
	}
	if len(a.leaves) >= maxLeaves {
		clear(a.leaves)
	}
	leaf := &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: a.leaf}
	a.leaves[host] = leaf
	return leaf, nil
}
