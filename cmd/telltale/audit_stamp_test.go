package main

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/signer"
)

const stampedScenario = `app: {name: x}
driver: {command: [%q, good], timeout: 30s}
accounts:
  - {name: a, side: app}
  - {name: b, side: peer}
words: [one]
channel: []
listen: 10ms
window: 50ms
timestamp: [%q, %q]
`

// TestAnAuditIsStamped by the authority of its scenario; of the one that is out
// of order the log tells, and the run goes on.
func TestAnAuditIsStamped(t *testing.T) {
	hostileKey(t)
	url, root := timeServer(t)
	self, err := os.Executable()
	mustDo(t, err)
	dir := t.TempDir()
	driver := filepath.Join(dir, "fakedriver")
	if err := os.Symlink(self, driver); err != nil {
		t.Skipf("the driver cannot be put in place: %v", err)
	}
	scenario := filepath.Join(dir, "s.yaml")
	broken := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(broken.Close)
	mustDo(t, os.WriteFile(scenario, fmt.Appendf(nil, stampedScenario, driver, url, broken.URL), 0o600))
	if code, out := tell("doctor", scenario); code != exitFailed || !strings.Contains(out, "HTTP status 404") || !strings.Contains(out, "CN=Test time stamps") || !strings.Contains(out, "the audit makes one") {
		t.Errorf("the doctor says, with exit code %d: %s", code, out)
	}
	at := filepath.Join(dir, "case")
	if code, out := tell("audit", "--case", at, scenario); code != exitNothing {
		t.Fatalf("exit code %d: %s", code, out)
	}
	got := checked(t, at, root)
	if !got.Holds || !got.Finished || len(got.Stamps) != 2 || !got.Stamps[0].Sealed || !got.Stamps[1].Sealed {
		t.Errorf("%+v", got)
	}
	if _, out := tell("case", "log", at); strings.Count(out, "HTTP status 404") != 2 || strings.Count(out, `"stamp-plan"`) != 3 {
		t.Errorf("the log does not tell of the authority that is out of order:\n%s", out)
	}
}

// TestTheDoctorLooksAtTheClock and the key, and asks for no passphrase.
func TestTheDoctorLooksAtTheClock(t *testing.T) {
	hostileKey(t)
	url, _ := timeServer(t)
	if code, out := tell("case", "key", "new", "--name", "Jane", "--no-passphrase"); code != exitNothing {
		t.Fatal(out)
	}
	a := &app{clock: func() time.Time { return time.Now().Add(time.Hour) }, random: rand.Reader}
	d := &doctor{app: a}
	d.key()
	d.stamps(t.Context(), telltale.Scenario{Timestamp: []string{url}})
	if len(d.symptoms) != 2 || d.symptoms[0].Detail != "Jane" || !strings.Contains(d.symptoms[1].Detail, "the clock of this machine differs by") {
		t.Errorf("%+v", d.symptoms)
	}
	mustDo(t, signer.Protect(os.Getenv("TELLTALE_KEY"), signer.Lock{Passphrase: "one horse", Work: signer.LeastWork}, nil))
	d = &doctor{app: a}
	d.key()
	if !d.symptoms[0].OK || d.symptoms[0].Detail != "Jane, under a passphrase that the audit asks for" {
		t.Errorf("%+v", d.symptoms)
	}
}
