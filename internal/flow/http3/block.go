package http3

import (
	"maps"
	"slices"

	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/flow/headtext"
)

// fill takes instructions for the table of what an end sends, and reads the
// blocks that have waited for them.
func (c *Conn) fill(w *way, b []byte) {
	table := c.side(w.out).table
	if err := table.Octets(b); err != nil {
		c.giveUp(w, "the table of header lines cannot be followed: "+err.Error())
		c.raw(w.out, b, "")
	}
	stopped := c.side(w.out).stopped
	for _, id := range slices.Sorted(maps.Keys(stopped)) {
		one := stopped[id]
		if need, err := table.Needs(content(one.frame.kind, one.block)); err == nil && need > table.Inserted() {
			continue
		}
		block, later := one.block, one.later
		c.unblock(one)
		c.read(one, one.frame.kind, block)
		c.feed(one, later)
		if one.ended && !one.blocked {
			c.end(one, one.why)
		}
	}
}

// unblock lets a direction go on.
func (c *Conn) unblock(w *way) {
	c.waiting -= len(w.block) + len(w.later)
	w.blocked, w.block, w.later = false, nil, nil
	delete(c.side(w.out).stopped, w.s.id)
}

// queue keeps what came behind a block that waits.
func (c *Conn) queue(w *way, b []byte) {
	if c.waiting+len(b) > c.limits.Waiting {
		c.giveUp(w, "too much waits for the table of header lines")
		c.letPass(w, b)
		return
	}
	c.waiting += len(b)
	w.later = append(w.later, b...)
}

// content is the header block in the payload of a frame.
func content(kind uint64, payload []byte) []byte {
	if kind == kindPush {
		_, payload, _ = varint(payload)
	}
	return payload
}

// block has the payload of a frame with a header block. One that refers to
// what has not come yet waits.
func (c *Conn) block(w *way, kind uint64, payload []byte) {
	table := c.side(w.out).table
	need, err := table.Needs(content(kind, payload))
	if err != nil || need <= table.Inserted() {
		c.read(w, kind, payload)
		return
	}
	if c.waiting+len(payload) > c.limits.Waiting {
		w.held = payload
		c.giveUp(w, "too much waits for the table of header lines")
		return
	}
	c.waiting += len(payload)
	w.blocked, w.block, w.frame.kind = true, slices.Clone(payload), kind
	c.side(w.out).stopped[w.s.id] = w
}

// read reads a header block.
func (c *Conn) read(w *way, kind uint64, payload []byte) {
	f := headtext.Fields{Limit: c.limits.Head, Version: "HTTP/3"}
	b := content(kind, payload)
	if err := c.side(w.out).table.Read(b, f.Add); err != nil {
		c.raw(w.out, b, "a header block cannot be read whole: "+err.Error())
	} else if f.TooLong() {
		c.raw(w.out, b, "a head is too long as text")
	}
	if kind == kindPush {
		c.promise(w, payload, &f)
		return
	}
	c.head(w, &f)
}

// head knows what a list of header lines is for.
func (c *Conn) head(w *way, f *headtext.Fields) {
	x := w.s.x
	switch {
	case w.out && !x.asked:
		x.asked = true
		x.connect = f.Wants()
		c.emitHead(x, true, true, f)
	case !w.out && !x.answered:
		h := c.emitHead(x, false, false, f)
		x.answered = h.Status/100 != 1
		if x.connect != "" && h.Status/100 == 2 {
			c.upgrade(x, x.connect)
		}
	default:
		c.emit(flow.Event{Kind: flow.EventTrailer, Exchange: x.id, Out: w.out, Bytes: f.Trailer()})
	}
}

// promise begins the exchange of a request that the app did not make.
func (c *Conn) promise(w *way, payload []byte, f *headtext.Fields) {
	n, _, ok := varint(payload)
	if !ok || c.pushes[n] != nil || len(c.pushes) >= c.limits.Streams {
		c.raw(w.out, f.Text(true), "") // it may be promised more than once
		return
	}
	x := c.begin(promised(n), false)
	x.asked, x.outEnd = true, true
	c.pushes[n] = x
	c.emitHead(x, false, true, f)
}

func (c *Conn) emitHead(x *exchange, out, request bool, f *headtext.Fields) flow.Head {
	raw := f.Text(request)
	parse := flow.ParseResponse
	if request {
		parse = flow.ParseRequest
	}
	head := parse(raw)
	c.emit(flow.Event{Kind: flow.EventHead, Exchange: x.id, Out: out, Bytes: raw, Head: &head})
	return head
}

// upgrade says that an exchange carries another protocol from here on.
func (c *Conn) upgrade(x *exchange, proto string) {
	x.upgraded = true
	c.emit(flow.Event{Kind: flow.EventUpgrade, Exchange: x.id, Text: proto})
}
