package wire_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/driver/realserver"
	"example.org/telltale/internal/driver/wire"
)

func chat() wire.Ports {
	return wire.Ports{Default: "5222", Direct: []string{"5223"}, Else: wire.StartTLS}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in              wire.Settings
		addr, tls       string
		loopback, plain bool
	}{
		{wire.Settings{Server: "chat.example.org"}, "chat.example.org:5222", wire.StartTLS, false, false},
		{wire.Settings{Server: "chat.example.org:5223"}, "chat.example.org:5223", wire.Direct, false, false},
		{wire.Settings{Server: "chat.example.org:5223", TLS: "off", Plain: true}, "chat.example.org:5223", wire.Off, false, true},
		{wire.Settings{Server: "127.0.0.1:7"}, "127.0.0.1:7", wire.StartTLS, true, true},
		{wire.Settings{Server: "localhost"}, "localhost:5222", wire.StartTLS, true, true},
		{wire.Settings{Server: "::1"}, "[::1]:5222", wire.StartTLS, true, true},
		{wire.Settings{Server: "[::1]:9"}, "[::1]:9", wire.StartTLS, true, true},
	}
	for _, test := range tests {
		p, err := test.in.Plan("", chat())
		if err != nil || p.Addr != test.addr || p.TLS != test.tls || p.Loopback != test.loopback || p.Plain != test.plain {
			t.Errorf("%+v: %+v, %v", test.in, p, err)
		}
	}
	bad := []wire.Settings{
		{}, {Server: "a:b:c"}, {Server: "a", TLS: "maybe"}, {Server: "a", CA: "/nowhere/ca.pem"}, {Server: "a", Certificate: "/nowhere/cert.pem"},
	}
	for _, s := range bad {
		if p, err := s.Plan("", chat()); err == nil {
			t.Errorf("%+v gave %+v", s, p)
		}
	}
}

// pretend is a TLS server with a certificate for a name.
func pretend(t *testing.T, name string) (addr, ca string) {
	t.Helper()
	c, err := realserver.NewCertificate(name)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(c.Cert, c.Key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = conn.(*tls.Conn).Handshake() // what the client makes of it counts
				conn.Close()
			}()
		}
	}()
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, c.Authority, 0o600); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String(), ca
}

func TestWhomToBelieve(t *testing.T) {
	t.Parallel()
	addr, ca := pretend(t, "chat.example.test")
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
	tests := []struct {
		name string
		in   wire.Settings
		bear string
		want string
	}{
		{"the authority is known", wire.Settings{Server: "chat.example.test", CA: ca}, "", ""},
		{"the domain is certified", wire.Settings{Server: "192.0.2.1", CA: ca}, "chat.example.test", ""},
		{"the settings name it", wire.Settings{Server: "192.0.2.1", CA: ca, ServerName: "chat.example.test"}, "example.test", ""},
		{"the authority is unknown", wire.Settings{Server: "chat.example.test"}, "", "unverified: true"},
		{"another's certificate", wire.Settings{Server: "other.example.test", CA: ca}, "", "other.example.test"},
		{"anybody's", wire.Settings{Server: "other.example.test", Unverified: true}, "", ""},
		{"on this machine", wire.Settings{Server: "127.0.0.1"}, "", ""},
		{"on this machine, with an authority", wire.Settings{Server: "127.0.0.1", CA: ca}, "", "127.0.0.1"},
	}
	for _, test := range tests {
		test.in.TLS = wire.Direct
		p, err := test.in.Plan(test.bear, chat())
		if err != nil {
			t.Fatal(err)
		}
		conn, err := p.Connect(t.Context(), dial)
		switch {
		case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		case err == nil:
			conn.Close()
		}
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	near, far := wire.Plan{Plain: true}, wire.Plan{}
	clear, other := net.Pipe()
	defer clear.Close()
	defer other.Close()
	secure := tls.Client(clear, &tls.Config{ServerName: "x"})
	if !near.Secret(clear) || far.Secret(clear) || !far.Secret(secure) {
		t.Error("a password would be said where it must not, or not where it may")
	}
}

// answer is a service that reads, says something, and hangs up or stays.
func answer(t *testing.T, says string, stay bool) wire.Dial {
	t.Helper()
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			_, _ = server.Read(make([]byte, 100)) // whatever it is
			if says != "" {
				_, _ = server.Write([]byte(says)) // whoever reads it
			}
			if !stay {
				server.Close()
			}
		}()
		t.Cleanup(func() { server.Close() })
		return client, nil
	}
}

func TestGone(t *testing.T) {
	t.Parallel()
	nobody := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("connection refused") }
	tests := []struct {
		name, words string
		dial        wire.Dial
		want        bool
	}{
		{"nobody listens", "", nobody, true},
		{"it hangs up at once", "", answer(t, "", false), true},
		{"it answers", "", answer(t, "hello", false), false},
		{"it waits", "", answer(t, "", true), false},
		{"it says that it goes", "system-shutdown", answer(t, "hello", true), true},
		{"it says that it goes, at length", "Closing link: (a@b) [Server shutdown]", answer(t, "hello", true), true},
		{"it says something else", "Filtered: not here", answer(t, "hello", true), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := (wire.Plan{TLS: wire.Off}).Gone(test.dial, test.words, "hi"); got != test.want {
				t.Errorf("gone: %v", got)
			}
		})
	}
}

func TestHasty(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]bool{
		"Excess Flood": true, "Message throttled": true, "Please wait 3 seconds": true, "Trying to reconnect too fast.": true,
		"Your message was blocked: no food here": false, "Cannot send to channel": false, "": false,
	} {
		if got := wire.Hasty(words); got != want {
			t.Errorf("%q: %v", words, got)
		}
	}
}

func TestSleep(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if wire.Sleep(ctx, time.Hour) == nil || wire.Sleep(t.Context(), time.Nanosecond) != nil || wire.Sleep(t.Context(), -1) != nil {
		t.Error("slept wrongly")
	}
}
