// Package authority is the certificate authority of a case: it issues the
// certificates that an app is shown in a server's place, keeps itself in the
// case's directory, and knows whom the app would trust without it.
package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"example.org/telltale"
)

// Config says where an authority lives and what it takes its times from.
type Config struct {
	// Dir keeps ca.pem, ca.key and bundle.pem. If it is empty, the authority
	// lives in memory only.
	Dir string
	// Name is the common name of the certificate; a sentence about the case
	// if empty.
	Name string
	// Clock tells when certificates begin; nil means time.Now.
	Clock telltale.Clock
	// Random is where keys and serial numbers come from; nil means
	// crypto/rand. (Go may use its own source for keys whatever this is.)
	Random io.Reader
}

// rsaBits is the size of the RSA key: the least that everybody takes.
const rsaBits = 2048

// Authority issues certificates for the hosts that an app asks for. It may be
// used from many goroutines.
type Authority struct {
	cfg  Config
	cert *x509.Certificate
	key  *ecdsa.PrivateKey

	leaf *ecdsa.PrivateKey // one key for all leaves: they are all ours
	// rsa makes another one for those that need it, once.
	rsa func() (*rsa.PrivateKey, error)

	mu     sync.Mutex
	leaves map[string]*tls.Certificate
}

// Load takes the authority from its directory, or makes one and keeps it
// there.
func Load(c Config) (*Authority, error) {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Name == "" {
		c.Name = "telltale: authority of one case, trust it nowhere else"
	}
	a := &Authority{cfg: c, leaves: map[string]*tls.Certificate{}}
	a.rsa = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(c.Random, rsaBits) })
	err := a.load()
	if err == nil {
		a.leaf, err = ecdsa.GenerateKey(elliptic.P256(), c.Random)
	}
	if err != nil {
		return nil, fmt.Errorf("certificate authority in %s: %w; remove ca.pem and ca.key to get a new one", c.Dir, err)
	}
	return a, nil
}

func (a *Authority) load() error {
	if a.cfg.Dir == "" {
		return a.create()
	}
	pair, err := tls.LoadX509KeyPair(a.CertPath(), a.keyPath())
	if errors.Is(err, fs.ErrNotExist) {
		return a.create()
	}
	if err != nil {
		return err
	}
	var ok bool
	a.cert = pair.Leaf
	if a.key, ok = pair.PrivateKey.(*ecdsa.PrivateKey); !ok || !a.cert.IsCA {
		return errors.New("not an authority of this program")
	}
	return nil
}

// CertPath is the file of the authority's certificate, PEM.
func (a *Authority) CertPath() string { return filepath.Join(a.cfg.Dir, "ca.pem") }

// BundlePath is the file that WriteBundle writes.
func (a *Authority) BundlePath() string { return filepath.Join(a.cfg.Dir, "bundle.pem") }

func (a *Authority) keyPath() string { return filepath.Join(a.cfg.Dir, "ca.key") }

// Certificate is the authority's own certificate. It must not be changed.
func (a *Authority) Certificate() *x509.Certificate { return a.cert }

// PEM is the authority's own certificate as text.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}
