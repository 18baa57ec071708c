//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"example.org/telltale/internal/sandbox"
)

func TestHello(t *testing.T) {
	t.Parallel()
	if out := run(t, sandbox.Config{}, "hello"); out != "hello\n" {
		t.Errorf("it wrote %q", out)
	}
}

func TestExit(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]sandbox.Exit{
		"exit 0":        {},
		"exit 7":        {Code: 7},
		"kill -TERM $$": {Signal: 15},
		"kill -KILL $$": {Signal: 9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got := start(t, sandbox.Config{Args: []string{"sh", "-c", name}}).end()
			if got != want {
				t.Errorf("%v, not %v", got, want)
			}
		})
	}
}

func TestNoProgram(t *testing.T) {
	t.Parallel()
	needSandbox(t)
	_, err := sandbox.Start(t.Context(), sandbox.Config{
		Self: []string{"/proc/self/exe", "sandbox-init"}, Args: []string{"no-such-program"}, Dir: "/",
	})
	if err == nil || !strings.Contains(err.Error(), "no-such-program") {
		t.Errorf("the error is: %v", err)
	}
}

// TestLink sends over both kinds of link and both families, and answers. The
// packets are more than a ring has slots.
func TestLink(t *testing.T) {
	t.Parallel()
	const packets = 600
	for _, kind := range []string{"tun", "veth"} {
		for _, to := range []string{"192.0.2.7:9", "[2001:db8::7]:9"} {
			t.Run(kind+" "+to, func(t *testing.T) {
				t.Parallel()
				b := startLink(t, sandbox.Config{NoTun: kind == "veth"}, "datagram", to, strconv.Itoa(packets))
				if b.Kind() != kind {
					t.Logf("this user may not open a TUN device: the link is a %s", b.Kind())
				}
				echoed := make(chan error, 1)
				go func() { echoed <- echo(b.Link(), netip.MustParseAddrPort(to)) }()
				if out, exit := b.end(); out != "" || exit != (sandbox.Exit{}) {
					t.Errorf("%v: %q", exit, out)
				}
				b.Link().Close()
				if err := <-echoed; err != nil {
					t.Error(err)
				}
			})
		}
	}
}
