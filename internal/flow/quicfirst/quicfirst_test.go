package quicfirst_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/hex"
	"net"
	"strings"
	"testing"

	"github.com/quic-go/quic-go"

	"example.org/telltale/internal/flow/quicfirst"
)

// quiet keeps quic-go from saying what it thinks of the system's buffers.
type quiet struct{ net.PacketConn }

func (quiet) SetReadBuffer(int) error  { return nil }
func (quiet) SetWriteBuffer(int) error { return nil }

// first is the first datagram of a client.
func first(t *testing.T, version quic.Version) []byte {
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
		_, _ = tr.Dial(ctx, server.LocalAddr(), &tls.Config{ServerName: "q.test", NextProtos: []string{"h3"}}, &quic.Config{Versions: []quic.Version{version}})
	}()
	b := make([]byte, 2000)
	n, err := server.Read(b)
	cancel()
	<-done
	_ = tr.Close()
	if err != nil {
		t.Fatal(err)
	}
	return b[:n]
}

func TestBegins(t *testing.T) {
	t.Parallel()
	for _, version := range []quic.Version{quic.Version1, quic.Version2} {
		b := first(t, version)
		if !quicfirst.Begins(b) {
			t.Errorf("%v: % x does not begin a connection", version, b[:40])
		}
		for name, change := range map[string]func([]byte) []byte{
			"another ID":      func(b []byte) []byte { b[6] ^= 1; return b },
			"another version": func(b []byte) []byte { b[1] ^= 1; return b },
			"other content":   func(b []byte) []byte { b[100] ^= 1; return b },
			"not whole":       func(b []byte) []byte { return b[:1000] },
			"a short header":  func(b []byte) []byte { b[0] &= 0x7f; return b },
			"nothing":         func([]byte) []byte { return nil },
		} {
			if quicfirst.Begins(change(bytes.Clone(b))) {
				t.Errorf("%v with %s begins a connection", version, name)
			}
		}
	}
}

// The client's header of RFC 9001, appendix A.2, without what is in it.
func TestHeaderAlone(t *testing.T) {
	t.Parallel()
	b, err := hex.DecodeString("c000000001088394c8f03e5157080000449e7b9aec34")
	if err != nil {
		t.Fatal(err)
	}
	if quicfirst.Begins(append(b, strings.Repeat("\x00", 1200)...)) {
		t.Error("a packet without content begins a connection")
	}
}

func FuzzBegins(f *testing.F) {
	f.Add([]byte("\xc0\x00\x00\x00\x01\x08\x83\x94\xc8\xf0\x3e\x51\x57\x08\x00\x00\x44\x9e\x7b\x9a\xec\x34" + strings.Repeat("x", 1200)))
	f.Add([]byte("\xd0\x6b\x33\x43\xcf\x00\x00\x00\x40\x14" + strings.Repeat("x", 20)))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		if quicfirst.Begins(b) && len(b) < 7 {
			t.Error("too short for a connection")
		}
		if !bytes.Equal(b, before) {
			t.Error("the datagram was changed")
		}
	})
}
