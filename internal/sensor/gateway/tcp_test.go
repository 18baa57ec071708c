package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/gateway"
	"example.org/telltale/internal/sensor/tape"
)

func TestTCPEcho(t *testing.T) {
	t.Parallel()
	for _, dst := range []string{"203.0.113.7:4000", "[2001:db8::7]:4000"} {
		t.Run(dst, func(t *testing.T) {
			t.Parallel()
			server := serve(t, echo)
			addr := netip.MustParseAddrPort(dst).Addr().String()
			w := start(t, mapped(gateway.Map{Name: addr, To: server}))
			c := w.mustDial(dst)
			sent := bytes.Repeat([]byte("octets "), 50_000)
			go func() {
				_, _ = c.Write(sent)
				_ = c.CloseWrite()
			}()
			got, err := io.ReadAll(c)
			if err != nil || !bytes.Equal(got, sent) {
				t.Fatalf("%d octets came back of %d: %v", len(got), len(sent), err)
			}
			c.Close()
			r := w.to(dst)
			if !bytes.Equal(r.out, sent) || !bytes.Equal(r.in, sent) {
				t.Errorf("recorded %d octets out, %d in; want %d", len(r.out), len(r.in), len(sent))
			}
			if r.conn.Error != "" || r.conn.Transport != "tcp" || r.conn.Server != server.String() || r.conn.Visibility != telltale.Clear {
				t.Errorf("recorded %+v", r.conn)
			}
			if r.conn.Start.IsZero() || r.conn.End.Before(r.conn.Start) {
				t.Errorf("times %v to %v", r.conn.Start, r.conn.End)
			}
		})
	}
}

// TestServerFirst: the app waits for the server's greeting.
func TestServerFirst(t *testing.T) {
	t.Parallel()
	server := serve(t, func(c net.Conn) {
		_, _ = io.WriteString(c, "220 ready\r\n")
		_, _ = io.Copy(io.Discard, c)
	})
	w := start(t, mapped(gateway.Map{Name: "203.0.113.7", To: server}))
	c := w.mustDial("203.0.113.7:25")
	b := make([]byte, 11)
	if _, err := io.ReadFull(c, b); err != nil || string(b) != "220 ready\r\n" {
		t.Fatalf("%q, %v", b, err)
	}
	c.Close()
	if r := w.to("203.0.113.7:25"); string(r.in) != "220 ready\r\n" {
		t.Errorf("recorded %q", r.in)
	}
}

// TestHalfClose: the app ends its direction and still gets the answer.
func TestHalfClose(t *testing.T) {
	t.Parallel()
	server := serve(t, func(c net.Conn) {
		b, _ := io.ReadAll(c)
		_, _ = fmt.Fprintf(c, "%d octets", len(b))
	})
	w := start(t, mapped(gateway.Map{Name: "203.0.113.7", To: server}))
	c := w.mustDial("203.0.113.7:1")
	_, _ = io.WriteString(c, "hello")
	_ = c.CloseWrite()
	if got, err := io.ReadAll(c); string(got) != "5 octets" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	c.Close()
	if r := w.to("203.0.113.7:1"); r.conn.Error != "" || string(r.out) != "hello" || string(r.in) != "5 octets" {
		t.Errorf("recorded %q, %q, %q", r.out, r.in, r.conn.Error)
	}
}

// TestUnconnected: what the host met, the app is told by what a network says.
func TestUnconnected(t *testing.T) {
	t.Parallel()
	type word struct{ proto, kind, code byte }
	reset := word{6, 0, 0}
	for _, test := range []struct {
		err       error
		why       string
		four, six word
	}{
		{syscall.ECONNREFUSED, "refused by the server", reset, reset},
		{syscall.EHOSTUNREACH, "host unreachable", word{1, 3, 1}, word{58, 1, 3}},
		{syscall.ENETUNREACH, "network unreachable", word{1, 3, 0}, word{58, 1, 0}},
		{syscall.EPERM, "forbidden by the host's firewall", word{1, 3, 13}, word{58, 1, 1}},
	} {
		for dst, want := range map[string]word{"203.0.113.9:81": test.four, "[2001:db8::9]:81": test.six} {
			t.Run(test.why+" "+dst, func(t *testing.T) {
				t.Parallel()
				heard := make(chan word, 1000)
				w := start(t, func(c *gateway.Config) {
					c.Dial = func(context.Context, string, string) (net.Conn, error) {
						return nil, &net.OpError{Op: "dial", Err: test.err}
					}
					c.Packets = func(_ time.Time, p []byte, inbound bool, _ tape.Process) {
						head, proto := 20, p[9]
						if p[0]>>4 == 6 {
							head, proto = 40, p[6]
						}
						switch {
						case !inbound:
						case proto == 6 && p[head+13]&4 != 0:
							heard <- reset
						default:
							heard <- word{proto, p[head], p[head+1]}
						}
					}
				})
				ctx, cancel := context.WithCancel(w.ctx)
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					if c, err := w.dialing(ctx, dst); err == nil {
						c.Close()
						t.Error("connected")
					}
				}()
				if r := w.to(dst); r.conn.Error != test.why || len(r.out)+len(r.in) > 0 || r.conn.Transport != "tcp" {
					t.Errorf("recorded %+v", r.conn)
				}
				select {
				case got := <-heard:
					if got != want {
						t.Errorf("the app was told %v, want %v", got, want)
					}
				case <-w.ctx.Done():
					t.Error("the app was told nothing")
				}
				cancel()
				<-ended
			})
		}
	}
}

// TestRefused: the app's own network understands.
func TestRefused(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]string{
		syscall.ECONNREFUSED: "refused", syscall.EHOSTUNREACH: "no route", syscall.ENETUNREACH: "unreachable",
	} {
		w := start(t, func(c *gateway.Config) {
			c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, err }
		})
		if c, err := w.dial("203.0.113.9:81"); err == nil {
			c.Close()
			t.Error("connected")
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("the app met %v, want %s", err, want)
		}
	}
}

// TestSilence: who does not answer the host does not answer the app.
func TestSilence(t *testing.T) {
	t.Parallel()
	w := start(t, func(c *gateway.Config) {
		c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, context.DeadlineExceeded }
	})
	ctx, cancel := context.WithCancel(w.ctx)
	met := make(chan error, 1)
	go func() {
		c, err := w.dialing(ctx, "203.0.113.9:82")
		if err == nil {
			c.Close()
		}
		met <- err
	}()
	if r := w.to("203.0.113.9:82"); r.conn.Error != "no answer" {
		t.Errorf("recorded %q", r.conn.Error)
	}
	cancel()
	if err := <-met; !errors.Is(err, context.Canceled) {
		t.Errorf("the app met %v, not silence", err)
	}
}

func TestResetByServer(t *testing.T) {
	t.Parallel()
	server := serve(t, func(c net.Conn) {
		b := make([]byte, 5)
		_, _ = io.ReadFull(c, b)
		_ = c.(*net.TCPConn).SetLinger(0)
	})
	w := start(t, mapped(gateway.Map{Name: "203.0.113.7", To: server}))
	c := w.mustDial("203.0.113.7:1")
	_, _ = io.WriteString(c, "hello")
	if _, err := io.ReadAll(c); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("the app met %v", err)
	}
	if r := w.to("203.0.113.7:1"); r.conn.Error != "reset" || string(r.out) != "hello" {
		t.Errorf("recorded %q, %q", r.out, r.conn.Error)
	}
}

func TestResetByApp(t *testing.T) {
	t.Parallel()
	met := make(chan error, 1)
	server := serve(t, func(c net.Conn) {
		_, err := io.ReadAll(c)
		met <- err
	})
	w := start(t, mapped(gateway.Map{Name: "203.0.113.7", To: server}))
	c := w.mustDial("203.0.113.7:1")
	_, _ = io.WriteString(c, "hello")
	w.find("hello", func(r *record) bool { return string(r.out) == "hello" })
	for _, e := range w.app.RegisteredEndpoints() {
		e.Abort()
	}
	if err := <-met; err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("the server met %v", err)
	}
	if r := w.to("203.0.113.7:1"); r.conn.Error != "reset" {
		t.Errorf("recorded %q", r.conn.Error)
	}
}

// TestParallel: 2,000 connections at once, all open before the first ends.
func TestParallel(t *testing.T) {
	t.Parallel()
	many := 2000
	if testing.Short() {
		many = 300
	}
	server := serve(t, echo)
	w := start(t, mapped(gateway.Map{Name: "203.0.113.7", To: server}))
	var open, all sync.WaitGroup
	open.Add(many)
	for i := range many {
		all.Go(func() {
			c, err := w.dial("203.0.113.7:1000")
			open.Done()
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			open.Wait()
			want := fmt.Sprintf("connection %04d", i)
			_, _ = io.WriteString(c, want)
			_ = c.CloseWrite()
			if got, err := io.ReadAll(c); string(got) != want || err != nil {
				t.Errorf("%q, %v; want %q", got, err, want)
			}
		})
	}
	all.Wait()
	if err := w.gateway.Quiet(w.ctx); err != nil {
		t.Fatalf("%d connections are still in progress", w.gateway.InProgress())
	}
	seen := map[string]bool{}
	for _, r := range w.sink.all {
		if r.conn.Error != "" || !bytes.Equal(r.in, r.out) || seen[r.conn.ID] {
			t.Errorf("recorded %q, %q, %+v", r.out, r.in, r.conn)
		}
		seen[r.conn.ID] = true
		seen[string(r.out)] = true
	}
	if len(seen) != 2*many {
		t.Errorf("%d different IDs and messages, want %d", len(seen), 2*many)
	}
}

// TestForbidden: nothing that is the host itself is reached.
func TestForbidden(t *testing.T) {
	t.Parallel()
	w := start(t, func(c *gateway.Config) {
		c.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
			t.Errorf("dialled %s", address)
			return nil, syscall.ECONNREFUSED
		}
	})
	for _, dst := range []string{
		own4 + ":80", "[" + own6 + "]:80", "0.0.0.1:80", "169.254.169.254:80", "198.18.9.9:80",
		"[fd74:656c::99]:80", "[::7f00:1]:80",
	} {
		if c, err := w.dial(dst); err == nil {
			c.Close()
			t.Errorf("connected to %s", dst)
			continue
		}
		if r := w.to(dst); !strings.HasPrefix(r.conn.Error, "refused: ") || len(r.out)+len(r.in) > 0 {
			t.Errorf("%s: recorded %+v", dst, r.conn)
		}
	}
}

// TestNeverAnswered: an app that vanishes in the middle of the handshake holds
// nothing up.
func TestNeverAnswered(t *testing.T) {
	t.Parallel()
	server := serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	var e ear
	w := start(t, func(c *gateway.Config) {
		e.listen(c)
		c.Maps = []gateway.Map{{Name: "203.0.113.7", To: server}}
	})
	seg := header.TCP(make([]byte, 20))
	seg.Encode(&header.TCPFields{SrcPort: 4000, DstPort: 80, SeqNum: 7, DataOffset: 20, Flags: header.TCPFlagSyn, WindowSize: 1000})
	p := packetTo("203.0.113.7", 6, seg)
	p[15] = 99 // not the app's address: nobody answers the gateway
	h := header.IPv4(p)
	h.SetChecksum(0)
	h.SetChecksum(^h.CalculateChecksum())
	sum := header.PseudoHeaderChecksum(header.TCPProtocolNumber, h.SourceAddress(), h.DestinationAddress(), 20)
	header.TCP(p[20:]).SetChecksum(^seg.CalculateChecksum(sum))
	w.inject(p)
	e.hears(w, "the second part of the handshake", func(p []byte) bool { return p[9] == 6 && p[33] == 0x12 && p[19] == 99 })
	w.close()
	if r := w.to("203.0.113.7:80"); !strings.HasPrefix(r.conn.Error, "the app was gone") {
		t.Errorf("recorded %+v", r.conn)
	}
}

// TestSettle: a connection that only stays open holds nothing up.
func TestSettle(t *testing.T) {
	t.Parallel()
	server := serve(t, echo)
	w := start(t, mapped(gateway.Map{Name: "203.0.113.7", To: server}))
	c := w.mustDial("203.0.113.7:80")
	_, _ = io.WriteString(c, "x")
	w.find("x", func(r *record) bool { return string(r.in) == "x" })
	if err := w.gateway.Settle(w.ctx); err != nil {
		t.Error(err)
	}
	if n := w.gateway.InProgress(); n != 1 {
		t.Errorf("%d in progress", n)
	}
	c.Close()
}

// TestSettleWaits: an attempt under way is waited for, and its end is noticed.
func TestSettleWaits(t *testing.T) {
	t.Parallel()
	server := serve(t, echo)
	dialled, let := make(chan struct{}), make(chan struct{})
	w := start(t, func(c *gateway.Config) {
		mapped(gateway.Map{Name: "203.0.113.7", To: server})(c)
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			close(dialled)
			<-let
			return new(net.Dialer).DialContext(ctx, network, address)
		}
	})
	connected := make(chan *gonet.TCPConn)
	go func() { connected <- w.mustDial("203.0.113.7:80") }()
	<-dialled
	settled := make(chan error, 1)
	go func() { settled <- w.gateway.Settle(w.ctx) }()
	select {
	case err := <-settled:
		t.Errorf("settled while a server is being dialled: %v", err)
	default:
	}
	close(let)
	c := <-connected
	if err := <-settled; err != nil {
		t.Error(err)
	}
	c.Close()
}
