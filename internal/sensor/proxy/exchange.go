package proxy

import (
	"fmt"
	"sync"
	"time"

	"example.org/telltale"
)

// exchange is a flow while it happens.
type exchange struct {
	p    *Proxy
	flow telltale.Flow
	// end takes the exchange off the pending ones; harmless when repeated.
	end   func()
	owner func() string // the process, as soon as it is known

	mu    sync.Mutex
	parts []*part
}

// part is one message of the exchange. The body may be shared between parts
// that carry the same bytes on the two legs.
type part struct {
	leg  telltale.Leg
	out  bool
	at   time.Time
	head []byte
	body *body
}

// body counts the bytes of a stream and keeps the first of them.
type body struct {
	pool  *pool
	limit int64
	kept  []byte
	size  int64
}

// add counts b and keeps what the limits allow. It has one caller at a time.
func (b *body) add(more []byte) {
	if int64(len(b.kept)) == b.size { // nothing was left out so far
		n := min(int64(len(more)), max(b.limit-b.size, 0))
		b.kept = append(b.kept, more[:b.pool.take(n)]...)
	}
	b.size += int64(len(more))
}

// begin opens an exchange of the session.
func (s *session) begin() *exchange {
	end := s.p.pending.begin()
	s.carried()
	return &exchange{
		p: s.p, end: end, owner: s.owner,
		flow: telltale.Flow{
			Sensor: Name, Conn: s.id, Client: s.client,
			Protocol: s.protocol, Visibility: s.visibility, Start: s.p.cfg.Clock(),
		},
	}
}

// reopen makes the exchange pending again, without a gap if it still was.
func (x *exchange) reopen() {
	before := x.end
	x.end = x.p.pending.begin()
	before()
}

// body returns an empty body for the exchange.
func (x *exchange) body() *body { return &body{pool: &x.p.held, limit: x.p.cfg.Limits.Keep} }

// add appends a message that begins now.
func (x *exchange) add(m part) *part {
	x.mu.Lock()
	defer x.mu.Unlock()
	if m.at.IsZero() {
		m.at = x.p.cfg.Clock()
	}
	x.parts = append(x.parts, &m)
	return &m
}

// turn adds bytes of a tunnel to the last message if they go the same way,
// else begins another. After too many turns it only counts, in the last
// message of either direction.
func (x *exchange) turn(out bool, b []byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := len(x.parts)
	if n > 0 && x.parts[n-1].out == out && x.parts[n-1].body != nil {
		x.parts[n-1].body.add(b)
		return
	}
	if n >= x.p.cfg.Limits.Turns {
		for i := n - 1; i >= n-2 && i >= 0; i-- {
			if last := x.parts[i]; last.out == out && last.body != nil {
				last.body.size += int64(len(b))
				return
			}
		}
	}
	kept := x.body()
	for _, p := range x.parts { // the limit holds for all turns together
		if p.body != nil {
			kept.limit -= int64(len(p.body.kept))
		}
	}
	kept.add(b)
	x.parts = append(x.parts, &part{leg: telltale.LegApp, out: out, at: x.p.cfg.Clock(), body: kept})
}

// fail notes what went wrong; the first reason counts.
func (x *exchange) fail(format string, args ...any) {
	if x.flow.Error == "" {
		x.flow.Error = fmt.Sprintf(format, args...)
		if x.p.ended() {
			x.flow.Error = "still open when the watch ended"
		}
	}
}

// record keeps the bytes and records the flow. Nothing may write to the
// exchange any more.
func (x *exchange) record() {
	defer x.end()
	x.flow.End = x.p.cfg.Clock()
	x.flow.Process = x.owner()
	err := x.keep()
	if err == nil {
		err = x.p.recorder.Record(x.flow)
	}
	if err == nil {
		err = x.p.capture.failed()
	}
	if err != nil {
		x.p.fail(fmt.Errorf("proxy: record a flow to %s: %w", x.flow.Host, err))
	}
}

// keep turns the parts into messages.
func (x *exchange) keep() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	given := map[*body]bool{}
	for _, part := range x.parts {
		m, err := x.message(part)
		if err != nil {
			return err
		}
		x.flow.Messages = append(x.flow.Messages, m)
		if part.leg == telltale.LegApp && part.out {
			x.flow.BytesOut += m.Size
		} else if part.leg == telltale.LegApp {
			x.flow.BytesIn += m.Size
		}
		if part.body != nil && !given[part.body] {
			given[part.body] = true
			defer x.p.held.give(int64(len(part.body.kept)))
		}
	}
	return nil
}

func (x *exchange) message(p *part) (telltale.Message, error) {
	b := p.head
	m := telltale.Message{Leg: p.leg, Out: p.out, At: p.at, Size: int64(len(b))}
	if p.body != nil {
		b = append(b[:len(b):len(b)], p.body.kept...)
		m.Size += p.body.size
	}
	b = b[:min(int64(len(b)), x.p.cfg.Limits.Keep)]
	m.Cut = int64(len(b)) < m.Size
	var err error
	if len(b) > 0 {
		m.Bytes, err = x.p.recorder.Keep(b)
	}
	return m, err
}
