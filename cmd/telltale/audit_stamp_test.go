package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
