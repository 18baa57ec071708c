package tlsdecrypt_test

import (
	"bytes"
	"crypto/tls"
	mrand "math/rand/v2"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/flow/tlsdecrypt"
)

// numbered is a text of lines that say where they stand.
func numbered(n int, word string) []byte {
	var b bytes.Buffer
	for i := range n {
		b.WriteString(word)
		b.WriteByte(' ')
		for d := 100000; d > 0; d /= 10 {
			b.WriteByte(byte('0' + i/d%10))
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// lossy feeds a connection in segments, and loses some behind the hellos.
func lossy(keys *tlsdecrypt.Keys, all []passed, r *mrand.Rand) (*heard, *tlsdecrypt.Conn, int) {
	h, lost := &heard{}, 0
	c := tlsdecrypt.New(keys, h)
	var seen [2]int
	for _, p := range all {
		for b := p.b; len(b) > 0; {
			n := min(len(b), 1448)
			i := 0
			if p.out {
				i = 1
			}
			if seen[i] > 12_000 && r.IntN(60) == 0 {
				c.Gap(p.out, n)
				lost++
			} else {
				c.Data(p.out, time.Time{}, b[:n])
			}
			seen[i] += n
			b = b[n:]
		}
	}
	c.End()
	return h, c, lost
}

// TestLostSegments: what is lost costs the records it was in and no others.
func TestLostSegments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version uint16
		suite   uint16
	}{
		{tls.VersionTLS13, 0}, {tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
		{tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256}, {tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA},
		{tls.VersionTLS10, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA},
	} {
		var log bytes.Buffer
		client := &tls.Config{InsecureSkipVerify: true, KeyLogWriter: &log, MinVersion: c.version, MaxVersion: c.version}
		server := &tls.Config{Certificates: []tls.Certificate{certificate(t, false)}, MinVersion: c.version}
		if c.suite != 0 {
			client.CipherSuites, server.CipherSuites = []uint16{c.suite}, []uint16{c.suite}
		}
		up, down := numbered(12_000, "up"), numbered(25_000, "down")
		all := talk(t, client, server, up, down)
		rounds := 3
		if testing.Short() {
			rounds = 1
		}
		for round := range rounds {
			keys := &tlsdecrypt.Keys{}
			keys.Add(log.Bytes())
			h, conn, lost := lossy(keys, all, mrand.New(mrand.NewPCG(uint64(round), 5)))
			if lost == 0 || conn.Info().Opened == 0 || len(conn.Info().Notes) == 0 {
				t.Fatalf("%x/%x: %d lost, %+v", c.version, c.suite, lost, conn.Info())
			}
			for i, want := range [][]byte{up, down} {
				if got := h.text[i].Len(); got < len(want)-lost*3*17000 || got < len(want)/8 {
					t.Errorf("%x/%x: %d of %d octets with %d lost: %v", c.version, c.suite, got, len(want), lost, conn.Info().Notes)
				}
				inOrder(t, h.text[i].String(), string(want))
			}
		}
	}
}

// inOrder: whole lines of got stand in want in that order.
func inOrder(t *testing.T, got, want string) {
	t.Helper()
	at, wrong := 0, 0
	for _, line := range strings.SplitAfter(got, "\n") {
		n := strings.Index(want[at:], line)
		if n < 0 {
			wrong++
			continue
		}
		at += n
	}
	if wrong > strings.Count(got, "\n")/50+5 { // lines are torn at gaps
		t.Errorf("%d lines that were never said", wrong)
	}
}

// TestServerHelloLost: TLS 1.3 opens all the same.
func TestServerHelloLost(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	client := &tls.Config{ServerName: "a.test", InsecureSkipVerify: true, KeyLogWriter: &log}
	all := talk(t, client, &tls.Config{Certificates: []tls.Certificate{certificate(t, true)}}, numbered(1000, "up"), numbered(20_000, "down"))
	keys := &tlsdecrypt.Keys{}
	keys.Add(log.Bytes())
	var only []passed
	for _, p := range all {
		if p.out {
			only = append(only, p)
		}
	}
	h, c := replay(keys, only, mrand.New(mrand.NewPCG(1, 1)))
	if !bytes.Equal(h.text[0].Bytes(), numbered(1000, "up")) || c.Status() != tlsdecrypt.Openable {
		t.Errorf("%d octets, %+v", h.text[0].Len(), c.Info())
	}
}

// FuzzConn: hostile octets end, and give no more than there is.
func FuzzConn(f *testing.F) {
	var log bytes.Buffer
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		client := &tls.Config{ServerName: "a.test", InsecureSkipVerify: true, KeyLogWriter: &log, MaxVersion: version}
		all := talk(f, client, &tls.Config{Certificates: []tls.Certificate{certificate(f, true)}}, []byte("question"), []byte("answer"))
		var seed []byte
		for _, p := range all {
			for b := p.b; len(b) > 0; {
				n := min(len(b), 250)
				side := byte(0)
				if p.out {
					side = 1
				}
				seed = append(append(seed, side, byte(n)), b[:n]...)
				b = b[n:]
			}
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		keys := &tlsdecrypt.Keys{}
		keys.Add(log.Bytes())
		keys.Add(b)
		h := &heard{}
		c := tlsdecrypt.New(keys, h)
		total := len(b)
		for len(b) >= 2 {
			n := min(int(b[1]), len(b)-2)
			if b[0]&2 != 0 {
				c.Gap(b[0]&1 != 0, n)
			} else {
				c.Data(b[0]&1 != 0, time.Time{}, b[2:2+n])
			}
			b = b[2+n:]
		}
		c.End()
		if got := h.text[0].Len() + h.text[1].Len(); got > total {
			t.Errorf("%d octets out of %d", got, total)
		}
	})
}
