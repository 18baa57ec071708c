package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"example.org/telltale"
)

// A browser's HTTP/3, with a table of header lines, is opened, and its
// requests are found in the case.
func TestZooChromiumOverHTTP3(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes long")
	}
	if _, err := exec.LookPath("chromium"); err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	z := newZoo(t, nil)
	where := t.TempDir() + "/case"
	r := z.run(t, append(mapTo("web.test", z.keeper.QUIC), "--quic", "intercept", "--case", where), []string{
		"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--origin-to-force-quic-on=web.test:443", "--dump-dom", "https://web.test/pageTOKEN",
	})
	if r.status != 0 || !strings.Contains(r.stdout, "you asked for /page"+r.token) {
		t.Fatalf("it did not work out: %s", r.dump())
	}
	f := r.holding(false, "you asked for /page"+r.token)
	if len(f) != 1 || f[0].Proto != "h3" || f[0].Visibility != telltale.Intercepted || deref(f[0].DstHost) != "web.test" || f[0].Stream == nil {
		t.Errorf("%+v", f)
	}
	har, err := exec.Command(z.telltale, "export", "--har", "-", where).Output()
	mustZoo(t, err)
	for _, path := range []string{"page", "picture-0", "picture-3"} {
		if url := "https://web.test/" + path + r.token; !strings.Contains(string(har), url+`"`) {
			t.Errorf("%s is not in the case", url)
		}
	}
	if out := r.tshark("_ws.malformed"); out != "" {
		t.Errorf("tshark calls packets malformed:\n%s", out)
	}
	if r.tshark(`quic.stream_data contains "`+r.token+`"`) == "" {
		t.Error("tshark does not see it")
	}
	if t.Failed() {
		t.Log(r.dump())
	}
}
