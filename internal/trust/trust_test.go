package trust_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/trust"
)

// authority makes a certificate authority.
func authority(t testing.TB, name pkix.Name) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x8f01), Subject: name, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	return der
}

func text(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// real gives a program that the test needs, or skips it.
func real(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") != "" {
			t.Fatalf("%s is missing", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

// debian is a tree like Debian's, with one authority.
func debian(t *testing.T) (root string, system []byte) {
	t.Helper()
	root = t.TempDir()
	system = authority(t, pkix.Name{CommonName: "System"})
	for _, dir := range []string{"etc/ssl/certs", "usr/share/ca-certificates", "usr/lib/jvm/java-21/lib/security", "home/me"} {
		must(t, os.MkdirAll(filepath.Join(root, dir), 0o755))
	}
	for path, content := range map[string]string{
		"etc/ssl/certs/ca-certificates.crt": text(system), "usr/share/ca-certificates/system.crt": text(system),
		"usr/lib/jvm/java-21/lib/security/cacerts": "keystore", "home/me/own.pem": text(system),
	} {
		must(t, os.WriteFile(filepath.Join(root, path), []byte(content), 0o644))
	}
	must(t, os.Symlink("/usr/share/ca-certificates/system.crt", filepath.Join(root, "etc/ssl/certs/System.pem")))
	return root, system
}

func config(t *testing.T, root string) trust.Config {
	t.Helper()
	return trust.Config{
		Dir: t.TempDir(), Inside: "/run/telltale", Home: t.TempDir(), Root: root,
		Authority: authority(t, pkix.Name{Organization: []string{"telltale"}, CommonName: "  Case   Authority "}),
	}
}

// source is what lies over a place.
func source(t *testing.T, made trust.Trust, path string) string {
	t.Helper()
	for _, b := range made.Binds {
		if b.Path == path {
			return b.Source
		}
	}
	t.Fatalf("nothing lies over %s: %v", path, made.Binds)
	return ""
}

func TestDebian(t *testing.T) {
	t.Parallel()
	root, system := debian(t)
	c := config(t, root)
	c.Env = []string{"PIP_CERT=/home/me/own.pem", "JAVA_TOOL_OPTIONS=-Xmx1g", "NODE_EXTRA_CA_CERTS=/no/such/file"}
	made, err := trust.Make(c)
	must(t, err)
	certs := source(t, made, "/etc/ssl/certs")
	both := text(c.Authority) + text(system)
	for _, path := range []string{filepath.Join(certs, "ca-certificates.crt"), filepath.Join(c.Dir, "bundle.pem")} {
		if b, err := os.ReadFile(path); err != nil || string(b) != both {
			t.Errorf("%s: %v %q", path, err, b)
		}
	}
	if target, err := os.Readlink(filepath.Join(certs, "System.pem")); err != nil || target != "/usr/share/ca-certificates/system.crt" {
		t.Error(target, err)
	}
	if got := source(t, made, "/usr/lib/jvm/java-21/lib/security/cacerts"); filepath.Base(got) != "cacerts.jks" {
		t.Error(got)
	}
	for _, want := range []string{
		"SSL_CERT_FILE=/run/telltale/bundle.pem", "NODE_EXTRA_CA_CERTS=/run/telltale/ca.pem", "PIP_CERT=/run/telltale/own-3.pem",
		"JAVA_TOOL_OPTIONS=-Xmx1g -Djavax.net.ssl.trustStore=/run/telltale/cacerts.jks -Djavax.net.ssl.trustStoreType=JKS",
	} {
		if !slices.Contains(made.Env, want) {
			t.Errorf("no %s in %q", want, made.Env)
		}
	}
	if b, err := os.ReadFile(filepath.Join(c.Dir, "own-3.pem")); err != nil || string(b) != both {
		t.Errorf("%v %q", err, b)
	}
}

// Where the directory is a link to elsewhere, the place that it leads to is
// covered, once.
func TestFedora(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	system := authority(t, pkix.Name{CommonName: "System"})
	for _, dir := range []string{"etc/pki/ca-trust/extracted/pem", "etc/pki/tls/certs", "etc/ssl", "etc/firefox/policies"} {
		must(t, os.MkdirAll(filepath.Join(root, dir), 0o755))
	}
	must(t, os.WriteFile(filepath.Join(root, "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"), []byte(text(system)), 0o644))
	must(t, os.Symlink("../../ca-trust/extracted/pem/tls-ca-bundle.pem", filepath.Join(root, "etc/pki/tls/certs/ca-bundle.crt")))
	must(t, os.Symlink("../pki/tls/certs", filepath.Join(root, "etc/ssl/certs")))
	c := config(t, root)
	made, err := trust.Make(c)
	must(t, err)
	var paths []string
	for _, b := range made.Binds {
		paths = append(paths, b.Path)
	}
	slices.Sort(paths)
	want := []string{"/etc/firefox/policies", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/pki/tls/certs", "/run/telltale"}
	if !slices.Equal(paths, want) {
		t.Errorf("%q, want %q", paths, want)
	}
	b, err := os.ReadFile(filepath.Join(source(t, made, "/etc/pki/tls/certs"), "ca-bundle.crt"))
	if err != nil || string(b) != text(c.Authority)+text(system) {
		t.Errorf("%v %q", err, b)
	}
}

// A tree without any authorities, and an authority that is none.
func TestNothingThere(t *testing.T) {
	t.Parallel()
	c := config(t, t.TempDir())
	made, err := trust.Make(c)
	must(t, err)
	if len(made.Binds) != 1 {
		t.Errorf("%v", made.Binds)
	}
	if b, err := os.ReadFile(filepath.Join(c.Dir, "bundle.pem")); err != nil || string(b) != text(c.Authority) {
		t.Errorf("%v %q", err, b)
	}
	c.Authority = []byte("none")
	if _, err := trust.Make(c); err == nil {
		t.Error("an authority that is none was taken")
	}
}

// OpenSSL finds the authority by its hash.
func TestOpenSSLTakesDirectory(t *testing.T) {
	t.Parallel()
	openssl := real(t, "openssl")
	root, _ := debian(t)
	c := config(t, root)
	made, err := trust.Make(c)
	must(t, err)
	certs := source(t, made, "/etc/ssl/certs")
	cert := filepath.Join(c.Dir, "ca.pem")
	out, err := exec.Command(openssl, "verify", "-no-CAfile", "-no-CAstore", "-CApath", certs, cert).CombinedOutput()
	if err != nil || !strings.Contains(string(out), ": OK") {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := exec.Command(openssl, "verify", "-no-CAfile", "-no-CAstore", "-CApath", t.TempDir(), cert).CombinedOutput(); err == nil {
		t.Errorf("trusted by another directory as well: %s", out)
	}
}

func TestKeytoolReadsKeystore(t *testing.T) {
	t.Parallel()
	keytool := real(t, "keytool")
	root, _ := debian(t)
	c := config(t, root)
	_, err := trust.Make(c)
	must(t, err)
	out, err := exec.Command(keytool, "-list", "-keystore", filepath.Join(c.Dir, "cacerts.jks"), "-storepass", "changeit").CombinedOutput()
	if err != nil || strings.Count(string(out), "trustedCertEntry") != 2 {
		t.Errorf("%v: %s", err, out)
	}
}

func TestNSSReadsDatabase(t *testing.T) {
	t.Parallel()
	certutil := real(t, "certutil")
	root, _ := debian(t)
	c := config(t, root)
	_, err := trust.Make(c)
	must(t, err)
	db := "sql:" + filepath.Join(c.Home, ".pki", "nssdb")
	out, err := exec.Command(certutil, "-d", db, "-L").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("C,,")) {
		t.Errorf("%v: %s", err, out)
	}
	out, err = exec.Command(certutil, "-d", db, "-V", "-u", "L", "-n", "telltale").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("certificate is valid")) {
		t.Errorf("%v: %s", err, out)
	}
}
