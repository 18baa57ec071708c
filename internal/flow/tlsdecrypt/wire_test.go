package tlsdecrypt_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	mrand "math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"example.org/telltale/internal/flow/tlsdecrypt"
)

// passed is one piece of a recorded connection.
type passed struct {
	out bool
	b   []byte
}

// wire keeps what passes in both directions, in order.
type wire struct {
	mu  sync.Mutex
	all []passed
}

func (w *wire) add(out bool, b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, passed{out, bytes.Clone(b)})
}

// tapped is the client's end of a connection; what it writes goes out.
type tapped struct {
	net.Conn
	w *wire
}

func (t tapped) Write(b []byte) (int, error) {
	t.w.add(true, b)
	return t.Conn.Write(b)
}

func (t tapped) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	t.w.add(false, b[:n])
	return n, err
}

// heard is what came out, by direction, with gaps as one sign.
type heard struct {
	text [2]bytes.Buffer
	gaps int
}

func (h *heard) side(out bool) *bytes.Buffer {
	if out {
		return &h.text[0]
	}
	return &h.text[1]
}

func (h *heard) Plain(out bool, _ time.Time, b []byte) { h.side(out).Write(b) }
func (h *heard) Gap(bool, time.Time)                   { h.gaps++ }

// replay feeds a recorded connection in pieces of any size.
func replay(keys *tlsdecrypt.Keys, all []passed, r *mrand.Rand) (*heard, *tlsdecrypt.Conn) {
	h := &heard{}
	c := tlsdecrypt.New(keys, h)
	at := time.Unix(1700000000, 0)
	for _, p := range all {
		for b := p.b; len(b) > 0; {
			n := min(len(b), 1+r.IntN(1500))
			c.Data(p.out, at, b[:n])
			b = b[n:]
		}
	}
	c.End()
	return h, c
}

// certificate makes a self-signed certificate of either kind.
func certificate(t testing.TB, ec bool) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a.test"}, DNSNames: []string{"a.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	if ec {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(t, err)
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		must(t, err)
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pair are the two ends of a connection that holds what nobody reads yet.
func pair(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	a, err = net.Dial("tcp", l.Addr().String())
	must(t, err)
	b, err = l.Accept()
	must(t, err)
	deadline := time.Now().Add(time.Minute)
	must(t, a.SetDeadline(deadline))
	must(t, b.SetDeadline(deadline))
	return a, b
}

// talk runs a client that says all of up, and a server that answers down.
func talk(t testing.TB, client, server *tls.Config, up, down []byte) []passed {
	t.Helper()
	a, b := pair(t)
	w := &wire{}
	done := make(chan error, 1)
	go func() {
		s := tls.Server(b, server)
		defer s.Close()
		got := make([]byte, len(up))
		_, err := io.ReadFull(s, got)
		if err == nil && !bytes.Equal(got, up) {
			err = io.ErrUnexpectedEOF
		}
		if err == nil {
			_, err = s.Write(down)
		}
		done <- err
	}()
	c := tls.Client(tapped{a, w}, client)
	_, err := c.Write(up)
	must(t, err)
	got := make([]byte, len(down))
	_, err = io.ReadFull(c, got)
	must(t, err)
	must(t, <-done)
	c.Close()
	a.Close()
	return w.all
}

// text is a text of n octets that does not repeat.
func text(n int, seed uint64) []byte {
	r := mrand.New(mrand.NewPCG(seed, 9))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.IntN(256))
	}
	return b
}

func newRand(seed uint64) *mrand.Rand { return mrand.New(mrand.NewPCG(seed, 7)) }
