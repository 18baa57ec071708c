package guard_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/lab/guard"
)

func TestCheckAdmitsLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"127.0.0.1:0", "127.87.3.4:65535", "[::1]:80", "[::ffff:127.0.0.1]:80"} {
		if err := guard.Check(addr); err != nil {
			t.Errorf("Check(%q) = %v", addr, err)
		}
	}
	refused := []string{
		"", "127.0.0.1", ":80", "localhost:80", "www.tom.test:80", "0.0.0.0:80", "[::]:80",
		"10.0.0.1:80", "192.168.1.1:80", "172.16.0.1:80", "169.254.1.1:80", "198.51.100.7:80", "8.8.8.8:53",
		"[fe80::1%lo]:80", "[::1%lo]:80", "[::ffff:8.8.8.8]:80", "[2001:db8::1]:80", "127.1:80", "0x7f000001:80",
		"2130706433:80", "127.0.0.1:http", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:", "127.0.0.1:80:80",
	}
	for _, addr := range refused {
		if err := guard.Check(addr); !errors.Is(err, guard.ErrNotLoopback) {
			t.Errorf("Check(%q) = %v, want ErrNotLoopback", addr, err)
		}
	}
}

func TestListenAndDialRefuseTheOutside(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, c := range []struct{ network, addr string }{
		{"tcp", "0.0.0.0:0"}, {"tcp", ":0"}, {"tcp", "203.0.113.5:80"}, {"tcp", "localhost:0"},
		{"udp", "127.0.0.1:0"}, {"unix", "/tmp/x"}, {"", "127.0.0.1:0"},
	} {
		if ln, err := guard.Listen(ctx, c.network, c.addr); !errors.Is(err, guard.ErrNotLoopback) {
			t.Errorf("Listen(%q, %q) = %v, %v", c.network, c.addr, ln, err)
		}
		if conn, err := guard.Dial(ctx, c.network, c.addr); !errors.Is(err, guard.ErrNotLoopback) {
			t.Errorf("Dial(%q, %q) = %v, %v", c.network, c.addr, conn, err)
		}
	}
}

// foreign is a connection that claims to come from elsewhere.
type foreign struct {
	net.Conn
	addr   string
	closed chan struct{}
}

func (f foreign) RemoteAddr() net.Addr {
	a, _ := net.ResolveTCPAddr("tcp", f.addr)
	return a
}
func (f foreign) Close() error { close(f.closed); return nil }

// script hands out prepared connections.
type script struct {
	net.Listener
	conns []net.Conn
}

func (s *script) Accept() (net.Conn, error) {
	if len(s.conns) == 0 {
		return nil, io.EOF
	}
	c := s.conns[0]
	s.conns = s.conns[1:]
	return c, nil
}

func TestListenerClosesConnectionsFromElsewhere(t *testing.T) {
	t.Parallel()
	out := foreign{addr: "192.0.2.7:1234", closed: make(chan struct{})}
	in := foreign{addr: "127.0.0.9:1234", closed: make(chan struct{})}
	ln := guard.Guarded(&script{conns: []net.Conn{out, in}})
	conn, err := ln.Accept()
	if err != nil || conn.RemoteAddr().String() != in.addr {
		t.Fatalf("Accept = %v, %v, want the one from %s", conn, err, in.addr)
	}
	select {
	case <-out.closed:
	default:
		t.Error("the connection from elsewhere was not closed")
	}
	if _, err := ln.Accept(); !errors.Is(err, io.EOF) {
		t.Errorf("Accept = %v, want the listener's own error", err)
	}
}

func TestListenDialPick(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	addr, err := guard.Pick(ctx, "127.87.1.2")
	if err != nil {
		t.Fatal(err)
	}
	ln, err := guard.Listen(ctx, "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	conn, err := guard.Dial(ctx, "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	for _, ip := range []string{"10.0.0.1", "localhost", "", "0.0.0.0"} {
		if addr, err := guard.Pick(ctx, ip); !errors.Is(err, guard.ErrNotLoopback) {
			t.Errorf("Pick(%q) = %q, %v", ip, addr, err)
		}
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	t.Parallel()
	if err := guard.Check("8.8.8.8:53"); !strings.Contains(err.Error(), "use 127.") {
		t.Errorf("%v: no advice", err)
	}
	if err := guard.CheckName("www.example.org"); !strings.Contains(err.Error(), "use a name such as") {
		t.Errorf("%v: no advice", err)
	}
}
