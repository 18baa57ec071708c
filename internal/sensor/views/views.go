// Package views makes requests, answers and messages out of the octets of
// connections as they pass, and gives them to a Recorder: one flow for each
// HTTP exchange, WebSocket messages without masks and compression, queries
// with their answers, and turns where nothing better is known.
//
// A flow is recorded as soon as it is complete. What may go on for ever (a
// tunnel, a stream of events, a WebSocket) is recorded in parts: when there is
// much of it, and whenever somebody asks for quiet.
//
// The octets themselves are kept by others; so what is too long here is cut,
// and what cannot be read comes as it is.
package views

import (
	"context"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
)

// Config says how views are made. Only Recorder is required.
type Config struct {
	// Recorder gets the flows.
	Recorder telltale.Recorder
	// Sensor is the name that flows bear: "views" if empty.
	Sensor string
	// Clock tells the time where a tape does not; nil means time.Now.
	Clock  telltale.Clock
	Limits Limits
}

// Limits bound what is held. Zero fields get the defaults named.
type Limits struct {
	// Keep is how many octets of each message are kept: 8 MiB. Of a tunnel
	// it is that many of each flow.
	Keep int64
	// Held is how many octets of messages are held in memory, all together:
	// 256 MiB. Messages are cut when it is used up.
	Held int64
	// Head is how long a head may be: 256 KiB.
	Head int
	// Turns is how many changes of direction of a tunnel, or datagrams, make
	// a flow: 2000.
	Turns int
	// Messages is how many messages of a WebSocket make a flow: 200.
	Messages int
	// Waiting is how many complete flows may wait to be recorded: 256. Those
	// who bring more wait.
	Waiting int
}

func (l Limits) withDefaults() Limits {
	set(&l.Keep, 8<<20)
	set(&l.Held, 256<<20)
	set(&l.Head, 256<<10)
	set(&l.Turns, 2000)
	set(&l.Messages, 200)
	set(&l.Waiting, 256)
	return l
}

func set[T int | int64](field *T, otherwise T) {
	if *field <= 0 {
		*field = otherwise
	}
}

// Views is a tape.Sink. It may be used from many goroutines.
type Views struct {
	cfg     Config
	pending *pending
	held    pool
	queue   *queue
	shown   shown

	mu   sync.Mutex
	open map[*connection]struct{}
	// quic are the connections of QUIC by their ID, for their streams.
	quic map[string]*connection
}

// New returns a sink that records what it makes of the octets.
func New(c Config) *Views {
	c.Limits = c.Limits.withDefaults()
	if c.Sensor == "" {
		c.Sensor = "views"
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	v := &Views{cfg: c, pending: newPending(), open: map[*connection]struct{}{}, quic: map[string]*connection{}}
	v.held.left.Store(c.Limits.Held)
	v.queue = newQueue(c.Recorder, c.Limits.Waiting)
	return v
}

// Open begins to read a connection.
func (v *Views) Open(c tape.Conn) (tape.Tape, error) {
	if err := v.queue.failed(); err != nil {
		return nil, err
	}
	if c.Stream != nil {
		return v.stream(c), nil
	}
	conn := newConnection(v, c)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.open[conn] = struct{}{}
	if opened(c) {
		v.quic[c.ID] = conn
	}
	return conn, nil
}

// Quiet waits until no exchange is in progress, or until ctx is done. Then it
// records what there is of everything that may go on for ever; that does not
// count as an exchange in progress.
func (v *Views) Quiet(ctx context.Context) {
	v.pending.wait(ctx)
	v.mu.Lock()
	open := make([]*connection, 0, len(v.open))
	for conn := range v.open {
		open = append(open, conn)
	}
	v.mu.Unlock()
	for _, conn := range open {
		conn.flush()
	}
	v.queue.drain()
}

// Finish waits until the flows of all tapes that were closed are recorded. It
// returns the error because of which nothing more could be, if there was one.
func (v *Views) Finish() error {
	v.queue.drain()
	return v.queue.failed()
}

func (v *Views) forget(conn *connection) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.open, conn)
	if v.quic[conn.info.ID] == conn {
		delete(v.quic, conn.info.ID)
	}
}
