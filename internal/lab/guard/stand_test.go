package guard

import (
	"errors"
	"net/netip"
	"testing"
)

func TestWhatStandsForHosts(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]bool{
		"198.18.0.1": true, "198.19.255.254": true, "::ffff:198.18.0.9": true,
		"198.17.255.255": false, "198.20.0.0": false, "127.0.0.1": false, "203.0.113.1": false, "::1": false, "fd00::1": false,
	} {
		if got := stands(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s stands for a host: %v", addr, got)
		}
	}
}

// A name that leads anywhere else than into a sandbox is not dialled.
func TestSandboxedDialsNothingElse(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"example.org", "localhost", "127.0.0.1"} {
		if conn, err := (Dialer{Sandboxed: true}).DialName(t.Context(), host, 80); !errors.Is(err, ErrNotTest) {
			t.Errorf("%s: %v, %v", host, conn, err)
		}
	}
	// Outside of sandboxes no resolver knows the name, or none may be trusted.
	if conn, err := (Dialer{Sandboxed: true}).DialName(t.Context(), "a1.tom.test", 80); err == nil {
		t.Errorf("dialled %v", conn.RemoteAddr())
	}
}
