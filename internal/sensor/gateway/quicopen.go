package gateway

import (
	"context"
	"crypto/rand"
	"net"
	"sync"
	"time"

	"example.org/telltale/internal/flow/quicfirst"
)

// maxQUICIDs bounds the connection IDs that are remembered of one exchange.
const maxQUICIDs = 4096

// opener tells the QUIC connections between two ends apart. Each that begins
// is handed to Config.CarryQUIC; what is not to be opened, and whatever is not
// QUIC, passes as it is and is one record, that of the exchange.
type opener struct {
	x     *exchange
	over  chan quicEnded
	jobs  sync.WaitGroup
	live  int
	plain carrier // nil as long as nothing passes as it is
	kept  bool    // its tape is open
	lost  bool    // it could not be opened

	mu sync.Mutex
	// tags of the IDs that apps were given.
	tags map[[4]byte]*quicEnd
	// ids that apps or servers have chosen: of connections that are opened,
	// and, without an end, of those that pass.
	ids map[string]*quicEnd
}

func newOpener(x *exchange) *opener {
	return &opener{x: x, over: make(chan quicEnded), tags: map[[4]byte]*quicEnd{}, ids: map[string]*quicEnd{}}
}

// run carries the exchange until it has been silent for long enough and no
// connection is open.
func (o *opener) run(first datagram, cancel func()) {
	x := o.x
	timer := time.NewTimer(x.g.cfg.Limits.Idle)
	defer timer.Stop()
	o.route(first)
	for o.next(timer) {
	}
	cancel()
	o.jobs.Wait()
	if o.plain != nil {
		o.plain.close()
	}
	if o.kept {
		x.finish()
	}
}

// next waits for something to happen, and reports false when the exchange is
// over.
func (o *opener) next(timer *time.Timer) bool {
	x := o.x
	select {
	case d := <-x.in:
		o.route(d)
		return true
	case e := <-o.over:
		o.live--
		if early := e.end.settle(); e.unopened {
			o.giveBack(e, early)
		}
		return true
	case <-timer.C:
		if left := x.g.cfg.Limits.Idle - x.silent(); left > 0 || o.live > 0 {
			timer.Reset(max(left, time.Second))
			return true
		}
		timer.Reset(x.g.cfg.Limits.Idle)
	case <-x.ctx.Done():
	case <-x.stop:
	}
	if x.end() {
		return false
	}
	o.route(<-x.in)
	return true
}

// route brings a datagram to its connection.
func (o *opener) route(d datagram) {
	defer d.done()
	o.x.touch()
	end, known := o.find(d.payload)
	switch {
	case end != nil:
		end.hand(d)
	case known || o.x.ctx.Err() != nil || !quicfirst.Begins(d.payload):
		o.pass(d)
	default:
		o.begin(d)
	}
}

// find knows whose a datagram is. A connection without an end passes as it is.
func (o *opener) find(b []byte) (end *quicEnd, known bool) {
	id, long := quicTo(b)
	if id == nil {
		return nil, false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(id) == quicIDSize {
		if end := o.tags[[4]byte(id)]; end != nil {
			return end, true
		}
	}
	if !long {
		return nil, false
	}
	end, known = o.ids[string(id)]
	return end, known
}

// remember notes whose an ID is.
func (o *opener) remember(id []byte, end *quicEnd) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.ids) >= maxQUICIDs {
		o.forget()
	}
	o.ids[string(id)] = end
}

// forget drops the IDs of connections that are over. o.mu is held.
func (o *opener) forget() {
	for id, end := range o.ids {
		if end == nil || end.over() {
			delete(o.ids, id)
		}
	}
	for tag, end := range o.tags {
		if end.over() {
			delete(o.tags, tag)
		}
	}
}

// learn takes the IDs that servers choose in what passes as it is.
func (o *opener) learn(b []byte) {
	if id := quicFrom(b); len(id) > 0 {
		o.remember(id, nil)
	}
}

// tag finds one that no other connection has.
func (o *opener) tag(end *quicEnd) (tag [4]byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.tags[tag] != nil || tag == [4]byte{} {
		_, _ = rand.Read(tag[:]) // never fails
	}
	o.tags[tag] = end
	return tag
}

// begin opens a connection.
func (o *opener) begin(d datagram) {
	x, g := o.x, o.x.g
	id, _ := quicTo(d.payload)
	end := newQUICEnd(x)
	o.remember(id, end)
	info := x.info
	info.ID, info.Start = g.nextID(), g.cfg.Clock()
	select {
	case g.quics <- struct{}{}:
	default:
		_ = end.Close() // its later datagrams come to nothing
		end.settle()
		g.failed(info, "refused: too many QUIC connections at once")
		refusal{x}.send(d)
		return
	}
	target, mapped := g.maps.target(x.key.dst)
	info.Server = target.String()
	up := QUICUpstream{
		Info: info, Mapped: mapped, NextID: g.nextID, Tag: o.tag(end), Busy: g.busy.one,
		Dial: func(ctx context.Context) (net.Conn, error) { return g.cfg.Dial(ctx, "udp", target.String()) },
	}
	o.live++
	o.jobs.Go(func() {
		defer func() { <-g.quics }()
		e := quicEnded{end: end}
		e.info, e.unopened = g.cfg.CarryQUIC(x.ctx, end, up)
		_ = end.Close()
		select {
		case o.over <- e:
		case <-x.ctx.Done():
			end.settle()
		}
	})
	end.hand(d)
}

// giveBack lets a connection pass that is not opened.
func (o *opener) giveBack(e quicEnded, early []datagram) {
	o.mu.Lock()
	for id, end := range o.ids {
		if end == e.end {
			o.ids[id] = nil
		}
	}
	o.mu.Unlock()
	if !o.kept && !o.lost {
		o.x.info.Host, o.x.info.TLS = e.info.Host, e.info.TLS
	}
	o.x.note(e.info.Error)
	for _, d := range early {
		o.pass(d)
	}
}

// pass lets a datagram pass as it is.
func (o *opener) pass(d datagram) {
	x := o.x
	if o.plain == nil && !o.lost {
		o.plain = newForward(x, d)
		x.tape, o.kept = x.g.open(x.info)
		o.lost = !o.kept
	}
	if o.lost || !x.g.write(x.tape, x.info.ID, true, d.payload) {
		return
	}
	if x.ctx.Err() == nil {
		o.plain.send(d)
	}
}
