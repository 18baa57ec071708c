package tlsdecrypt

import (
	"crypto/aes"
	"encoding/binary"
	"time"
)

// Types of records.
const (
	recordCCS       = 20
	recordAlert     = 21
	recordHandshake = 22
	recordData      = 23
	recordHeartbeat = 24

	recordHead = 5
	// maxRecord is the most that a record may hold, with what old suites add.
	maxRecord = 1<<14 + 2048
	// minRecord is what the shortest encrypted record takes.
	minRecord = recordHead + 17
	// maxWindow bounds the sequence numbers that are tried behind a gap.
	maxWindow = 4096
)

// half is one direction.
type half struct {
	out bool
	buf []byte // a record that is not whole
	at  time.Time
	// searching: octets were lost, and where a record begins is not known.
	searching bool
	// lost: records were lost, window is how many at most.
	lost   bool
	window int
	// messages are handshake messages that are not whole.
	messages []byte
	hello    bool // its hello was read
	epoch    *epoch
	pending  opener // of TLS 1.2: used after ChangeCipherSpec
	held     []heldRecord
	heldSize int
	counted  int  // of Keys.inUse
	done     bool // nothing more can be read
	goodbye  bool // it said that nothing more comes
}

func (h *half) String() string {
	if h.out {
		return "client"
	}
	return "server"
}

type heldRecord struct {
	at time.Time
	r  record
}

// records takes the whole records off the buffer.
func (c *Conn) records(h *half, at time.Time) {
	h.at = at
	used := 0
	for !h.done {
		if h.searching {
			h.buf = append(h.buf[:0], h.buf[used:]...)
			used = 0
			if !c.search(h, at, false) {
				return
			}
			continue
		}
		r, n, ok := parse(h.buf[used:])
		if !ok {
			c.garbage(h)
			return
		}
		if n == 0 {
			break
		}
		used += n
		c.record(h, at, r)
	}
	if h.done {
		h.buf = nil
		return
	}
	h.buf = append(h.buf[:0], h.buf[used:]...)
}

// parse reads the record at the begin of b. n is 0 if it is not whole; ok is
// false if it is none.
func parse(b []byte) (r record, n int, ok bool) {
	if len(b) < recordHead {
		return r, 0, len(b) == 0 || b[0] >= recordCCS && b[0] <= recordHeartbeat
	}
	r = record{kind: b[0], version: binary.BigEndian.Uint16(b[1:])}
	size := int(binary.BigEndian.Uint16(b[3:]))
	if r.kind < recordCCS || r.kind > recordHeartbeat || r.version>>8 != 3 || r.version > version13 || size > maxRecord {
		return r, 0, false
	}
	if len(b) < recordHead+size {
		return r, 0, true
	}
	r.body = b[recordHead : recordHead+size]
	return r, recordHead + size, true
}

// garbage is met when no record stands where one must.
func (c *Conn) garbage(h *half) {
	if !h.hello && c.status == Waiting {
		c.status = NoHello
		h.done = true
		return
	}
	c.note("%s: something that is no record", h)
	h.searching, h.lost, h.window = true, true, min(h.window+64, maxWindow)
	h.messages = nil
	if c.status != Openable {
		h.done = true
		return
	}
	h.buf = h.buf[1:]
	c.search(h, h.at, false)
}

// search looks for a record that can be opened, and leaves it to be read; it
// reports whether the search is over. At the end of the stream a record that
// stands alone is believed too.
func (c *Conn) search(h *half, at time.Time, last bool) bool {
	from := 0
	if c.giveUp(h); h.done {
		return false
	}
	for ; from+recordHead <= len(h.buf); from++ {
		r, n, ok := parse(h.buf[from:])
		if !ok || len(r.body) == 0 && n > 0 {
			continue
		}
		if n == 0 {
			if len(h.buf)-from > recordHead+maxRecord || last {
				continue
			}
			break // more is needed to tell
		}
		if c.status != Openable || h.epoch == nil && h.pending == nil {
			// Without keys only what stands before another record, or at the
			// end of what there is, is believed.
			if next, _, ok := parse(h.buf[from+n:]); !ok || len(h.buf) > from+n+recordHead && next.version != r.version {
				continue
			}
		} else if c.behind(h, h.buf[:from]); !c.fits(h, r) {
			continue
		}
		h.buf = append(h.buf[:0], h.buf[from:]...)
		h.searching = false
		c.sinkGap(h, at)
		return true
	}
	from = max(0, from-aes.BlockSize) // a record may need what stands before it
	h.buf = append(h.buf[:0], h.buf[min(from, len(h.buf)):]...)
	return false
}

// behind tells the openers what stands before the record that is tried.
func (c *Conn) behind(h *half, b []byte) {
	if h.epoch == nil {
		return
	}
	for _, o := range h.epoch.openers {
		if chained, ok := o.(*cbc); ok {
			chained.behind(b)
		}
	}
}

// sinkGap tells of lost octets once plaintext has begun.
func (c *Conn) sinkGap(h *half, at time.Time) {
	if c.status == Openable {
		c.sink.Gap(h.out, at)
	}
}

// record takes one record in.
func (c *Conn) record(h *half, at time.Time, r record) {
	if h.hello && !c.ready() {
		c.hold(h, at, r)
		return
	}
	c.use(h, at, r)
	if c.ready() && !c.drained {
		c.drained = true
		c.drain(&c.client)
		c.drain(&c.server)
	}
}

func (c *Conn) ready() bool { return c.h.clientSeen && c.h.serverSeen }

// hold keeps a record until the other side's hello has come.
func (c *Conn) hold(h *half, at time.Time, r record) {
	if c.status == NoKeys {
		return
	}
	r.body = append([]byte(nil), r.body...)
	h.held = append(h.held, heldRecord{at, r})
	if h.heldSize += len(r.body) + 64; h.heldSize > maxHeld {
		c.guess()
		if !c.ready() {
			c.status = NoHello
			c.client.done, c.server.done = true, true
			c.client.held, c.server.held = nil, nil
		}
	}
}

func (c *Conn) drain(h *half) {
	held := h.held
	h.held, h.heldSize = nil, 0
	for _, one := range held {
		c.use(h, one.at, one.r)
	}
}
