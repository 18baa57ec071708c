package main

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/signer"
	"example.org/telltale/internal/stamp/tsa"
	"example.org/telltale/internal/verify"
)

// timeServer is a time-stamping authority on loopback, and the file of its root.
func timeServer(t *testing.T) (url, root string) {
	t.Helper()
	a, err := tsa.New(tsa.Options{Clock: time.Now, Random: rand.Reader})
	mustDo(t, err)
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	root = filepath.Join(t.TempDir(), "root.pem")
	mustDo(t, os.WriteFile(root, a.PEM(), 0o600))
	return server.URL, root
}

// plainCase is a case of nothing but a signed beginning and end.
func plainCase(t *testing.T) string {
	t.Helper()
	key, err := signer.Load(os.Getenv("TELLTALE_KEY"), rand.Reader)
	mustDo(t, err)
	dir := filepath.Join(t.TempDir(), "case")
	c, err := casefile.Create(dir, casefile.Options{Clock: time.Now, Random: rand.Reader, Signer: key})
	mustDo(t, err)
	mustDo(t, c.PutEnd(""))
	mustDo(t, c.Close())
	return dir
}

// checked is what the verifier says of a case; root is a file of roots, or none.
func checked(t *testing.T, dir, root string) *verify.Result {
	t.Helper()
	var opts verify.Options
	if root != "" {
		pem, err := os.ReadFile(root)
		mustDo(t, err)
		opts.Roots = x509.NewCertPool()
		if !opts.Roots.AppendCertsFromPEM(pem) {
			t.Fatal("the root cannot be read")
		}
	}
	got, err := verify.Case(dir, opts)
	mustDo(t, err)
	return got
}

// TestStampsAreSealedInOnesOwnCase, and OpenSSL agrees as docs/keys-and-seals.md
// says.
func TestStampsAreSealedInOnesOwnCase(t *testing.T) {
	hostileKey(t)
	dir := plainCase(t)
	url, root := timeServer(t)
	code, out := tell("case", "stamp", dir, "--tsa", url, "--tsa", url, "--json")
	var made []stampedFile
	if err := json.Unmarshal([]byte(out), &made); err != nil || code != exitNothing || len(made) != 2 || !made[1].Sealed {
		t.Fatalf("exit code %d, %v: %s", code, err, out)
	}
	if got := checked(t, dir, root); !got.Holds || len(got.Stamps) != 2 || !got.Stamps[0].Trusted || !got.Stamps[0].Sealed {
		t.Errorf("%+v", got)
	}
	_, other := timeServer(t)
	if got := checked(t, dir, other); got.Holds || got.Problems[0].File != made[0].File {
		t.Errorf("with another root: %+v", got.Problems)
	}
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is missing: install openssl")
	}
	checkpoint := strings.TrimSuffix(strings.TrimPrefix(made[0].File, "stamps/"), "-1.tsr")
	cmd := exec.Command("openssl", "ts", "-verify", "-data", "checkpoints/"+checkpoint, "-in", made[0].File, "-CAfile", root)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "Verification: OK") {
		t.Errorf("openssl: %v\n%s", err, out)
	}
}

// TestAnybodyCanStampACase: it is put beside, and nothing is signed.
func TestAnybodyCanStampACase(t *testing.T) {
	hostileKey(t)
	dir := plainCase(t)
	before, err := os.ReadFile(logOf(dir))
	mustDo(t, err)
	hostileKey(t) // somebody else, who has no key
	url, _ := timeServer(t)
	code, out := tell("case", "stamp", dir, "--tsa", url)
	if code != exitNothing || !strings.Contains(out, "not sealed") {
		t.Fatalf("exit code %d: %s", code, out)
	}
	after, err := os.ReadFile(logOf(dir))
	mustDo(t, err)
	if string(after) != string(before) {
		t.Error("the log was changed")
	}
	if got := checked(t, dir, ""); !got.Holds || len(got.Stamps) != 1 || got.Stamps[0].Sealed {
		t.Errorf("%+v", got)
	}
	if _, err := os.Stat(os.Getenv("TELLTALE_KEY")); err == nil {
		t.Error("a key was made for it")
	}
}

// TestAStampThatFailsKeepsTheOthers and tells of it.
func TestAStampThatFailsKeepsTheOthers(t *testing.T) {
	hostileKey(t)
	dir := plainCase(t)
	url, _ := timeServer(t)
	broken := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(broken.Close)
	code, out := tell("case", "stamp", dir, "--tsa", broken.URL, "--tsa", url)
	if code != exitFailed || !strings.Contains(out, "404") || !strings.Contains(out, "stamps/") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if got := checked(t, dir, ""); !got.Holds || len(got.Stamps) != 1 {
		t.Errorf("%+v", got)
	}
	if code, _ := tell("case", "stamp", dir); code != exitUsage {
		t.Errorf("without an authority: exit code %d", code)
	}
	if code, out := tell("case", "stamp", t.TempDir(), "--tsa", url); code != exitFailed {
		t.Errorf("no case: exit code %d: %s", code, out)
	}
}
