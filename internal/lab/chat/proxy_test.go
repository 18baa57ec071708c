package chat_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.org/telltale/internal/lab/chat"
	"example.org/telltale/internal/lab/guard"
)

// tunnels is a proxy for CONNECT alone.
type tunnels struct {
	names guard.Names
	mu    sync.Mutex
	hosts []string
}

func (p *tunnels) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.RequestURI)
	p.mu.Lock()
	p.hosts = append(p.hosts, r.Method+" "+host)
	p.mu.Unlock()
	addr, rerr := p.names.Resolve(host)
	if err != nil || rerr != nil || r.Method != http.MethodConnect {
		http.Error(w, "no", http.StatusBadGateway)
		return
	}
	up, err := guard.Dial(r.Context(), "tcp", addr)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer up.Close()
	conn, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		defer conn.Close()
		io.Copy(conn, up)
	}()
	io.Copy(up, buf)
}

func (p *tunnels) seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.hosts)
}

func TestEverythingGoesThroughTheProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "alice", "bob").up()
	p := &tunnels{names: w.names}
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	// Alice knows no address at all: what works, works through the proxy.
	alice := w.ready("alice", proxied(srv.Listener.Addr().String()))
	bob := w.ready("bob")
	send(t, alice, "bob", "through the tunnel")
	arrives(t, bob, "alice", "through the tunnel")
	want := []string{"CONNECT login.tom.test", "CONNECT relay1.tom.test", "CONNECT bob.peer.test"}
	for _, x := range want {
		if got := p.seen(); !slices.Contains(got, x) {
			t.Errorf("the proxy saw %v, not %s", got, x)
		}
	}
	// A peer that the proxy cannot reach gets its message by the relay.
	bob.Close()
	send(t, alice, "bob", "later")
	alice.Close()
	arrives(t, w.ready("bob"), "alice", "later")
	for _, x := range p.seen() {
		if !strings.HasPrefix(x, "CONNECT ") || !slices.Contains(append(want, "CONNECT "+chat.PeerHost("bob")), x) {
			t.Errorf("the proxy saw %q", x)
		}
	}
}
