package views

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
)

// reader makes flows of the octets of a connection, or of a part of it.
type reader interface {
	octets(out bool, b []byte)
	// flush records what there is of what may go on for ever.
	flush()
	// close records the rest.
	close()
}

// connection is a tape.Tape.
type connection struct {
	v *Views

	mu   sync.Mutex
	info tape.Conn
	// at is the time of the octets that are being read.
	at time.Time
	// proto is what is spoken, as far as we were told.
	proto string
	// visibility of what is read now.
	visibility telltale.Visibility
	reader     reader
	// flows that were recorded; streams of QUIC have records of their own.
	flows   int
	streams atomic.Bool
	// closing: the connection has ended.
	closing bool
}

func newConnection(v *Views, info tape.Conn) *connection {
	c := &connection{v: v, info: info, at: info.Start, proto: info.Proto, visibility: info.Visibility}
	if c.at.IsZero() {
		c.at = v.cfg.Clock()
	}
	switch {
	case opened(info):
		c.reader = newQUIC(c)
	case info.Proto == "dns":
		c.reader = &dnsReader{c: c, stream: info.Transport == "tcp"}
	case info.Transport == "udp" && info.Proto == "udp", info.Transport == "icmp":
		c.reader = &datagrams{c: c}
	case info.Transport == "tcp":
		c.reader = newGuess(c, 0)
	default:
		c.reader = &stream{c: c}
	}
	return c
}

// Octets reads what passed.
func (c *connection) Octets(out bool, at time.Time, b []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.After(c.at) {
		c.at = at
	}
	if !c.closing {
		c.reader.octets(out, b)
	}
	return c.v.queue.failed()
}

// Turn takes the name of what is spoken from here on. What that is the octets
// tell themselves, except where TLS begins or has been taken off: what was
// read before has ended then.
func (c *connection) Turn(proto string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	switch {
	case proto == "tls", proto == c.proto && isText(proto): // it goes on in TLS
		c.reader.close()
		c.reader = &guess{c: c, inTLS: true}
	}
	c.proto = proto
}

// isText tells the protocols that may go on in TLS after they began.
func isText(proto string) bool {
	switch proto {
	case "smtp", "imap", "xmpp", "pop3":
		return true
	}
	return false
}

// Learn takes what has become known of the connection.
func (c *connection) Learn(info tape.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.learn(info)
}

// learn keeps the name that was looked up, or that of the TLS hello: what a
// request says of itself may be another one for each.
func (c *connection) learn(info tape.Conn) {
	host := c.info.Host
	if host == "" && info.TLS != nil {
		host = info.TLS.ServerName
	}
	c.info = info
	c.info.Host = host
	if info.Visibility != "" {
		c.visibility = info.Visibility
	}
}

// Close records what is left.
func (c *connection) Close(info tape.Conn) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.v.forget(c)
	if c.closing {
		return c.v.queue.failed()
	}
	c.closing = true
	if info.End.After(c.at) {
		c.at = info.End
	}
	c.learn(info)
	if info.Proto != "" {
		c.proto = info.Proto
	}
	c.reader.close()
	if c.flows == 0 && !c.streams.Load() { // it was tried, at least
		none := c.begin(c.name(info.Proto))
		none.flow.Start = info.Start
		none.fail(info.Error)
		none.record()
	}
	return c.v.queue.failed()
}

// flush records what there is of what may go on for ever.
func (c *connection) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closing {
		c.reader.flush()
	}
}

// secure reports whether TLS was taken off.
func (c *connection) secure() bool { return c.visibility == telltale.Intercepted }

// http names the protocol of an exchange.
func (c *connection) http() string {
	if c.secure() {
		return "https"
	}
	return "http"
}

// name is the protocol of a flow that is not HTTP.
func (c *connection) name(proto string) string {
	switch {
	case proto == "http/1.1", proto == "h2", proto == "h3":
		return c.http()
	case proto != "":
		return proto
	case c.info.Transport != "":
		return c.info.Transport
	}
	return "tcp"
}

// why is what went wrong with the connection, if it has ended, or else what
// is said of the exchange.
func (c *connection) why(text string) string {
	if c.closing && c.info.Error != "" {
		return c.info.Error
	}
	return text
}

// describe fills in what all flows of the connection have in common.
func (c *connection) describe(f *telltale.Flow) {
	f.Sensor, f.Conn, f.Process = c.v.cfg.Sensor, id(c.info), c.info.Process.Name
	f.Server, f.Certificate = c.info.Server, c.v.shown.of(c.info.TLS)
	if f.Visibility == "" {
		f.Visibility = telltale.Clear
	}
	if c.info.Src.Addr().IsValid() {
		f.Client = c.info.Src.String()
	}
	if f.Server == "" && c.info.Dst.Addr().IsValid() {
		f.Server = c.info.Dst.String()
	}
	if f.Host == "" {
		f.Host = c.host()
	}
	if f.Port == 0 {
		f.Port = int(c.info.Dst.Port())
	}
}

// host is the name that was asked for, or the address.
func (c *connection) host() string {
	switch {
	case c.info.Host != "":
		return strings.ToLower(strings.TrimSuffix(c.info.Host, "."))
	case c.info.Dst.Addr().IsValid():
		return c.info.Dst.Addr().String()
	}
	return ""
}
