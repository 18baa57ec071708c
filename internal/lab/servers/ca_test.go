package servers_test

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"

	"example.org/telltale/internal/lab/servers"
)

func TestCASignsTestNamesThatItsCertificateVerifies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := servers.OpenCA(dir, noon)
	if err != nil {
		t.Fatal(err)
	}
	again, err := servers.OpenCA(dir, noon)
	if err != nil || !bytes.Equal(first.PEM(), again.PEM()) {
		t.Fatalf("opened again: %v, or another authority", err)
	}
	pair, err := again.Issue("sere.hiido.test", noon)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(first.PEM())
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "sere.hiido.test", CurrentTime: noon}); err != nil {
		t.Error(err)
	}
	if _, err := again.Issue("example.org", noon); err == nil {
		t.Error("a certificate for a name outside .test was issued")
	}
}

func TestDamagedCAIsAnErrorAndNotReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := servers.OpenCA(dir, noon); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, servers.CAKeyFile), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := servers.OpenCA(dir, noon); err == nil {
		t.Error("a damaged key was accepted")
	}
}
