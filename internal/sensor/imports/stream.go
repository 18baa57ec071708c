package imports

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/flow/reassemble"
	"example.org/telltale/internal/flow/tlsdecrypt"
	"example.org/telltale/internal/sensor/tape"
)

const (
	// maxUndecided bounds what waits until it is known what is spoken.
	maxUndecided = 512 << 10
	// maxGreeting is how much may pass in the clear before TLS begins inside.
	maxGreeting = 64 << 10
)

// stream is one TCP connection.
type stream struct {
	m    *Importer
	w    *writer
	mid  bool // the capture began later than the connection
	mode mode
	// waiting are the octets of a connection of which it is not yet known what
	// it is.
	waiting []piece
	size    int
	first   []byte // of the client, while undecided
	heard   bool   // the server has spoken
	answers bool   // in TLS, as it seems
	words   words  // what is spoken in the clear or in opened TLS
	tls     *tlsdecrypt.Conn
	passed  int // octets handed on, up to maxGreeting
	turned  bool
	any     bool
}

type mode byte

const (
	undecided mode = iota
	clear
	inTLS  // handed to tls; raw octets wait while its keys are not known
	opened // tls gives plaintext
	opaque
)

type piece struct {
	out bool
	at  time.Time
	b   []byte
}

func addr(b []byte) string {
	a, _ := netip.AddrFromSlice(b)
	return a.Unmap().String()
}

// Data takes octets of the connection.
func (s *stream) Data(out bool, at time.Time, b []byte) {
	s.any = true
	switch s.mode {
	case undecided:
		s.wait(out, at, b)
		s.decide(out, b)
	case clear:
		s.clear(out, at, b)
	case inTLS:
		s.wait(out, at, b)
		s.tls.Data(out, at, b)
		s.look()
	case opened:
		s.tls.Data(out, at, b)
	case opaque:
		s.tls.Data(out, at, b) // for what it still tells of itself
		s.w.octets(out, at, b)
	}
}

func (s *stream) wait(out bool, at time.Time, b []byte) {
	s.waiting = append(s.waiting, piece{out, at, bytes.Clone(b)})
	s.size += len(b) + 64
}

// decide looks at the first octets.
func (s *stream) decide(out bool, b []byte) {
	if !out {
		// What looks like TLS of the server's may have its client's begin
		// later in the capture, or not at all.
		s.answers = s.answers || !s.heard && len(b) >= 3 && (b[0] == 22 || b[0] == 23) && b[1] == 3
		s.heard = true
		if s.answers && len(s.first) > 0 {
			s.settle(true)
		} else if !s.answers && (!s.mid || len(s.first) > 0) || s.size > maxUndecided {
			s.settle(false)
		}
		return
	}
	s.first = append(s.first, b[:min(len(b), max(0, 64-len(s.first)))]...)
	protocol, sure := flow.Detect(s.first)
	switch {
	case protocol == flow.ProtocolTLS && sure, s.answers:
		s.settle(true)
	case s.mid && len(s.first) >= 3 && s.first[0] >= 20 && s.first[0] <= 23 && s.first[1] == 3 && s.first[2] <= 4:
		s.settle(true) // records of a connection that began before
	case s.mid && !s.heard && protocol == flow.ProtocolOther && s.size <= maxUndecided:
		return // the server tells
	case sure, len(s.first) >= 64:
		s.settle(false)
	}
}

// settle goes on as TLS or in the clear with what waited.
func (s *stream) settle(tls bool) {
	s.first = nil
	if tls {
		s.enter()
		return
	}
	waited := s.waiting
	s.mode, s.waiting, s.size = clear, nil, 0
	for _, p := range waited {
		s.clear(p.out, p.at, p.b)
	}
}

// enter goes on as TLS.
func (s *stream) enter() {
	s.mode, s.tls = inTLS, tlsdecrypt.New(s.m.keys, inside{s})
	waited := s.waiting
	for _, p := range waited {
		s.tls.Data(p.out, p.at, p.b)
	}
	s.look()
}

// look sees whether it is known by now if the connection can be opened.
func (s *stream) look() {
	switch s.tls.Status() {
	case tlsdecrypt.Openable:
		if s.mode == inTLS {
			s.mode = opened
			s.w.conn.Visibility = telltale.Intercepted
		}
	case tlsdecrypt.Waiting:
		if s.size > maxUndecided {
			s.pass()
		}
		return
	default:
		s.pass()
		return
	}
	s.waiting, s.size = nil, 0
}

// pass hands on the octets as they are.
func (s *stream) pass() {
	if s.mode != inTLS {
		return
	}
	s.mode = opaque
	c := &s.w.conn
	c.Visibility, c.Proto = telltale.Opaque, "tls"
	s.describe()
	if s.turned {
		s.w.turn("tls")
	}
	for _, p := range s.waiting {
		s.w.octets(p.out, p.at, p.b)
	}
	s.waiting, s.size = nil, 0
}

// clear takes octets that nothing hides, and watches for TLS that begins
// among them: after STARTTLS, or through a proxy.
func (s *stream) clear(out bool, at time.Time, b []byte) {
	if out && s.passed < maxGreeting && len(b) >= 6 && b[0] == 22 && b[1] == 3 && b[5] == 1 && s.passed > 0 {
		s.turned = true
		if s.words.name == "http/1.1" { // through a proxy
			s.words = words{}
		}
		s.words.secure = true
		s.wait(out, at, b)
		s.enter()
		return
	}
	s.passed = min(s.passed+len(b), maxGreeting)
	s.say(out, at, b)
}

// say hands plaintext on.
func (s *stream) say(out bool, at time.Time, b []byte) {
	c, before := &s.w.conn, len(s.words.told)
	if s.words.hear(out, b) {
		c.Proto = s.words.proto(c.Proto)
		if s.words.host != "" && c.Host == "" {
			c.Host = s.words.host
		}
	}
	if s.words.next != "" {
		n := 0
		if !out {
			n = max(0, s.words.nextAt-before)
			s.w.octets(out, at, b[:n])
		}
		s.w.turn(s.words.next)
		s.words.next, b = "", b[n:]
	}
	if len(b) > 0 {
		s.w.octets(out, at, b)
	}
}

// inside is a stream as TLS sees it.
type inside struct{ s *stream }

// Plain takes what was in TLS.
func (i inside) Plain(out bool, at time.Time, b []byte) { i.s.plain(out, at, b) }

// Gap in what was in TLS: the notes of the connection tell of it.
func (inside) Gap(bool, time.Time) {}

func (s *stream) plain(out bool, at time.Time, b []byte) {
	if s.mode == inTLS {
		s.look()
	}
	if s.w.conn.TLS == nil {
		s.describe()
		s.words.secure = true
		if s.turned {
			s.w.turn(s.w.conn.Proto)
		} else {
			s.w.conn.Proto = "tls"
		}
	}
	s.say(out, at, b)
}

// Gap of a connection in the clear: what stands behind cannot be joined to
// what stands before, but it is kept.
func (s *stream) Gap(out bool, at time.Time, n int) {
	if s.tls != nil {
		s.tls.Gap(out, n)
		if s.mode == inTLS {
			s.look()
		}
		return
	}
	if s.mode == undecided && out && len(s.first) > 0 {
		s.settle(false)
	}
	s.mid = s.mid || out // what comes next need not be a begin
}

// describe notes what the handshake said.
func (s *stream) describe() {
	i := s.tls.Info()
	c := &s.w.conn
	c.TLS = &tape.TLS{Version: i.Version, ALPN: i.ALPN, ServerName: i.ServerName, Certificates: i.Certificates, Refused: i.Refused != ""}
	if i.ServerName != "" {
		c.Host = i.ServerName
	}
}

// Close ends the connection.
func (s *stream) Close(f reassemble.Finish) {
	c := &s.w.conn
	c.End = f.At
	c.Error = failure(f, c.Transport, s.any)
	if s.mode == undecided && len(s.waiting) > 0 {
		s.settle(false)
	}
	if s.tls != nil {
		s.endTLS(f)
	}
	if f.Differing > 0 {
		s.m.note(-1, "connection %s: %d octets came again and were not the same; the first are kept", c.ID, f.Differing)
	}
	s.w.close()
}

func (s *stream) endTLS(f reassemble.Finish) {
	c := &s.w.conn
	s.tls.End()
	s.look()
	s.pass()
	s.describe()
	if c.Proto == "tcp" {
		c.Proto = "tls"
	}
	i := s.tls.Info()
	if f.Reset && f.Missing == 0 && (f.ByClient && i.ClientDone || !f.ByClient && i.ServerDone) {
		c.Error = "" // it had said all, and did not wait for the rest
	}
	if i.Refused != "" && c.Error == "" {
		c.Error = "the app ended the handshake: " + i.Refused
	}
	if s.mode == opened && i.Opened == 0 {
		c.Visibility = telltale.Opaque
	}
	if s.mode == opened && len(i.Notes) > 0 {
		s.m.note(-1, "connection %s: %s", c.ID, strings.Join(i.Notes, "; "))
		if i.Failed > 0 && c.Error == "" {
			c.Error = fmt.Sprintf("%d of %d records could not be opened", i.Failed, i.Failed+i.Opened)
		}
	}
}
