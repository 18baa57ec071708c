package gateway_test

import (
	"bytes"
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/gateway"
	"example.org/telltale/internal/sensor/tape"
)

// beginning is the first datagram of a connection of version 1, for an ID of
// the app's choice.
func beginning(id string) []byte {
	b := make([]byte, 1200)
	copy(b, "\xc3\x00\x00\x00\x01\x08"+id+"\x00\x00")
	return b
}

// short is a datagram of a connection that stands.
func short(id, text string) []byte { return append([]byte{0x40}, id+text...) }

// bench opens connections whose ID begins with "open" and gives others back.
type bench struct{ opened, live atomic.Int64 }

func (o *bench) carry(ctx context.Context, app net.PacketConn, up gateway.QUICUpstream) (tape.Conn, bool) {
	defer app.Close()
	defer context.AfterFunc(ctx, func() { app.Close() })()
	b := make([]byte, 2000)
	n, from, err := app.ReadFrom(b)
	if err != nil || n < 14 || string(b[6:10]) != "open" {
		up.Info.Host, up.Info.Error = "q.test", "passed unopened: so it is wanted"
		return up.Info, true
	}
	o.opened.Add(1)
	o.live.Add(1)
	defer o.live.Add(-1)
	for err == nil {
		if n > 9 && strings.HasPrefix(string(b[9:n]), "end") {
			return up.Info, false
		}
		// The app learns by which ID it is to go on.
		_, _ = app.WriteTo(append([]byte("\x40"+string(up.Tag[:])+"left"), b[:min(n, 20)]...), from)
		n, from, err = app.ReadFrom(b)
	}
	return up.Info, false
}

// Connections between the same two ends are told apart by their IDs, and each
// goes its own way.
func TestQUICConnectionsAreToldApart(t *testing.T) {
	t.Parallel()
	server := serveUDP(t)
	var o bench
	w := start(t, func(c *gateway.Config) {
		c.QUIC, c.CarryQUIC = gateway.InterceptQUIC, o.carry
		c.Maps = []gateway.Map{{Name: "203.0.113.7", To: server}}
	})
	c := w.datagrams("203.0.113.7:443")
	b := make([]byte, 2000)
	say := func(p []byte) []byte {
		t.Helper()
		if _, err := c.Write(p); err != nil {
			t.Fatal(err)
		}
		n, err := c.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return append([]byte(nil), b[:n]...)
	}
	first := string(say(beginning("openAAAA"))[1:9])
	second := string(say(beginning("openBBBB"))[1:9])
	if first[:4] == second[:4] {
		t.Errorf("two connections have one tag: %q %q", first, second)
	}
	passed := say(beginning("passCCCC"))
	if !bytes.Equal(passed, beginning("passCCCC")) {
		t.Errorf("the server's answer is %.30q", passed)
	}
	for _, id := range []string{first, second} {
		if got := say(short(id, "more")); string(got[1:5]) != id[:4] || !bytes.HasSuffix(got, []byte(id+"more")) {
			t.Errorf("%q was answered by %q", id, got)
		}
	}
	// The passed connection goes on by its own IDs.
	for _, p := range [][]byte{beginning("passCCCC"), short("elsewhere", "and more")} {
		if got := say(p); !bytes.Equal(got, p) {
			t.Errorf("the server's answer is %.30q", got)
		}
	}
	if n := o.opened.Load(); n != 2 {
		t.Errorf("%d connections were opened, want 2", n)
	}
	w.close()
	if n := o.live.Load(); n != 0 {
		t.Errorf("%d connections outlived the gateway", n)
	}
	r := w.to("203.0.113.7:443")
	want := append(append(beginning("passCCCC"), beginning("passCCCC")...), short("elsewhere", "and more")...)
	if r.conn.Visibility != telltale.Opaque || r.conn.Proto != "quic" || r.conn.Host != "q.test" || r.conn.Error != "passed unopened: so it is wanted" || !bytes.Equal(r.out, want) || !bytes.Equal(r.in, want) {
		t.Errorf("recorded %+v, %d octets out, %d in", r.conn, len(r.out), len(r.in))
	}
}

// Those beyond the limit are refused and recorded, until another has ended.
func TestQUICConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	var o bench
	var e ear
	w := start(t, func(c *gateway.Config) {
		e.listen(c)
		c.QUIC, c.CarryQUIC, c.Limits.QUIC = gateway.InterceptQUIC, o.carry, 1
		c.Maps = []gateway.Map{{Name: "203.0.113.7", To: serveUDP(t)}}
	})
	c := w.datagrams("203.0.113.7:443")
	b := make([]byte, 2000)
	if _, err := c.Write(beginning("openAAAA")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(b); err != nil {
		t.Fatal(err)
	}
	other := w.datagrams("203.0.113.7:444")
	_, _ = other.Write(beginning("openBBBB"))
	e.hears(w, "that the port is unreachable", portUnreachable("203.0.113.7:444"))
	if r := w.to("203.0.113.7:444"); r.conn.Error != "refused: too many QUIC connections at once" || len(r.out) != 0 {
		t.Errorf("recorded %+v", r.conn)
	}
	if err := w.gateway.Quiet(w.ctx); err != nil {
		t.Error(err)
	}
	w.close()
}

// What is no version that can be opened passes.
func TestQUICOfOtherVersionsPasses(t *testing.T) {
	t.Parallel()
	var o bench
	w := start(t, func(c *gateway.Config) {
		c.QUIC, c.CarryQUIC = gateway.InterceptQUIC, o.carry
		c.Maps = []gateway.Map{{Name: "203.0.113.7", To: serveUDP(t)}}
	})
	c := w.datagrams("203.0.113.7:443")
	old := beginning("openAAAA")
	old[1] = 0xff
	b := make([]byte, 2000)
	_, _ = c.Write(old)
	if n, err := c.Read(b); err != nil || !bytes.Equal(b[:n], old) {
		t.Errorf("%d octets, %v", n, err)
	}
	w.close()
	if r := w.to("203.0.113.7:443"); r.conn.Visibility != telltale.Opaque || !bytes.Equal(r.out, old) || o.opened.Load() != 0 {
		t.Errorf("recorded %+v", r.conn)
	}
}

func TestQUICNeedsWhoOpensIt(t *testing.T) {
	t.Parallel()
	if _, err := gateway.New(gateway.Config{Link: &link{}, Sink: newSink(), QUIC: gateway.InterceptQUIC}); err == nil || !strings.Contains(err.Error(), "CarryQUIC") {
		t.Errorf("%v", err)
	}
}
