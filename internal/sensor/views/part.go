package views

import (
	"time"

	"example.org/telltale"
)

// part is one message of a flow under way: the first octets of it, and how
// many there were.
type part struct {
	out bool
	// at is when it began, last when octets of it came last.
	at, last time.Time
	kept     []byte
	size     int64
	limit    int64
	// turn: what comes next in this direction belongs to it as well.
	turn bool
}

// add counts b and keeps what the limits allow.
func (p *part) add(from *pool, b []byte) {
	if int64(len(p.kept)) == p.size { // nothing was left out so far
		n := from.Take(min(int64(len(b)), max(p.limit-p.size, 0)))
		p.kept = append(p.kept, b[:n]...)
	}
	p.size += int64(len(b))
}

// parts are the messages of a flow under way.
type parts struct {
	c    *connection
	flow telltale.Flow
	list []*part
	// wire counts the octets out and in, where messages are not what passed.
	wire map[bool]int64
	// told counts those that another flow has counted, see goOn.
	told map[bool]int64
}

// begin opens a flow of the connection.
func (c *connection) begin(protocol string) *parts {
	return &parts{c: c, flow: telltale.Flow{Protocol: protocol, Start: c.at, Visibility: c.visibility}}
}

// message begins another message with b.
func (p *parts) message(out bool, b []byte) *part {
	one := &part{out: out, at: p.c.at, last: p.c.at, limit: p.c.v.cfg.Limits.Keep}
	one.add(&p.c.v.held, b)
	p.list = append(p.list, one)
	return one
}

// own adds a message whose octets were made for it, size of which there were.
func (p *parts) own(out bool, b []byte, size int64) {
	n := p.c.v.held.Take(int64(len(b)))
	p.list = append(p.list, &part{out: out, at: p.c.at, kept: b[:n], size: size})
}

// turn adds octets to the last message if they go the same way, else begins
// another. The limit holds for all of them together.
func (p *parts) turn(out bool, b []byte) {
	if n := len(p.list); n > 0 && p.list[n-1].turn && p.list[n-1].out == out {
		p.list[n-1].add(&p.c.v.held, b)
		p.list[n-1].last = p.c.at
		return
	}
	kept := p.kept()
	one := p.message(out, nil)
	one.turn = true
	one.limit = max(one.limit-kept, 0)
	one.add(&p.c.v.held, b)
}

func (p *parts) kept() int64 {
	var n int64
	for _, one := range p.list {
		n += int64(len(one.kept))
	}
	return n
}

// fail notes what went wrong; the first reason counts.
func (p *parts) fail(why string) {
	if p.flow.Error == "" {
		p.flow.Error = why
	}
}

// record gives the flow away. Nothing may be added to it any more.
func (p *parts) record() {
	f := &p.flow
	p.c.describe(f)
	f.End = p.c.at
	for _, one := range p.list {
		if one.out {
			f.BytesOut += one.size
		} else {
			f.BytesIn += one.size
		}
	}
	f.BytesOut, f.BytesIn = f.BytesOut-p.told[true], f.BytesIn-p.told[false]
	if p.wire != nil {
		f.BytesOut, f.BytesIn = p.wire[true], p.wire[false]
	}
	p.c.flows++
	v, list := p.c.v, p.list
	v.queue.add(job{flow: *f, parts: list, done: func() {
		for _, one := range list {
			v.held.Give(int64(len(one.kept)))
		}
	}})
}
