package watch_test

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"example.org/telltale/internal/lab/chat"
	"example.org/telltale/internal/lab/servers"
	"example.org/telltale/internal/lab/watch"
)

// serve runs the plan's filter process on a loopback address; stop ends it.
func (w *world) serve(t *testing.T, addr string) (at string, stop func()) {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := watch.NewFilter(w.config()).Serve(ctx, ln); err != nil {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); done.Wait() })
	t.Cleanup(stop)
	return ln.Addr().String(), stop
}

func asker(addr string) *watch.Asker {
	var d net.Dialer
	return watch.NewAsker(func(ctx context.Context) (net.Conn, error) { return d.DialContext(ctx, "tcp", addr) })
}

func TestSeparateFilterDropsReceivedMessagesOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plan(t, "tom-2006", 4), servers.Oddities{})
	addr, _ := w.serve(t, "127.0.0.1:0")
	a := asker(addr)
	a.Started(t.Context(), "alice")
	for _, text := range w.plan.Words {
		want := use(w.plan, text).Drops()
		if got := a.Incoming(t.Context(), chat.Message{From: "bob", To: "alice", Text: text}); got.Drop != want {
			t.Errorf("received %q: drop %v, want %v", text, got.Drop, want)
		}
		if a.Outgoing(t.Context(), chat.Message{From: "alice", To: "bob", Text: text}).Drop {
			t.Errorf("sent %q was dropped", text)
		}
	}
	closeIt(t, a)
	for _, r := range w.requests {
		if r.URL.Host != "skypetools.tom.test" || r.UserAgent() != "Mozilla/3.0 (compatible; Indy Library)" {
			t.Errorf("request to %s by %q", r.URL, r.UserAgent())
		}
	}
	if r := w.requests[0]; r.URL.RequestURI() != "/agent/skypever.php?md5=nofile" {
		t.Errorf("first request %s, want the check of 2006", r.URL)
	}
}

func TestAskerFindsARestartedFilterAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plan(t, "tom-2006", 4), servers.Oddities{})
	addr, stop := w.serve(t, "127.0.0.1:0")
	a := asker(addr)
	defer closeIt(t, a)
	msg := chat.Message{From: "bob", To: "alice", Text: w.plan.Entries()[0]}
	if !a.Incoming(t.Context(), msg).Drop {
		t.Error("a listed word is let pass")
	}
	stop()
	w.serve(t, addr)
	if !a.Incoming(t.Context(), msg).Drop {
		t.Error("a listed word is let pass after the filter was restarted")
	}
}

func TestFilterThatIsGoneLetsMessagesPass(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plan(t, "tom-2006", 4), servers.Oddities{})
	addr, stop := w.serve(t, "127.0.0.1:0")
	stop()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	a := asker(addr)
	defer closeIt(t, a)
	if a.Incoming(ctx, chat.Message{Text: w.plan.Entries()[0]}).Drop {
		t.Error("dropped a message without asking anybody")
	}
}

func TestFilterHangsUpOnNonsense(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plan(t, "tom-2006", 4), servers.Oddities{})
	addr, _ := w.serve(t, "127.0.0.1:0")
	for _, line := range []string{"GET / HTTP/1.1\r\n", string(make([]byte, 1<<17))} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write([]byte(line)) // it may hang up before it has read all
		if n, err := conn.Read(make([]byte, 1)); n > 0 || err == nil {
			t.Errorf("%.10q was answered", line)
		} else if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%.10q: the connection stays open", line)
		}
		conn.Close()
	}
}
