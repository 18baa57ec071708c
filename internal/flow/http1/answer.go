package http1

import (
	"bytes"

	"example.org/telltale/internal/flow"
)

const notAnswer = "the server's answer is not HTTP/1"

func (s *Splitter) answers(b []byte) {
	for len(b) > 0 {
		switch {
		case s.in.state == isRaw:
			s.raw(s.in.x, false, b, "")
			return
		case s.in.state == inBody:
			b = s.answerBody(b)
		case len(s.waiting) == 0:
			s.early(b)
			return
		case s.waiting[0].raw:
			s.in.state, s.in.x = isRaw, s.waiting[0]
		default:
			b = s.answerHead(b)
		}
	}
}

// early holds what comes before a request has.
func (s *Splitter) early(b []byte) {
	d := &s.in
	if d.held = append(d.held, b...); len(d.held) > s.limits.Early {
		s.unasked()
		d.state = isRaw
	}
}

// unasked lets out what nobody asked for. If the app was about to ask, it
// belongs to that.
func (s *Splitter) unasked() {
	d := &s.in
	if d.x = s.out.x; d.x == nil || s.out.state != inHead {
		d.x = s.begin(false)
		d.x.asked, d.x.answered, d.x.note = true, true, "the server spoke without being asked"
	}
	s.raw(d.x, false, d.held, "")
	d.held = nil
}

// answerLeft lets out what was held of an answer at the connection's end.
func (s *Splitter) answerLeft() {
	d := &s.in
	switch {
	case len(d.held) == 0:
	case len(s.waiting) == 0:
		s.unasked()
	default:
		s.leftover(d, false)
	}
}

// answerHead takes what belongs to a head and returns the rest.
func (s *Splitter) answerHead(b []byte) []byte {
	d := &s.in
	d.x = s.waiting[0]
	n, found := d.ends.find(b)
	head, rest := b[:n], b[n:]
	if len(d.held) > 0 || !found {
		d.held = append(d.held, head...)
		head = d.held
	}
	const sign = "HTTP/"
	begin := bytes.TrimLeft(head[:min(len(head), 512)], "\r\n")
	switch {
	case len(head) > s.limits.Head, !bytes.HasPrefix(begin, []byte(sign)[:min(len(begin), len(sign))]), found && len(begin) < len(sign):
		s.noAnswer(head)
	case found:
		s.answer(head)
	}
	return rest
}

// noAnswer gives up on the direction: what comes belongs to this exchange.
func (s *Splitter) noAnswer(b []byte) {
	d := &s.in
	d.state, d.held = isRaw, nil
	d.x.note = notAnswer
	s.raw(d.x, false, b, notAnswer)
}

// answer has a whole head.
func (s *Splitter) answer(raw []byte) {
	d := &s.in
	x := d.x
	d.held, d.ends = nil, headEnd{}
	h := flow.ParseResponse(raw)
	s.emit(flow.Event{Kind: flow.EventHead, Exchange: x.id, Bytes: raw, Head: &h})
	switch {
	case h.Status == 101, x.method == "CONNECT" && h.Status/100 == 2:
		s.upgrade(x, &h)
		return
	case h.Status/100 == 1:
		x.expects = false
		return
	}
	d.scan = flow.NewScanner(flow.ResponseFraming(h, x.method))
	d.state = inBody
	s.settle(x)
	if d.scan.Done() {
		s.answerEnd()
	}
}

// settle tells the app's side that the answer to x is a final one.
func (s *Splitter) settle(x *exchange) {
	x.asks = false
	switch {
	case s.out.x != x:
	case s.out.state == onHold:
		s.requests(s.resume())
	case s.out.state == inBody && x.expects && !x.body:
		s.out.doubt = true
	}
}

func (s *Splitter) answerBody(b []byte) []byte {
	d := &s.in
	n := d.scan.Scan(b)
	s.emit(flow.Event{Kind: flow.EventBody, Exchange: d.x.id, Bytes: b[:n]})
	if d.scan.Done() {
		s.answerEnd()
	}
	return b[n:]
}

func (s *Splitter) answerEnd() {
	d := &s.in
	x := d.x
	d.state, d.x = inHead, nil
	s.ended(x, false)
}

// upgrade leaves HTTP behind, in the app's direction too unless it is in the
// middle of something else.
func (s *Splitter) upgrade(x *exchange, h *flow.Head) {
	s.in.state = isRaw
	s.waiting = s.waiting[1:]
	proto := upgradeOf(h)
	if h.Status != 101 {
		proto = "connect"
	}
	s.emit(flow.Event{Kind: flow.EventUpgrade, Exchange: x.id, Text: proto})
	x.answered = true
	if d := &s.out; d.x == x || d.x == nil {
		held := d.held
		d.state, d.held, d.x, x.asked = isRaw, nil, x, true
		s.raw(x, true, held, "")
	}
}
