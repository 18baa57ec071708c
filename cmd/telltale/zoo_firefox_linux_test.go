package main

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"example.org/telltale"
)

// TestZooFirefox: Firefox trusts the authority by a policy, and is watched
// whole, its children too. It is no part of what tests must find installed.
func TestZooFirefox(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("firefox-esr")
	if err != nil {
		program, err = exec.LookPath("firefox")
	}
	if err != nil {
		t.Skip("no Firefox is installed: not checked that it trusts the authority")
	}
	if testing.Short() {
		t.Skip("takes long")
	}
	for name, user := range map[string]*syscall.Credential{"as we are": nil, "as an ordinary user": {Uid: 65534, Gid: 65534}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if user != nil && os.Geteuid() != 0 {
				t.Skip("this is an ordinary user already")
			}
			z := newZoo(t, user)
			r := z.run(t, mapTo("web.test", z.keeper.Secure), []string{program, "--headless", "--screenshot", "/tmp/page.png", "https://web.test/TOKEN"})
			f := r.holding(false, r.token)
			if r.status != 0 || len(f) == 0 || f[0].Visibility != telltale.Intercepted || f[0].Process == nil || !strings.HasPrefix(*f[0].Process, "firefox") {
				t.Errorf("%s", r.dump())
			}
			if r.tshark(`http2.headers.path contains "`+r.token+`" || http.request.uri contains "`+r.token+`"`) == "" || r.tshark("_ws.malformed") != "" {
				t.Error("tshark does not see it")
			}
		})
	}
}
