package imports

import (
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
)

const (
	// chunk is how many octets of a direction are handed on at a time, and
	// chunks how many connections have some waiting.
	chunk  = 64 << 10
	chunks = 64
	// apart is how far apart in time octets may be that are handed on together.
	apart = 200 * time.Millisecond
)

// writers are those that have octets waiting, each in a place of its own. The
// places are used again.
type writers struct {
	slots  [chunks]*writer
	memory [chunks][]byte
	next   int
}

// writer hands the octets of one connection on, many at a time.
type writer struct {
	m    *Importer
	conn tape.Conn
	tape tape.Tape
	slot int // of m.writers, -1 for none
	buf  []byte
	out  bool
	at   time.Time
}

func (m *Importer) newWriter(c tape.Conn) *writer {
	c.ID = m.nextID()
	return &writer{m: m, conn: c, slot: -1}
}

// open begins the tape with what is known by now.
func (w *writer) open() bool {
	if w.tape == nil && w.m.err == nil {
		w.tape, w.m.err = w.m.sink.Open(w.conn)
	}
	return w.m.err == nil
}

// octets takes what passed at a time. Datagrams are handed on one by one.
func (w *writer) octets(out bool, at time.Time, b []byte) {
	if w.conn.Transport != "tcp" {
		w.put(out, at, b)
		return
	}
	if len(w.buf) > 0 && (w.out != out || at.Sub(w.at) > apart || len(w.buf)+len(b) > chunk) {
		w.flush()
	}
	if len(b) >= chunk/2 && len(w.buf) == 0 {
		w.put(out, at, b)
		return
	}
	w.seat()
	if len(w.buf) == 0 {
		w.out, w.at = out, at
	}
	w.buf = append(w.buf, b...)
}

// seat takes one of the slots, whose owner hands on what it has.
func (w *writer) seat() {
	if w.slot >= 0 {
		return
	}
	all := &w.m.writers
	w.slot, all.next = all.next, (all.next+1)%chunks
	if old := all.slots[w.slot]; old != nil {
		old.leave()
	}
	all.slots[w.slot] = w
	if all.memory[w.slot] == nil {
		all.memory[w.slot] = make([]byte, 0, chunk)
	}
	w.buf = all.memory[w.slot]
}

func (w *writer) leave() {
	w.flush()
	if w.slot >= 0 {
		w.m.writers.slots[w.slot] = nil
	}
	w.slot, w.buf = -1, nil
}

func (w *writer) flush() {
	if len(w.buf) > 0 {
		b := w.buf
		w.buf = w.buf[:0]
		w.put(w.out, w.at, b)
	}
}

func (w *writer) put(out bool, at time.Time, b []byte) {
	if w.open() {
		w.m.err = w.tape.Octets(out, at, b)
	}
}

// turn says that another protocol begins.
func (w *writer) turn(proto string) {
	w.flush()
	if !w.open() {
		return
	}
	if t, ok := w.tape.(tape.Learner); ok {
		t.Learn(w.conn)
	}
	if t, ok := w.tape.(tape.Turner); ok {
		t.Turn(proto)
	}
}

// close ends the connection.
func (w *writer) close() {
	w.leave()
	if !w.open() {
		return
	}
	switch w.conn.Visibility {
	case telltale.Intercepted:
		w.m.summary.Opened++
	case telltale.Opaque:
		w.m.summary.Opaque++
	}
	w.m.err = w.tape.Close(w.conn)
}
