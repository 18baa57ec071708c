package views

import (
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/flow/http3"
	"example.org/telltale/internal/sensor/tape"
)

// opened reports whether a connection is one of QUIC of which the streams are
// read.
func opened(c tape.Conn) bool {
	return c.Stream == nil && c.Transport == "udp" && c.Visibility == telltale.Intercepted && (c.Proto == "quic" || isHTTP3(c))
}

func isHTTP3(c tape.Conn) bool { return c.Proto == "h3" }

// newQUIC reads a connection of QUIC: what is on its tape are datagrams, its
// streams have tapes of their own.
func newQUIC(c *connection) reader {
	d := &datagrams{c: c, protocol: "quic"}
	if !isHTTP3(c.info) {
		return d
	}
	h := &http{c: c, open: map[uint64]*exchange{}}
	return &http3Reader{http: h, streams: http3.New(http3.Limits{Head: c.v.cfg.Limits.Head}, h.hear), datagrams: d}
}

// http3Reader makes a flow of every exchange of an HTTP/3 connection.
type http3Reader struct {
	http      *http
	streams   *http3.Conn
	datagrams *datagrams
}

func (r *http3Reader) octets(out bool, b []byte) { r.datagrams.octets(out, b) }

func (r *http3Reader) flush() {
	r.http.flush()
	r.datagrams.flush()
}

func (r *http3Reader) close() {
	r.streams.Close()
	r.datagrams.close()
}

// stream opens the tape of a stream of QUIC.
func (v *Views) stream(c tape.Conn) tape.Tape {
	v.mu.Lock()
	defer v.mu.Unlock()
	of := v.quic[c.Stream.Of]
	if of != nil {
		if r, ok := of.reader.(*http3Reader); ok {
			return &streamTape{c: of, from: r.streams, number: c.Stream.Number}
		}
		of.streams.Store(true)
	}
	conn := newConnection(v, c)
	v.open[conn] = struct{}{}
	return conn
}

// streamTape is one stream of HTTP/3. What its octets mean the connection
// knows.
type streamTape struct {
	c      *connection
	from   *http3.Conn
	number uint64
}

// Octets reads what passed.
func (s *streamTape) Octets(out bool, at time.Time, b []byte) error {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if at.After(s.c.at) {
		s.c.at = at
	}
	s.from.Octets(s.number, out, b)
	return s.c.v.queue.failed()
}

// End notes that a direction has ended.
func (s *streamTape) End(out bool, why string) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.from.End(s.number, out, why)
}

// Close does nothing: a stream that has not ended ends with its connection.
func (s *streamTape) Close(tape.Conn) error { return s.c.v.queue.failed() }

// id is what flows of a connection have in common.
func id(c tape.Conn) string {
	if c.Stream != nil {
		return c.Stream.Of
	}
	return c.ID
}
