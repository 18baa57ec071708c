package authority_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/sensor/authority"
)

func load(t *testing.T, dir string) *authority.Authority {
	t.Helper()
	a, err := authority.Load(authority.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestLeavesAreForWhatTheySay(t *testing.T) {
	t.Parallel()
	a := load(t, "")
	pool := x509.NewCertPool()
	pool.AddCert(a.Certificate())
	for _, hosts := range [][]string{{"example.com"}, {"192.0.2.1"}, {"2001:db8::1", "*.example.org", "b.test"}} {
		leaf, err := a.For(hosts...)
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range hosts {
			name := strings.Replace(host, "*", "any", 1)
			if _, err := leaf.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name}); err != nil {
				t.Errorf("%s in %q: %v", name, hosts, err)
			}
		}
		if again, err := a.For(hosts...); err != nil || again != leaf {
			t.Errorf("%q: another certificate the second time, %v", hosts, err)
		}
		if _, err := leaf.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: "other.example"}); err == nil {
			t.Errorf("%q: good for other names", hosts)
		}
	}
}

// TestRSA: the same names by another key, kept beside the others.
func TestRSA(t *testing.T) {
	t.Parallel()
	a := load(t, "")
	leaf, err := a.RSA("example.com")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := leaf.PrivateKey.(*rsa.PrivateKey); !ok || leaf.Leaf.PublicKeyAlgorithm != x509.RSA || leaf.Leaf.KeyUsage&x509.KeyUsageKeyEncipherment == 0 {
		t.Errorf("a key of type %T, usage %b", leaf.PrivateKey, leaf.Leaf.KeyUsage)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.Certificate())
	if _, err := leaf.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: "example.com"}); err != nil {
		t.Error(err)
	}
	again, err := a.RSA("example.com")
	other, err2 := a.For("example.com")
	if err != nil || err2 != nil || again != leaf || other == leaf || other.Leaf.PublicKeyAlgorithm != x509.ECDSA {
		t.Errorf("the second time %v, %v, %v", again == leaf, err, err2)
	}
}

func TestNamesThatNoCertificateHolds(t *testing.T) {
	t.Parallel()
	a := load(t, "")
	for _, host := range []string{"", "späth.test", "a b", "\xff\xfe", strings.Repeat("x", 300)} {
		leaf, err := a.For(host, "good.test")
		if err != nil {
			t.Fatalf("%q: %v", host, err)
		}
		if names := leaf.Leaf.DNSNames; len(names) != 1 || names[0] != "good.test" {
			t.Errorf("%q: names %q", host, names)
		}
		if _, err := a.For(host); err != nil {
			t.Errorf("%q alone: %v", host, err)
		}
	}
}

func TestLeavesAreMadeAnewWhenTheyExpire(t *testing.T) {
	t.Parallel()
	now := time.Now()
	a, err := authority.Load(authority.Config{Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	first, err := a.For("example.com")
	if err != nil {
		t.Fatal(err)
	}
	now = now.AddDate(2, 0, 0)
	if second, err := a.For("example.com"); err != nil || second.Leaf.NotAfter.Before(now) || second == first {
		t.Errorf("a certificate that has expired is shown again, %v", err)
	}
}

func TestAuthorityIsFoundAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	first := load(t, dir)
	if second := load(t, dir); !second.Certificate().Equal(first.Certificate()) {
		t.Error("another authority in the same directory")
	}
	if err := first.WriteBundle([]byte("others")); err != nil {
		t.Fatal(err)
	}
	bundle, err := os.ReadFile(first.BundlePath())
	if err != nil {
		t.Fatal(err)
	}
	block, rest := pem.Decode(bundle)
	if block == nil || string(block.Bytes) != string(first.Certificate().Raw) || string(rest) != "others" {
		t.Errorf("bundle %q", bundle)
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.key"), []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := authority.Load(authority.Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "remove ca.pem and ca.key") {
		t.Errorf("a broken authority: %v", err)
	}
}

func TestRoots(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := load(t, dir)
	roots, err := authority.LoadRoots([]string{a.CertPath()})
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := a.For("example.com")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leaf.Leaf.Verify(x509.VerifyOptions{Roots: roots.Pool}); err != nil || !strings.Contains(string(roots.PEM), string(a.PEM())) {
		t.Errorf("the extra authority is not among the roots: %v", err)
	}
	for _, path := range []string{filepath.Join(dir, "ca.key"), filepath.Join(dir, "none.pem")} {
		if _, err := authority.LoadRoots([]string{path}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
