package imports

import (
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
)

const (
	// chunk is how many octets of a direction are handed on at a time, and
	// chunks how many connections have some waiting.
	chunk  = 128 << 10
	chunks = 32
	// maxRuns is how many changes of direction wait with them.
	maxRuns = 512
	// apart is how far apart in time octets may be that are handed on together.
	apart = 200 * time.Millisecond
)

// writers are those that have octets waiting, each in a place of its own. The
// places are used again.
type writers struct {
	slots  [chunks]*writer
	memory [chunks]memory
	next   int
}

// memory is what waits of a connection.
type memory struct {
	octets [2][]byte // out, in
	runs   []run     // in the order in which they passed
}

// run is octets of one direction that are handed on together.
type run struct {
	out bool
	at  time.Time
	n   int
}

// writer hands the octets of one connection on, many at a time.
type writer struct {
	m    *Importer
	conn tape.Conn
	tape tape.Tape
	bulk tape.Bulker // the tape, if it is one
	// whose the connection is, as far as it is known; nil if nothing tells.
	whose func() tape.Process
	slot  int     // of m.writers, while wait is set
	wait  *memory // of the slot
}

func (m *Importer) newWriter(c tape.Conn) *writer {
	c.ID = m.nextID()
	return &writer{m: m, conn: c}
}

// open begins the tape with what is known by now.
func (w *writer) open() bool {
	if w.tape == nil && w.m.err == nil {
		w.owned()
		w.tape, w.m.err = w.m.sink.Open(w.conn)
		w.bulk, _ = w.tape.(tape.Bulker)
	}
	return w.m.err == nil
}

// owned takes in whose the connection is.
func (w *writer) owned() {
	if w.whose != nil {
		w.conn.Process = w.whose()
	}
}

func side(out bool) int {
	if out {
		return 0
	}
	return 1
}

// octets takes what passed at a time. Datagrams are handed on one by one.
func (w *writer) octets(out bool, at time.Time, b []byte) {
	if w.conn.Transport != "tcp" {
		w.put(out, at, b)
		return
	}
	if w.wait != nil && (len(w.wait.octets[side(out)])+len(b) > chunk || len(w.wait.runs) == maxRuns) {
		w.flush()
	}
	if len(b) >= chunk/2 && (w.wait == nil || len(w.wait.runs) == 0) {
		w.put(out, at, b)
		return
	}
	w.seat()
	w.wait.add(out, at, b)
}

func (k *memory) add(out bool, at time.Time, b []byte) {
	side := &k.octets[side(out)]
	if *side == nil {
		*side = make([]byte, 0, chunk)
	}
	*side = append(*side, b...)
	if n := len(k.runs) - 1; n >= 0 && k.runs[n].out == out && at.Sub(k.runs[n].at) <= apart {
		k.runs[n].n += len(b)
		return
	}
	k.runs = append(k.runs, run{out, at, len(b)})
}

// seat takes one of the slots, whose owner hands on what it has.
func (w *writer) seat() {
	if w.wait != nil {
		return
	}
	all := &w.m.writers
	w.slot, all.next = all.next, (all.next+1)%chunks
	if old := all.slots[w.slot]; old != nil {
		old.leave()
	}
	all.slots[w.slot], w.wait = w, &all.memory[w.slot]
}

func (w *writer) leave() {
	if w.wait == nil {
		return
	}
	w.flush()
	w.m.writers.slots[w.slot], w.wait = nil, nil
}

// flush hands on what waits.
func (w *writer) flush() {
	if w.wait == nil || len(w.wait.runs) == 0 {
		return
	}
	all, runs := w.wait.octets, w.wait.runs
	w.wait.octets[0], w.wait.octets[1], w.wait.runs = all[0][:0], all[1][:0], runs[:0]
	if !w.open() {
		return
	}
	if w.bulk != nil {
		w.m.err = w.bulk.Bulk(all[0], all[1])
		return
	}
	for _, r := range runs {
		b := &all[side(r.out)]
		w.put(r.out, r.at, (*b)[:r.n])
		*b = (*b)[r.n:]
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
	w.owned()
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
	w.owned()
	w.m.err = w.tape.Close(w.conn)
}
