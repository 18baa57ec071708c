package intercept_test

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/flow"
)

// earlyHello is the hello of Go's client, which sends no early data, with the
// extension by which others announce it.
func earlyHello(t *testing.T, name string) []byte {
	t.Helper()
	client, server := net.Pipe()
	defer client.Close()
	go func() { _ = tls.Client(client, &tls.Config{ServerName: name}).Handshake() }()
	b := make([]byte, 8192)
	n, err := server.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	b = append(b[:n], 0, 42, 0, 0)
	at := 5 + 4 + 2 + 32
	at += 1 + int(b[at])
	at += 2 + int(binary.BigEndian.Uint16(b[at:]))
	at += 1 + int(b[at])
	for _, size := range []int{3, 7, at} { // of the record, the message and the extensions
		binary.BigEndian.PutUint16(b[size:], binary.BigEndian.Uint16(b[size:])+4)
	}
	if h, _, ok := flow.ParseHello(b); !ok || !h.EarlyData {
		t.Fatalf("%+v", h)
	}
	return b
}

// TestEarlyData: an app that sends data before the handshake's end is
// answered, as by a server that does not know its ticket.
func TestEarlyData(t *testing.T) {
	t.Parallel()
	world := newAuthority(t)
	r := start(t, world, script(t, serving(t, world, nil, "early.test"), echo))
	a := r.dial()
	a.say(string(earlyHello(t, "early.test")))
	a.say("\x17\x03\x03\x00\x20" + "0123456789abcdef0123456789abcdef")
	head := make([]byte, 6)
	if _, err := io.ReadFull(a.in, head); err != nil || head[0] != 0x16 || head[5] != 2 {
		t.Errorf("the answer begins with %x, %v", head, err)
	}
	_ = a.Close()
	if got := r.next(1)[0]; got.Visibility == telltale.Opaque || len(got.TLS.Certificates) == 0 || len(got.out) > 0 {
		t.Errorf("%+v %+v", got.Conn, got.TLS)
	}
}
