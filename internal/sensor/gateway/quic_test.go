package gateway_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/quic-go/quic-go"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/gateway"
	"example.org/telltale/internal/sensor/tape"
)

// quiet keeps quic-go from saying what it thinks of the system's buffers.
type quiet struct{ net.PacketConn }

func (quiet) SetReadBuffer(int) error  { return nil }
func (quiet) SetWriteBuffer(int) error { return nil }

// beginning is the first datagram of a connection, and the ID in it.
func beginning(t *testing.T) (b []byte, id string) {
	t.Helper()
	listen := func() *net.UDPConn {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	server := listen()
	tr := &quic.Transport{Conn: quiet{listen()}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = tr.Dial(ctx, server.LocalAddr(), &tls.Config{ServerName: "q.test", NextProtos: []string{"h3"}}, nil)
	}()
	b = make([]byte, 2000)
	n, err := server.Read(b)
	cancel()
	<-done
	_ = tr.Close()
	if err != nil {
		t.Fatal(err)
	}
	return b[:n], string(b[6 : 6+b[5]])
}

// short is a datagram of a connection that stands.
func short(id, text string) []byte { return append([]byte{0x40}, id+text...) }

// bench opens connections, and gives back those whose ID is in pass.
type bench struct {
	pass         sync.Map
	opened, live atomic.Int64
}

func (o *bench) carry(ctx context.Context, app net.PacketConn, up gateway.QUICUpstream) (tape.Conn, bool) {
	defer app.Close()
	defer context.AfterFunc(ctx, func() { app.Close() })()
	b := make([]byte, 2000)
	n, from, err := app.ReadFrom(b)
	if err != nil {
		return up.Info, false
	}
	if _, pass := o.pass.Load(string(b[6 : 6+b[5]])); pass {
		up.Info.Host, up.Info.Error = "q.test", "passed unopened: so it is wanted"
		return up.Info, true
	}
	o.opened.Add(1)
	o.live.Add(1)
	defer o.live.Add(-1)
	for err == nil {
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
	one, _ := beginning(t)
	two, _ := beginning(t)
	three, id := beginning(t)
	o.pass.Store(id, true)
	first := string(say(one)[1:9])
	second := string(say(two)[1:9])
	if first[:4] == second[:4] {
		t.Errorf("two connections have one tag: %q %q", first, second)
	}
	if passed := say(three); !bytes.Equal(passed, three) {
		t.Errorf("the server's answer is %.30q", passed)
	}
	for _, id := range []string{first, second} {
		if got := say(short(id, "more")); string(got[1:5]) != id[:4] || !bytes.HasSuffix(got, []byte(id+"more")) {
			t.Errorf("%q was answered by %q", id, got)
		}
	}
	// The passed connection goes on by its own IDs, and by others that the
	// server gives it before the handshake is over.
	other := bytes.Clone(three)
	other[6] ^= 1
	for _, p := range [][]byte{three, other, short("elsewhere", "and more")} {
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
	want := slices.Concat(three, three, other, short("elsewhere", "and more"))
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
	one, _ := beginning(t)
	two, _ := beginning(t)
	if _, err := c.Write(one); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(b); err != nil {
		t.Fatal(err)
	}
	other := w.datagrams("203.0.113.7:444")
	_, _ = other.Write(two)
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
	old, _ := beginning(t)
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
