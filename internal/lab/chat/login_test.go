package chat

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/lab/guard"
)

// serveTest runs a server on loopback and returns how to reach it.
func serveTest(t *testing.T, serve func(context.Context, net.Listener) error) (dial func() *lineConn) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ln, err := guard.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return func() *lineConn {
		conn, err := guard.Dial(ctx, "tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		t.Cleanup(func() { conn.Close() })
		return newLineConn(conn)
	}
}

func testIdentity(t *testing.T) identity {
	t.Helper()
	id, err := loadIdentity(filepath.Join(t.TempDir(), "key"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func testDirectory(t *testing.T) (*Directory, func() *lineConn) {
	t.Helper()
	d, err := NewDirectory(DirectoryConfig{Rand: rand.Reader, Relays: []string{"r1.test:1", "r2.test:1"}})
	if err != nil {
		t.Fatal(err)
	}
	return d, serveTest(t, d.Serve)
}

func TestLoginNeedsThePrivateKey(t *testing.T) {
	t.Parallel()
	_, dial := testDirectory(t)
	alice, thief := testIdentity(t), testIdentity(t)
	l := dial()
	a, err := logIn(l, alice, "directory", request{Name: "alice", Peer: "alice.peer.test:1"})
	if err != nil || a.Account == nil || a.Account.Name != "alice" || !strings.HasSuffix(a.Account.Relay, ".test:1") {
		t.Fatalf("login: %+v, %v", a, err)
	}
	if _, err := logIn(dial(), thief, "directory", request{Name: "alice"}); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Errorf("login with another key: %v", err)
	}
	// The right public key without the private one.
	l = dial()
	if err := l.write(request{Seq: 1, Op: "login", Name: "alice", Key: alice.public()}); err != nil {
		t.Fatal(err)
	}
	ch, err := l.answer()
	if err != nil {
		t.Fatal(err)
	}
	proof, err := loginProof(thief.private, ch.Key, ch.Nonce, "directory", "alice")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.write(request{Seq: 2, Op: "prove", Proof: proof}); err != nil {
		t.Fatal(err)
	}
	if a, err := l.answer(); err != nil || !strings.Contains(a.Error, "proof is wrong") {
		t.Errorf("wrong proof: %+v, %v", a, err)
	}
}

func TestServersRefuseNonsense(t *testing.T) {
	t.Parallel()
	d, dialDirectory := testDirectory(t)
	r, err := NewRelay(RelayConfig{Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	key := fmt.Sprintf("%q", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	for _, dial := range []func() *lineConn{dialDirectory, serveTest(t, r.Serve)} {
		for name, line := range map[string]string{
			"garbage": "\x00\x01\x02", "array": "[]", "no login": `{"op":"push"}`, "bad name": `{"op":"login","name":"../x","key":` + key + `}`,
			"short key": `{"op":"login","name":"bob","key":"AAAA"}`, "zero key": `{"op":"login","name":"bob","key":` + key + `}`,
			"endless": strings.Repeat("x", 2*maxLine),
		} {
			l := dial()
			l.conn.Write([]byte(line + "\n{}\n"))
			for {
				a, err := l.answer()
				if err != nil {
					break // hung up, as it should
				}
				if a.Error == "" && len(a.Nonce) == 0 {
					t.Errorf("%s: answered %+v", name, a)
				}
			}
		}
	}
	if len(d.book) != 0 || len(r.book) != 0 {
		t.Error("a refused login left an account")
	}
}

func TestDirectoryRefusesAForeignPeerAddress(t *testing.T) {
	t.Parallel()
	_, dial := testDirectory(t)
	id := testIdentity(t)
	for _, peer := range []string{"bob.peer.test:1", "alice.peer.test", "www.example.org:80"} {
		if _, err := logIn(dial(), id, "directory", request{Name: "alice", Peer: peer}); err == nil {
			t.Errorf("peer address %q passed", peer)
		}
	}
}

func TestSecondLoginReplacesTheFirst(t *testing.T) {
	t.Parallel()
	d, dial := testDirectory(t)
	id := testIdentity(t)
	first, second := dial(), dial()
	if _, err := logIn(first, id, "directory", request{Name: "alice"}); err != nil {
		t.Fatal(err)
	}
	if _, err := logIn(second, id, "directory", request{Name: "alice"}); err != nil {
		t.Fatal(err)
	}
	if _, err := first.answer(); err == nil {
		t.Error("the first session goes on")
	}
	if err := second.write(request{Seq: 7, Op: "lookup", Name: "alice"}); err != nil {
		t.Fatal(err)
	}
	a, err := second.answer()
	if err != nil || a.Seq != 7 || !a.Account.Online || !bytes.Equal(a.Account.Key, id.public()) {
		t.Errorf("lookup: %+v, %v", a, err)
	}
	if err := second.write(request{Seq: 8, Op: "dance"}); err != nil {
		t.Fatal(err)
	}
	if a, err := second.answer(); err != nil || !strings.Contains(a.Error, "known: lookup") {
		t.Errorf("unknown operation: %+v, %v", a, err)
	}
	if first, again := d.relay("alice"), d.relay("alice"); first != again {
		t.Error("an account changes its relay")
	}
}

func TestRelaySendsOnlySoManyAtOnceAndAgainAfterABreak(t *testing.T) {
	t.Parallel()
	r, err := NewRelay(RelayConfig{Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	const n = 3 * maxInFlight
	for range n {
		if err := r.push("alice", frame{To: "bob", Box: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	dial := serveTest(t, r.Serve)
	id := testIdentity(t)
	l := dial()
	if _, err := logIn(l, id, "relay", request{Name: "bob"}); err != nil {
		t.Fatal(err)
	}
	for want := int64(1); want <= maxInFlight; want++ {
		if a, err := l.answer(); err != nil || a.Frame.N != want {
			t.Fatalf("%+v, %v, want frame %d", a, err, want)
		}
	}
	// The first half is taken, then the line breaks.
	for k := int64(1); k <= maxInFlight/2; k++ {
		if err := l.write(request{Op: "ack", N: k}); err != nil {
			t.Fatal(err)
		}
	}
	if a, err := l.answer(); err != nil || a.Frame.N != maxInFlight+1 {
		t.Fatalf("%+v, %v, want the next frame after acks", a, err)
	}
	if err := l.write(request{Seq: 9, Op: "dance"}); err != nil {
		t.Fatal(err)
	}
	for { // the answer comes after the acks were worked on
		if a, err := l.answer(); err != nil || a.Seq == 9 {
			break
		}
	}
	l.conn.Close()
	l = dial()
	if _, err := logIn(l, id, "relay", request{Name: "bob"}); err != nil {
		t.Fatal(err)
	}
	for want := int64(maxInFlight/2 + 1); want <= n; want++ {
		a, err := l.answer()
		if err != nil || a.Frame.N != want {
			t.Fatalf("%+v, %v, want frame %d", a, err, want)
		}
		if err := l.write(request{Op: "ack", N: want}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestVTScreenKeepsThePrompt(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	v := newVTScreen(readWriter{strings.NewReader("hello\r"), &out}, "x: ")
	v.prompt("[MONITORED LAB BUILD] alice > bob: ")
	v.printLine("bob: hi")
	line, err := v.readLine()
	if err != nil || line != "hello" {
		t.Errorf("readLine = %q, %v", line, err)
	}
	if s := out.String(); !strings.Contains(s, "bob: hi\r\n") || !strings.Contains(s, "[MONITORED LAB BUILD] alice > bob: hello") {
		t.Errorf("the screen shows %q", s)
	}
}
