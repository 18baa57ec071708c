package gateway

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"example.org/telltale/internal/sensor/tape"
)

// datagram is what the app sent once: the packet, put together again if it was
// in parts, and what of it is recorded.
type datagram struct {
	packet  packet
	payload []byte
	// done is called when it was passed on or given up.
	done func()
}

// carrier is what becomes of the datagrams of one exchange.
type carrier interface {
	// send passes one on; nothing waits for an answer.
	send(d datagram)
	// close ends what waits for answers and returns when nothing of it runs.
	close()
}

// exchange is all that passes between two ends without a connection.
type exchange struct {
	g    *Gateway
	key  flowKey
	why  string
	info tape.Conn
	tape tape.Tape
	in   chan datagram
	stop chan struct{}
	ctx  context.Context

	// last is when something passed, in nanoseconds since the table began.
	last     atomic.Int64
	answered atomic.Bool
	// opener is set where QUIC is opened.
	opener *opener
	// mu guards over and info.Error, answers one writer at a time.
	mu, answers sync.Mutex
	over        bool
}

// table holds the exchanges under way.
type table struct {
	g     *Gateway
	began time.Time
	mu    sync.Mutex
	byKey map[flowKey]*exchange
}

// waiting is how many datagrams of one exchange may wait; more make the link
// wait.
const waiting = 256

func newTable(g *Gateway) *table {
	return &table{g: g, began: time.Now(), byKey: map[flowKey]*exchange{}}
}

// hand gives a datagram to its exchange and begins one if need be. why is set
// for what is not carried. Only the reader of the link calls it.
func (t *table) hand(key flowKey, d datagram, why string) {
	d.done = t.g.busy.one()
	for {
		x := t.find(key, why)
		if x == nil {
			d.done() // the gateway is closed
			return
		}
		taken, full := x.take(d)
		if taken {
			return
		}
		if full {
			// It cannot end before it has emptied its queue.
			select {
			case x.in <- d:
			case <-t.g.ctx.Done():
				d.done()
			}
			return
		}
		t.drop(x) // it is over
	}
}

// take queues d unless the exchange is over or the queue full.
func (x *exchange) take(d datagram) (taken, full bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.over {
		return false, false
	}
	select {
	case x.in <- d:
		return true, false
	default:
		return false, true
	}
}

func (t *table) find(key flowKey, why string) *exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	if x := t.byKey[key]; x != nil {
		return x
	}
	if len(t.byKey) >= t.g.cfg.Limits.Flows {
		t.evict()
	}
	x := &exchange{g: t.g, key: key, why: why, in: make(chan datagram, waiting), stop: make(chan struct{})}
	x.touch()
	if !t.g.job(x.run) {
		return nil
	}
	t.byKey[key] = x
	return x
}

// evict ends the exchange that was silent for longest.
func (t *table) evict() {
	var oldest *exchange
	for _, x := range t.byKey {
		if oldest == nil || x.last.Load() < oldest.last.Load() {
			oldest = x
		}
	}
	if oldest != nil {
		delete(t.byKey, oldest.key)
		close(oldest.stop)
	}
}

func (t *table) drop(x *exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byKey[x.key] == x {
		delete(t.byKey, x.key)
	}
}

func (x *exchange) touch() { x.last.Store(int64(time.Since(x.g.flows.began))) }

// run carries the exchange until it has been silent for long enough.
func (x *exchange) run() {
	defer x.g.flows.drop(x)
	ctx, cancel := context.WithCancel(x.g.ctx)
	defer cancel()
	x.ctx = ctx
	first := <-x.in // whoever began the exchange hands it over next
	x.begin(first)
	if x.opens() {
		x.opener = newOpener(x)
		x.opener.run(first, cancel)
		return
	}
	c := x.decide(first)
	var ok bool
	if x.tape, ok = x.g.open(x.info); ok {
		x.carry(first, c)
	} else {
		x.abandon(first)
	}
	cancel()
	c.close()
	if ok {
		x.finish()
	}
}

// carry passes datagrams on until the exchange is over.
func (x *exchange) carry(d datagram, c carrier) {
	timer := time.NewTimer(x.g.cfg.Limits.Idle)
	defer timer.Stop()
	for more := true; more; d, more = x.wait(timer) {
		if !x.g.write(x.tape, x.info.ID, true, d.payload) {
			x.abandon(d)
			return
		}
		x.touch()
		if x.ctx.Err() == nil {
			c.send(d)
		}
		d.done()
	}
}

// wait returns the next datagram, or false when the exchange is over.
func (x *exchange) wait(timer *time.Timer) (datagram, bool) {
	for {
		select {
		case d := <-x.in:
			return d, true
		case <-timer.C:
			if left := x.g.cfg.Limits.Idle - x.silent(); left > 0 {
				timer.Reset(left)
				continue
			}
			timer.Reset(x.g.cfg.Limits.Idle)
		case <-x.ctx.Done():
		case <-x.stop:
		}
		if x.end() {
			return datagram{}, false
		}
		return <-x.in, true
	}
}

func (x *exchange) silent() time.Duration {
	return time.Since(x.g.flows.began) - time.Duration(x.last.Load())
}

// abandon lets no more datagrams in: they could not be recorded.
func (x *exchange) abandon(d datagram) {
	d.done()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.over = true
	for len(x.in) > 0 {
		(<-x.in).done()
	}
}

// end lets no more datagrams in, if none waits.
func (x *exchange) end() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.in) > 0 {
		return false
	}
	x.over = true
	return true
}

// arrived records what came back, and reports whether the app may have it.
func (x *exchange) arrived(b []byte) bool {
	x.answers.Lock()
	defer x.answers.Unlock()
	x.touch()
	x.answered.Store(true)
	if x.opener != nil {
		x.opener.learn(b)
	}
	return x.g.write(x.tape, x.info.ID, false, b)
}

// note keeps the first error in words.
func (x *exchange) note(why string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.info.Error == "" {
		x.info.Error = why
	}
}

func (x *exchange) finish() {
	if !x.answered.Load() {
		x.note(noAnswer)
	}
	x.g.finish(x.tape, x.info)
}
