package tlsdecrypt

import (
	"crypto/tls"
	"fmt"
	"time"
)

const (
	// maxHeld bounds what waits in a direction until the keys can be derived.
	maxHeld = 256 << 10
	// maxEarly bounds the early data that waits until the server took it.
	maxEarly = 1 << 20
	// maxMessage bounds one handshake message.
	maxMessage = 1 << 20
	// maxTrials bounds the octets that are opened in vain.
	maxTrials = 16 << 20
	// allTrials bounds those of all connections of a key log.
	allTrials = 4 << 30
	// trialCost is what a trial counts besides its octets.
	trialCost = 256
	// maxNotes bounds what is said.
	maxNotes = 20
)

// Sink takes the plaintext. out is from the client; b is valid until Plain
// returns.
type Sink interface {
	Plain(out bool, at time.Time, b []byte)
	// Gap says that octets are missing here; how many is not known.
	Gap(out bool, at time.Time)
}

// Status is whether a connection can be opened.
type Status int

// The states.
const (
	// Waiting: the hellos are not complete.
	Waiting Status = iota
	// Openable: there are keys for it.
	Openable
	// NoKeys: no key log has its secrets.
	NoKeys
	// NoHello: the capture began later than the connection, or it is no TLS.
	NoHello
	// Unknown: its version or cipher suite is not known here.
	Unknown
)

// Info is what is known of a connection. Slices must not be changed.
type Info struct {
	// Version as in "1.3"; empty if the server's hello was not seen.
	Version string
	// Suite by its name.
	Suite string
	// ServerName that the client asked for, ALPN that was agreed on.
	ServerName, ALPN string
	// Certificates of the server, leaf first, DER, where they could be read.
	Certificates [][]byte
	// Opened records, and those that could not be.
	Opened, Failed int
	// Refused is the alert by which the client ended the handshake, as with a
	// certificate that it does not trust.
	Refused string
	// ClientDone and ServerDone: a side said that it had said everything.
	ClientDone, ServerDone bool
	// Notes say what was missing or could not be opened.
	Notes []string
}

// Conn is one connection on its way. It is used from one goroutine.
type Conn struct {
	keys           *Keys
	sink           Sink
	status         Status
	h              hellos
	of             secrets
	suite          suite
	v13            bool
	client, server half
	// waiting for the server's word on early data
	early     []chunk
	earlySize int
	earlyWord word
	drained   bool
	budget    int
	certs     [][]byte
	refused   string
	notes     []string
	opened    int
	failed    int
}

// word is what became of early data.
type word byte

const (
	undecided word = iota
	accepted
	refused
)

// chunk is plaintext with its time.
type chunk struct {
	at time.Time
	b  []byte
}

// New begins a connection.
func New(keys *Keys, sink Sink) *Conn {
	if keys.tried > allTrials {
		return &Conn{keys: keys, sink: sink, budget: maxTrials >> 6, client: half{out: true}}
	}
	return &Conn{keys: keys, sink: sink, budget: maxTrials, client: half{out: true}}
}

// Status tells whether the connection can be opened, as far as is known.
func (c *Conn) Status() Status { return c.status }

// Data takes the next octets of a direction; out is from the client.
func (c *Conn) Data(out bool, at time.Time, b []byte) {
	h := c.half(out)
	if h.done {
		return
	}
	h.buf = append(h.buf, b...)
	c.records(h, at)
	if len(h.buf) == 0 && cap(h.buf) > 1<<16 {
		h.buf = nil
	}
	c.count(h)
}

// count adds up what the connections of a key log hold, and ends one that
// would hold too much.
func (c *Conn) count(h *half) {
	now := len(h.buf) + h.heldSize
	c.keys.inUse += now - h.counted
	h.counted = now
	if c.keys.inUse > maxInUse && !h.done {
		c.note("%s: given up: too many records wait", h)
		h.done, h.buf, h.held, h.heldSize = true, nil, nil, 0
		c.count(h)
	}
}

// Gap says that n octets of a direction are missing, 0 if it is not known
// how many.
func (c *Conn) Gap(out bool, n int) {
	h := c.half(out)
	if h.done {
		return
	}
	if out && !c.h.clientSeen && c.status == Waiting {
		c.status = NoHello
		c.note("the client's hello is missing")
	}
	h.buf, h.messages = h.buf[:0], nil
	h.searching, h.lost = true, true
	h.window = min(h.window+n/minRecord+2, maxWindow)
	if n == 0 {
		h.window = maxWindow
	}
	c.note("%s: octets are missing", h)
}

// End says that nothing more comes.
func (c *Conn) End() {
	for _, h := range []*half{&c.client, &c.server} {
		if h.searching && !h.done {
			c.search(h, h.at, true)
		}
	}
	if c.status == Waiting {
		c.guess()
	}
	if c.status == Waiting {
		c.status = NoHello
	}
	if c.earlyWord == undecided && len(c.early) > 0 {
		c.note("whether the server took the early data is not known")
		c.tookEarly()
	}
	for _, h := range []*half{&c.client, &c.server} {
		if len(h.buf) > 0 && !h.done && c.status == Openable {
			c.note("%s: the last record is not whole", h)
		}
		h.done, h.buf, h.held, h.heldSize = true, nil, nil, 0
		c.count(h)
	}
}

// Info tells what is known so far.
func (c *Conn) Info() Info {
	i := Info{
		ServerName: c.h.serverName, ALPN: c.h.alpn, Certificates: c.certs,
		Opened: c.opened, Failed: c.failed, Refused: c.refused, Notes: c.notes,
		ClientDone: c.client.goodbye, ServerDone: c.server.goodbye,
	}
	if c.h.serverSeen {
		i.Version = versionName(c.h.version)
		i.Suite = tls.CipherSuiteName(c.h.suite)
	}
	return i
}

func versionName(v uint16) string {
	switch {
	case v >= version10 && v <= version13:
		return fmt.Sprintf("1.%d", v-version10)
	case v == 0x0300:
		return "SSL 3.0"
	}
	return fmt.Sprintf("%#04x", v)
}

func (c *Conn) half(out bool) *half {
	if out {
		return &c.client
	}
	return &c.server
}

func (c *Conn) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, n := range c.notes {
		if n == text {
			return
		}
	}
	if len(c.notes) < maxNotes {
		c.notes = append(c.notes, text)
	}
}
