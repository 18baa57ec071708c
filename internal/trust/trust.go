// Package trust makes programs that run in a sandbox trust the certificate
// authority of a case, each in the way it looks for authorities: the system's
// bundle and hashed directory, variables of the environment, the keystore of
// Java, the NSS database of Chromium.
//
// The system's own authorities stay trusted: a server whose certificate would
// not be trusted without telltale is shown with one that is not trusted.
package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Config says what to make, and for whom.
type Config struct {
	// Dir is an empty directory of the host where files are made. It must
	// stay as long as the program runs.
	Dir string
	// Inside is where the program finds Dir.
	Inside string
	// Home is the directory of the host that becomes the program's home; it
	// gets an NSS database. Empty means none.
	Home string
	// Authority is the certificate to be trusted, DER.
	Authority []byte
	// Env is the program's environment as it would be without us, NAME=value.
	Env []string
	// Root is the tree whose places are looked for; "/" if empty.
	Root string
}

// Bind lays Source, a file or directory of the host, over Path inside.
type Bind struct{ Source, Path string }

// Trust is what has to be done so that programs trust the authority.
type Trust struct {
	Binds []Bind
	// Env is added to the program's environment and wins over it.
	Env []string
}

// The names of files in Config.Dir.
const (
	authorityFile = "ca.pem"
	bundleFile    = "bundle.pem"
	javaFile      = "cacerts.jks"
)

// maker is one call of Make.
type maker struct {
	Config
	cert *x509.Certificate
	pem  []byte
	out  Trust
}

// Make writes the files and says what to do with them.
func Make(c Config) (Trust, error) {
	m, err := newMaker(c)
	if err != nil {
		return Trust{}, fmt.Errorf("trust: %w", err)
	}
	for _, step := range []func() error{m.files, m.bundles, m.directories, m.environment, m.browser} {
		if err := step(); err != nil {
			return Trust{}, fmt.Errorf("trust: %w", err)
		}
	}
	return m.out, nil
}

func newMaker(c Config) (*maker, error) {
	cert, err := x509.ParseCertificate(c.Authority)
	if err != nil {
		return nil, fmt.Errorf("the authority's certificate: %w", err)
	}
	if c.Root == "" {
		c.Root = "/"
	}
	return &maker{Config: c, cert: cert, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Authority})}, nil
}

// writeHome writes what belongs into a home, and nothing else.
func writeHome(c Config, home string) error {
	c.Home = home
	m, err := newMaker(c)
	if err != nil {
		return err
	}
	return m.database()
}

// files are those that variables of the environment name.
func (m *maker) files() error {
	system := m.system()
	keystore, err := keystore(append([][]byte{m.Authority}, certificates(system)...))
	return errors.Join(err,
		m.write(authorityFile, m.pem),
		m.write(bundleFile, m.join(system)),
		m.write(javaFile, keystore),
	)
}

// join puts the authority before what is trusted already.
func (m *maker) join(bundle []byte) []byte { return slices.Concat(m.pem, bundle) }

func (m *maker) write(name string, b []byte) error {
	// The program may run as another user inside than the one outside.
	return os.WriteFile(filepath.Join(m.Dir, name), b, 0o644)
}

func (m *maker) inside(name string) string { return m.Inside + "/" + name }

// lookup is a variable of the program's environment.
func (m *maker) lookup(name string) string {
	value := ""
	for _, e := range m.Env {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			value = v
		}
	}
	return value
}

// hasCertificate says whether a file is a bundle, so that a file of another
// format is left alone.
func hasCertificate(b []byte) bool { return bytes.Contains(b, []byte("BEGIN CERTIFICATE")) }

// certificates are those of a bundle, DER.
func certificates(bundle []byte) (all [][]byte) {
	for {
		var block *pem.Block
		if block, bundle = pem.Decode(bundle); block == nil {
			return all
		}
		if block.Type == "CERTIFICATE" || block.Type == "TRUSTED CERTIFICATE" {
			all = append(all, block.Bytes)
		}
	}
}
