package http1

import (
	"example.org/telltale/internal/flow"
)

const notRequest = "what the app sent is not an HTTP request"

func (s *Splitter) requests(b []byte) {
	for len(b) > 0 {
		switch s.out.state {
		case inHead:
			b = s.requestHead(b)
		case inBody:
			b = s.requestBody(b)
		case onHold:
			b = s.hold(b)
		case isRaw:
			s.raw(s.out.x, true, b, "")
			return
		}
	}
}

// requestHead takes what belongs to a head and returns the rest.
func (s *Splitter) requestHead(b []byte) []byte {
	d := &s.out
	n, found := d.ends.find(b)
	head, rest := b[:n], b[n:]
	if len(d.held) > 0 || !found {
		d.held = append(d.held, head...)
		head = d.held
	}
	if d.ends.state != atLead && d.x == nil {
		d.x = s.begin(true)
	}
	request, sure := looksLike(head)
	switch {
	case len(head) > s.limits.Head, len(s.waiting) >= s.limits.Pipeline, !request && (sure || found):
		s.noRequest(head)
	case found:
		s.request(head)
	}
	return rest
}

// noRequest gives up on the direction: what comes is not told apart.
func (s *Splitter) noRequest(b []byte) {
	d := &s.out
	if d.x == nil {
		d.x = s.begin(true)
	}
	d.state, d.held = isRaw, nil
	d.x.raw = true
	s.await(d.x)
	s.raw(d.x, true, b, notRequest)
	s.late()
}

// request has a whole head.
func (s *Splitter) request(raw []byte) {
	d := &s.out
	x := d.x
	d.held, d.ends = nil, headEnd{}
	h := flow.ParseRequest(raw)
	framing := flow.RequestFraming(h)
	if framing.Kind == flow.BodyClose {
		framing.Kind = flow.BodyNone // a request cannot end by closing
	}
	d.scan = flow.NewScanner(framing)
	x.method = h.Method
	x.asks = h.Method == "CONNECT" || h.Get("Upgrade") != "" && h.HasToken("Connection", "upgrade")
	x.expects = h.HasToken("Expect", "100-continue") && !d.scan.Done()
	s.await(x)
	s.emit(flow.Event{Kind: flow.EventHead, Exchange: x.id, Out: true, Bytes: raw, Head: &h})
	if d.state = inBody; d.scan.Done() {
		s.requestEnd()
	}
	s.late()
}

func (s *Splitter) await(x *exchange) { s.waiting = append(s.waiting, x) }

// late reads what came of an answer before its request did.
func (s *Splitter) late() {
	if early := s.in.held; len(s.waiting) == 1 && s.in.state == inHead && s.in.x == nil && len(early) > 0 {
		s.in.held = nil
		s.answers(early)
	}
}

func (s *Splitter) requestBody(b []byte) []byte {
	d := &s.out
	if d.doubt {
		return s.doubtful(b)
	}
	n := d.scan.Scan(b)
	d.x.body = true
	s.emit(flow.Event{Kind: flow.EventBody, Exchange: d.x.id, Out: true, Bytes: b[:n]})
	if d.scan.Done() {
		s.requestEnd()
	}
	return b[n:]
}

// doubtful looks whether the body still comes of a request that wanted to be
// told to go on, and was answered instead.
func (s *Splitter) doubtful(b []byte) []byte {
	d := &s.out
	d.held = append(d.held, b...)
	request, sure := looksLike(d.held)
	if !sure && len(d.held) < s.limits.Early {
		return nil
	}
	b, d.held, d.doubt = d.held, nil, false
	if request && sure {
		s.requestEnd()
	}
	return b
}

func (s *Splitter) requestEnd() {
	d := &s.out
	x := d.x
	if d.state = inHead; x.asks {
		d.state = onHold
	} else {
		d.x = nil
	}
	s.ended(x, true)
}

// hold keeps what follows a request that asks for another protocol, until
// the answer comes. When it is too much, the app cannot be waiting for one.
func (s *Splitter) hold(b []byte) []byte {
	d := &s.out
	d.held = append(d.held, b...)
	if len(d.held) <= s.limits.Early {
		return nil
	}
	return s.resume()
}

// resume goes on with requests and returns what was held.
func (s *Splitter) resume() []byte {
	d := &s.out
	held := d.held
	d.state, d.held, d.x = inHead, nil, nil
	return held
}
