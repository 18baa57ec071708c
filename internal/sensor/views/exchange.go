package views

import (
	"cmp"
	"maps"
	"slices"

	"example.org/telltale/internal/flow"
)

// exchange is a request with its answer under way.
type exchange struct {
	c     *connection
	order uint64
	p     *parts // nil if all there was has been recorded
	// now is the message that is going on in a direction.
	now map[bool]*part
	// loose are those of them that were recorded before their end.
	loose  map[bool]*loose
	host   string
	port   int
	answer flow.Head
	// asked: the request has ended; answered: the head of the answer came.
	asked, answered bool
	// streaming: the answer may never end.
	streaming bool
	// counted: it counts as in progress.
	counted bool
	// sub reads what follows an upgrade.
	sub reader
}

func newExchange(c *connection, order uint64) *exchange {
	x := &exchange{c: c, order: order, now: map[bool]*part{}}
	x.p = c.begin(c.http())
	return x
}

// sorted is the exchanges in the order in which they began.
func (h *http) sorted() []*exchange {
	return slices.SortedFunc(maps.Values(h.open), func(a, b *exchange) int { return cmp.Compare(a.order, b.order) })
}

// parts is the flow that is being made.
func (x *exchange) parts() *parts {
	if x.p == nil {
		x.p = x.c.begin(x.c.http())
	}
	return x.p
}

// count says whether the exchange is in progress.
func (x *exchange) count(yes bool) {
	switch {
	case yes && !x.counted:
		x.c.v.pending.begin()
	case !yes && x.counted:
		x.c.v.pending.end()
	}
	x.counted = yes
}

func (x *exchange) head(e flow.Event) {
	if request := e.Head.Method != "" || e.Head.Status == 0 && e.Out; request {
		x.place(*e.Head)
	} else if e.Head.Status/100 != 1 || e.Head.Status == 101 {
		x.answer, x.answered, x.streaming = *e.Head, true, streaming(*e.Head)
		// An answer to a request that is not over is one half of a dialogue.
		x.count(x.asked && !x.streaming)
	}
	x.now[e.Out] = x.parts().message(e.Out, e.Bytes)
}

// place is where a request goes. What the connection is known to be to counts
// for more than what the request says of itself.
func (x *exchange) place(h flow.Head) {
	if x.c.info.Host != "" {
		return
	}
	port := 80
	if x.c.secure() {
		port = 443
	}
	if own := int(x.c.info.Dst.Port()); own != 0 {
		port = own
	}
	if t := flow.ParseTarget(h.Target); t.Host != "" {
		x.host, x.port = t.Host, t.Port
		return
	}
	if h.Method == "CONNECT" {
		x.host, x.port = flow.SplitAuthority(h.Target, port)
		return
	}
	x.host, x.port = flow.SplitAuthority(h.Get("Host"), port)
}

func (x *exchange) body(out bool, b []byte) {
	p := x.parts()
	if x.now[out] == nil {
		x.now[out] = p.goOn(x.loose[out], out)
		delete(x.loose, out)
	}
	if x.now[out] == nil {
		x.now[out] = p.message(out, nil)
	}
	x.now[out].add(&x.c.v.held, b)
	x.now[out].last = x.c.at
}

func (x *exchange) ended(out bool) {
	if x.sub == nil && out {
		x.asked = true
		x.count(!x.answered || !x.streaming)
	}
}

// become leaves HTTP behind: the exchange is recorded, and what follows is
// read by itself.
func (x *exchange) become(r reader) {
	x.record()
	x.sub = r
}

func (x *exchange) raw(e flow.Event) {
	switch {
	case x.sub != nil:
		x.sub.octets(e.Out, e.Bytes)
		return
	case e.Text != "":
		x.parts().fail(e.Text)
	}
	if len(e.Bytes) > 0 {
		x.parts().turn(e.Out, e.Bytes)
	}
	x.count(false) // it may go on for ever
}

func (x *exchange) done(why string) {
	if x.sub != nil {
		x.sub.close()
		return
	}
	if x.p != nil && len(x.p.list) > 0 {
		if why != "" {
			x.p.fail(x.c.why(why))
		}
		x.record()
	}
	x.count(false)
}

// record gives the flow away.
func (x *exchange) record() {
	p := x.p
	x.p = nil
	clear(x.now)
	p.flow.Host, p.flow.Port = x.host, x.port
	p.record()
	x.count(false)
}

// loosen keeps what of the messages that go on is no whole one by itself.
func (x *exchange) loosen() {
	kind := contentType(x.answer)
	x.loose = map[bool]*loose{false: loosen(x.now[false]).unfinished(kind)}
	if !x.asked {
		x.loose[true] = loosen(x.now[true]).unfinished(kind)
	}
}

// flush records what there is, unless the exchange is in progress.
func (x *exchange) flush() {
	switch {
	case x.sub != nil:
		x.sub.flush()
	case !x.counted && x.p != nil && len(x.p.list) > 0:
		x.loosen()
		x.record()
	}
}
