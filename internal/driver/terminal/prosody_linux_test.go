package terminal_test

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
	"testing"

	"example.org/telltale/internal/driver/realserver"
)

// startProsody runs a real server with the accounts alice and bob of
// example.test, and returns its port.
func startProsody(t *testing.T) int {
	t.Helper()
	s, err := realserver.Prosody{}.Start(t.Context())
	realserver.Need(t, err)
	t.Cleanup(func() { _ = s.Stop() })
	for _, name := range []string{"alice", "bob"} {
		register(t, s.Addr, name)
	}
	_, port, _ := net.SplitHostPort(s.Addr)
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// register makes an account, with the password "pw".
func register(t *testing.T, addr, name string) {
	t.Helper()
	conn, err := net.Dial("tcp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.test' version='1.0'>`+
		`<iq type='set' id='r1'><query xmlns='jabber:iq:register'><username>%s</username><password>pw</password></query></iq>`, name)
	var all []byte
	b := make([]byte, 4096)
	for !bytes.Contains(all, []byte("'r1'")) && !bytes.Contains(all, []byte(`"r1"`)) {
		n, err := conn.Read(b)
		all = append(all, b[:n]...)
		if err != nil {
			t.Fatalf("registering %s: %v after %s", name, err, all)
		}
	}
	if bytes.Contains(all, []byte("<error")) {
		t.Fatalf("registering %s: %s", name, all)
	}
}
