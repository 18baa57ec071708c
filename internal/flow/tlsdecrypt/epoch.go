package tlsdecrypt

import "time"

// stage is a part of a TLS 1.3 connection with keys of its own.
type stage byte

const (
	stageEarly stage = iota + 1
	stageHandshake
	stageApplication
	stage12 // all of TLS 1.2
)

// epoch is a stretch of one direction under the same keys.
type epoch struct {
	stage  stage
	secret []byte
	// openers that may fit: more than one only if the suite is not known.
	openers []opener
	seq     uint64
}

// begin13 sets the first epochs of TLS 1.3.
func (c *Conn) begin13() {
	first := stageHandshake
	if c.h.earlyOffered && c.of[labelEarly] != nil {
		first = stageEarly
	}
	c.client.epoch, c.server.epoch = c.epoch13(true, first), c.epoch13(false, stageHandshake)
}

func (c *Conn) epoch13(out bool, s stage) *epoch {
	var label string
	switch {
	case s == stageEarly:
		label = labelEarly
	case s == stageHandshake && out:
		label = labelClientHS
	case s == stageHandshake:
		label = labelServerHS
	case out:
		label = labelClientApp
	default:
		label = labelServerApp
	}
	return c.newEpoch(s, c.of[label])
}

// newEpoch makes the openers of a secret. Early data may be under another
// suite than the one that was then agreed on.
func (c *Conn) newEpoch(s stage, secret []byte) *epoch {
	e := &epoch{stage: s, secret: secret}
	suites := []suite{c.suite}
	if s == stageEarly || c.suite.kind == 0 {
		suites = nil
		for id := uint16(0x1301); id <= 0x1305; id++ {
			one, _ := suiteOf(id)
			suites = append(suites, one)
		}
	}
	for _, one := range suites {
		if o := opener13(one, secret); o != nil {
			e.openers = append(e.openers, o)
		}
	}
	return e
}

// after is the epoch that follows one; nil if none can.
func (c *Conn) after(h *half, e *epoch) *epoch {
	if e == nil {
		if h.pending != nil {
			return &epoch{stage: stage12, openers: []opener{h.pending}}
		}
		return nil
	}
	switch e.stage {
	case stageEarly:
		return c.epoch13(true, stageHandshake)
	case stageHandshake:
		return c.epoch13(h.out, stageApplication)
	case stageApplication:
		if c.suite.prf == nil || len(e.secret) == 0 {
			return nil
		}
		return c.newEpoch(stageApplication, expandLabel(c.suite.prf, e.secret, "traffic upd", c.suite.prf().Size()))
	case stage12:
		if h.pending != nil { // renegotiated, and the change was lost
			return &epoch{stage: stage12, openers: []opener{h.pending}}
		}
	}
	return nil
}

// fits reports whether a record behind a gap can be opened; nothing changes.
func (c *Conn) fits(h *half, r record) bool {
	if r.kind == recordCCS && len(r.body) == 1 {
		return true
	}
	for e, hops := h.epoch, 0; hops < 4; e, hops = c.after(h, e), hops+1 {
		if e != nil {
			if _, _, ok := c.try(h, e, r); ok {
				return true
			}
		} else if hops > 0 {
			break
		}
	}
	return false
}

// open opens a record under the epoch of its direction, or the next ones if
// it does not fit: a record between may have been lost.
func (c *Conn) open(h *half, r record) ([]byte, bool) {
	for e, hops := h.epoch, 0; hops < 4; e, hops = c.after(h, e), hops+1 {
		if e == nil && hops > 0 {
			break
		}
		if e == nil {
			continue
		}
		b, seq, ok := c.try(h, e, r)
		if !ok {
			continue
		}
		if e != h.epoch {
			c.enter(h, e)
		}
		e.seq = seq + 1
		h.lost, h.window = false, 0
		c.opened++
		c.budget = min(c.budget+len(r.body), maxTrials)
		return b, true
	}
	c.failed++
	h.lost, h.window = true, min(h.window+1, maxWindow)
	c.giveUp(h)
	return nil, false
}

// try opens a record with the openers and sequence numbers that may fit.
func (c *Conn) try(h *half, e *epoch, r record) (b []byte, seq uint64, ok bool) {
	window := 0
	if h.lost {
		window = h.window
	}
	for i := 0; i <= window; i++ {
		for n, o := range e.openers {
			b, ok = o.open(c.keys.scratch[:0], e.seq+uint64(i), r)
			if ok {
				c.keys.scratch = b
				e.openers = e.openers[n : n+1]
				return b, e.seq + uint64(i), true
			}
			c.keys.tried += int64(len(r.body) + trialCost)
			if c.budget -= len(r.body) + trialCost; c.budget < 0 {
				return nil, 0, false
			}
		}
	}
	return nil, 0, false
}

// giveUp ends a direction in which too much was tried in vain.
func (c *Conn) giveUp(h *half) {
	if c.budget < 0 {
		c.note("%s: given up: too much could not be opened", h)
		h.done = true
	}
}

// enter moves a direction on to its next epoch.
func (c *Conn) enter(h *half, e *epoch) {
	if h.epoch != nil && h.epoch.stage == stageEarly && c.earlyWord == undecided {
		c.refusedEarly()
	}
	if e.stage == stage12 {
		h.pending = nil
	}
	h.epoch, h.messages = e, nil
}

// earlyData takes plaintext of early data, of which the server may want none.
func (c *Conn) earlyData(at time.Time, b []byte) {
	switch c.earlyWord {
	case accepted:
		c.sink.Plain(true, at, b)
	case undecided:
		c.early = append(c.early, chunk{at, append([]byte(nil), b...)})
		if c.earlySize += len(b) + 64; c.earlySize > maxEarly || c.keys.inUse+c.earlySize > maxInUse {
			c.tookEarly()
		}
	}
}

func (c *Conn) tookEarly() {
	c.earlyWord = accepted
	for _, one := range c.early {
		c.sink.Plain(true, one.at, one.b)
	}
	c.early = nil
}

func (c *Conn) refusedEarly() {
	n := 0
	for _, one := range c.early {
		n += len(one.b)
	}
	c.earlyWord, c.early = refused, nil
	if n > 0 {
		c.note("%d octets of early data were refused by the server; the client sends such again", n)
	}
}
