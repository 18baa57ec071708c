package views_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/sensortest"
	"example.org/telltale/internal/sensor/tape"
	"example.org/telltale/internal/sensor/views"
)

// patience bounds waits that end at once when all is well.
const patience = time.Minute

// rig is a sink with a recorder, and a relay that records what it passes.
type rig struct {
	*views.Views
	recorder *sensortest.Recorder
	t        *testing.T
	serial   atomic.Int64
	// is changes what the relay says of its connections; it may be nil.
	is   func(*tape.Conn)
	done sync.WaitGroup
}

func newRig(t *testing.T, c views.Config) *rig {
	t.Helper()
	r := &rig{recorder: &sensortest.Recorder{}, t: t}
	c.Recorder = r.recorder
	r.Views = views.New(c)
	return r
}

func addr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// conn is a connection as a carrier knows it.
func (r *rig) conn() tape.Conn {
	return tape.Conn{
		ID: fmt.Sprintf("c%06d", r.serial.Add(1)), Start: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Proto: "tcp", Transport: "tcp", Src: addr("10.0.0.2:40000"), Dst: addr("198.18.0.1:80"),
		Host: "a.test", Server: "127.0.0.1:8080", Visibility: telltale.Clear,
		Process: tape.Process{PID: 7, Name: "app"},
	}
}

// relay passes connections on to a server and returns its own address.
func (r *rig) relay(server string) string {
	r.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		_ = l.Close()
		r.done.Wait()
	})
	r.done.Go(func() {
		for {
			app, err := l.Accept()
			if err != nil {
				return
			}
			r.done.Go(func() { r.carry(app, server) })
		}
	})
	return l.Addr().String()
}

func (r *rig) carry(app net.Conn, server string) {
	defer app.Close()
	up, err := net.Dial("tcp", server)
	if err != nil {
		r.t.Error(err)
		return
	}
	defer up.Close()
	info := r.conn()
	if r.is != nil {
		r.is(&info)
	}
	tp, err := r.Open(info)
	if err != nil {
		r.t.Error(err)
		return
	}
	var both sync.WaitGroup
	both.Go(func() { r.pass(tp, true, app, up) })
	both.Go(func() { r.pass(tp, false, up, app) })
	both.Wait()
	info.End = time.Now()
	if err := tp.Close(info); err != nil {
		r.t.Error(err)
	}
}

func (r *rig) pass(tp tape.Tape, out bool, from, to net.Conn) {
	b := make([]byte, 16<<10)
	for {
		n, err := from.Read(b)
		if n > 0 {
			if bad := tp.Octets(out, time.Now(), b[:n]); bad != nil {
				r.t.Error(bad)
			}
			if _, bad := to.Write(b[:n]); bad != nil {
				_ = from.Close()
				return
			}
		}
		if err != nil {
			_ = to.(*net.TCPConn).CloseWrite()
			return
		}
	}
}

// say gives octets to a tape: those that begin with ">" are the app's.
func say(t *testing.T, tp tape.Tape, said ...string) {
	t.Helper()
	for _, s := range said {
		if err := tp.Octets(s[0] == '>', time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC), []byte(s[1:])); err != nil {
			t.Fatal(err)
		}
	}
}

func (r *rig) tape(c tape.Conn) tape.Tape {
	r.t.Helper()
	tp, err := r.Open(c)
	if err != nil {
		r.t.Fatal(err)
	}
	return tp
}

// flows waits until all that ended is recorded and writes the flows down, one
// a line: what they are, then their messages.
func (r *rig) flows() []string {
	r.t.Helper()
	if err := r.Finish(); err != nil {
		r.t.Error(err)
	}
	var all []string
	for _, f := range r.recorder.Flows() {
		all = append(all, r.line(f))
	}
	return all
}

func (r *rig) line(f telltale.Flow) string {
	s := fmt.Sprintf("%s %s:%d %s", f.Protocol, f.Host, f.Port, f.Visibility)
	if f.Error != "" {
		s += " (" + f.Error + ")"
	}
	for _, m := range f.Messages {
		s += map[bool]string{true: " > ", false: " < "}[m.Out]
		s += strings.ReplaceAll(string(r.recorder.Bytes(m.Bytes)), "\r\n", "|")
		if m.Cut {
			s += fmt.Sprintf("... of %d", m.Size)
		}
	}
	return s
}

// quiet waits until nothing is in progress.
func (r *rig) quiet() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	r.Quiet(ctx)
	if ctx.Err() != nil {
		r.t.Error("there is no quiet")
	}
}

// client is an app that finds every host at the relay.
func client(t *testing.T, relay string, protocols *http.Protocols) *http.Client {
	tr := &http.Transport{
		Protocols: protocols,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, relay)
		},
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func post(t *testing.T, c *http.Client, url, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}
