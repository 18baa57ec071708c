package imports_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"example.org/telltale/internal/flow/packets"
	"example.org/telltale/internal/flow/tlsdecrypt"
	"example.org/telltale/internal/pcapng"
	"example.org/telltale/internal/sensor/imports"
	"example.org/telltale/internal/sensor/tape"
)

// shelf is a sink that keeps everything in memory.
type shelf struct{ all []*kept }

// kept is one connection.
type kept struct {
	tape.Conn
	first  tape.Conn       // as it was known when the tape was opened
	text   [2]bytes.Buffer // out, in
	pieces int
	turns  []string
	closed bool
}

func (s *shelf) Open(c tape.Conn) (tape.Tape, error) {
	k := &kept{Conn: c, first: c}
	s.all = append(s.all, k)
	return k, nil
}

func (k *kept) Octets(out bool, _ time.Time, b []byte) error {
	i := 1
	if out {
		i = 0
	}
	k.text[i].Write(b)
	k.pieces++
	return nil
}

func (k *kept) Turn(proto string) {
	k.turns = append(k.turns, fmt.Sprint(proto, " ", k.text[0].Len(), "/", k.text[1].Len()))
}

func (k *kept) Close(c tape.Conn) error {
	k.Conn, k.closed = c, true
	return nil
}

func (k *kept) out() string { return k.text[0].String() }
func (k *kept) in() string  { return k.text[1].String() }

// read imports a file that is in memory.
func read(t testing.TB, file []byte, keylog string) ([]*kept, imports.Summary) {
	t.Helper()
	s, keys := &shelf{}, &tlsdecrypt.Keys{}
	keys.Add([]byte(keylog))
	summary, err := imports.New(s, keys).Read(context.Background(), "x", bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range s.all {
		if !k.closed {
			t.Errorf("%s was not closed", k.ID)
		}
	}
	if summary.Flows != len(s.all) {
		t.Errorf("%d flows, %d said", len(s.all), summary.Flows)
	}
	return s.all, summary
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start is a fixed moment.
func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func client() netip.AddrPort { return netip.MustParseAddrPort("10.0.0.2:40000") }
func server() netip.AddrPort { return netip.MustParseAddrPort("192.0.2.1:443") }

// said is one piece of a conversation.
type said struct {
	out bool
	b   []byte
}

// film are the packets of a TCP connection, one a millisecond; octets go in
// segments of up to 1400.
func film(c, s netip.AddrPort, all []said) (out []pcapng.Packet) {
	stream := packets.NewStream(c, s)
	add := func(segments []packets.Segment) {
		for _, one := range segments {
			b := one.Packet()
			out = append(out, pcapng.Packet{At: start().Add(time.Duration(len(out)) * time.Millisecond), Data: b, Size: len(b)})
		}
	}
	add(stream.Open())
	for _, p := range all {
		for b := p.b; len(b) > 0; {
			n := min(1400, len(b))
			add(stream.Data(p.out, b[:n]))
			b = b[n:]
		}
	}
	add(stream.End(true))
	add(stream.End(false))
	return out
}

// capture writes packets, with a key log embedded behind them.
func capture(t testing.TB, all []pcapng.Packet, keylog string) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := pcapng.NewWriter(&file, pcapng.Options{Interfaces: []pcapng.Interface{{Link: pcapng.LinkRaw}}})
	must(t, err)
	must(t, w.Packets(all...))
	if keylog != "" {
		_, err = w.Write([]byte(keylog))
		must(t, err)
	}
	must(t, w.Close())
	return file.Bytes()
}

// tapped records what a TLS client reads and writes.
type tapped struct {
	net.Conn
	mu  sync.Mutex
	all []said
}

func (t *tapped) add(out bool, b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, said{out, bytes.Clone(b)})
}

func (t *tapped) Write(b []byte) (int, error) {
	t.add(true, b)
	return t.Conn.Write(b)
}

func (t *tapped) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	t.add(false, b[:n])
	return n, err
}

// session is a TLS connection on which up and then down were said.
func session(t testing.TB, version uint16, up, down []byte) (all []said, keylog string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	done := make(chan error, 1)
	cert := certificate(t)
	go func() {
		c, err := l.Accept()
		if err != nil {
			done <- err
			return
		}
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: version})
		defer s.Close()
		if _, err = io.ReadFull(s, make([]byte, len(up))); err == nil {
			_, err = s.Write(down)
		}
		done <- err
	}()
	raw, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	must(t, raw.SetDeadline(time.Now().Add(time.Minute)))
	tap := &tapped{Conn: raw}
	var log bytes.Buffer
	c := tls.Client(tap, &tls.Config{ServerName: "a.test", InsecureSkipVerify: true, KeyLogWriter: &log, MaxVersion: version})
	_, err = c.Write(up)
	must(t, err)
	_, err = io.ReadFull(c, make([]byte, len(down)))
	must(t, err)
	must(t, <-done)
	c.Close()
	return tap.all, log.String()
}

func certificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a.test"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func client2() netip.AddrPort { return netip.MustParseAddrPort("10.0.0.2:5000") }
