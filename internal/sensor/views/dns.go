package views

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// dnsReader makes one flow of a query and its answer (RFC 1035). A query
// without an answer does not count as in progress: nobody may ever answer.
type dnsReader struct {
	c *connection
	// stream: messages come with their length before them, over TCP.
	stream bool
	held   map[bool][]byte
	asked  map[uint16]*query
	last   int
	// whole has its answer; it is recorded when something else comes, or
	// nothing: it may still become known what went wrong.
	whole *parts
}

// query waits for its answer.
type query struct {
	*parts
	number int
}

// mostQueries is how many queries may wait for their answers.
const mostQueries = 256

func (d *dnsReader) octets(out bool, b []byte) {
	if !d.stream {
		d.message(out, b)
		return
	}
	if d.held == nil {
		d.held = map[bool][]byte{}
	}
	held := append(d.held[out], b...)
	for len(held) >= 2 && len(held)-2 >= int(binary.BigEndian.Uint16(held)) {
		size := int(binary.BigEndian.Uint16(held))
		d.message(out, held[2:2+size])
		held = held[2+size:]
	}
	d.held[out] = slices.Clone(held)
}

// message has a whole query or answer.
func (d *dnsReader) message(out bool, b []byte) {
	var p dnsmessage.Parser
	h, err := p.Start(b)
	name := ""
	if question, bad := p.Question(); err == nil && bad == nil {
		name = strings.ToLower(strings.TrimSuffix(question.Name.String(), "."))
	}
	if d.asked == nil {
		d.asked = map[uint16]*query{}
	}
	if q := d.asked[h.ID]; q != nil && !out && err == nil {
		q.message(false, b)
		d.settle(q.parts)
		delete(d.asked, h.ID)
		return
	}
	q := &query{parts: d.c.begin("dns")}
	q.flow.Host = name
	q.message(out, b)
	switch {
	case err != nil:
		q.fail("the message cannot be read: " + err.Error())
		d.settle(q.parts)
		return
	case !out:
		d.settle(q.parts)
		return
	case d.asked[h.ID] != nil: // the same number, asked again
		d.record(h.ID)
	case len(d.asked) >= mostQueries:
		d.record(d.order()[0])
	}
	d.last++
	q.number = d.last
	d.asked[h.ID] = q
}

// settle holds a flow that is whole, and records the one before.
func (d *dnsReader) settle(p *parts) {
	if d.whole != nil {
		d.whole.record()
	}
	d.whole = p
}

func (d *dnsReader) record(id uint16) {
	d.asked[id].record()
	delete(d.asked, id)
}

// order is the queries that wait, the oldest first.
func (d *dnsReader) order() []uint16 {
	return slices.SortedFunc(maps.Keys(d.asked), func(a, b uint16) int {
		return d.asked[a].number - d.asked[b].number
	})
}

func (d *dnsReader) flush() {
	d.settle(nil)
	for _, id := range d.order() {
		d.record(id)
	}
}

func (d *dnsReader) close() {
	if d.whole != nil {
		d.whole.fail(d.c.why(""))
	}
	d.settle(nil)
	for _, id := range d.order() {
		d.asked[id].fail(d.c.why(""))
		d.record(id)
	}
	for _, out := range []bool{true, false} {
		if torn := d.held[out]; len(torn) > 0 {
			p := d.c.begin("dns")
			p.message(out, torn)
			p.fail(d.c.why("the connection ended inside a message"))
			p.record()
		}
	}
	d.held = nil
}
