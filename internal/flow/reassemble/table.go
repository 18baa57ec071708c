package reassemble

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
)

const (
	// waitLimit bounds the bytes of one direction that wait for those before
	// them, waitTotal those of all.
	waitLimit = 1 << 20
	waitTotal = 16 << 20
	// segmentCost is the memory that a segment takes besides its bytes.
	segmentCost = 64
	// streamLimit bounds the directions that are followed at a time, and
	// idlePackets is after how many packets one counts as idle.
	streamLimit = 1 << 16
	idlePackets = 1 << 16
)

// table follows the directions of all connections.
type table struct {
	open    func(Direction) Stream
	halves  map[Direction]*half
	waiting int
	stats   Stats
}

// half is one direction of a connection.
type half struct {
	number    int
	direction Direction
	stream    Stream
	next      uint32 // the sequence number that comes next
	fin       bool   // finAt is where it ends
	finAt     uint32
	last      int // the packet that came last
	// wait are segments from beyond a gap, in order.
	wait   []waiting
	amount int // bytes in them, with segmentCost for each
}

type waiting struct {
	seq  uint32
	data []byte
}

func newTable(open func(Direction) Stream) *table {
	return &table{open: open, halves: map[Direction]*half{}}
}

// segment takes the segments in the order of the capture.
func (t *table) segment(s segment) {
	h := t.halves[s.Direction]
	if s.flags&flagSYN != 0 {
		// After a connection with the same ports, a new one may begin.
		if h != nil && s.seq+1 != h.next {
			t.close(s.Direction, h)
			h = nil
		}
		if h == nil {
			h = t.begin(s.Direction, s.seq+1)
		}
		s.seq++
	}
	if h == nil {
		if len(s.data) == 0 {
			return
		}
		h = t.begin(s.Direction, s.seq) // the capture began later
	}
	h.last = t.stats.Packets
	if len(s.data) > 0 {
		t.data(h, s.seq, s.data)
	}
	if s.flags&flagFIN != 0 {
		h.fin, h.finAt = true, s.seq+uint32(len(s.data))
	}
	if s.flags&flagRST != 0 || h.fin && int32(h.next-h.finAt) >= 0 {
		t.close(s.Direction, h)
	}
}

func (t *table) begin(d Direction, next uint32) *half {
	if len(t.halves) >= streamLimit {
		t.dropIdle()
	}
	t.stats.Streams++
	h := &half{number: t.stats.Streams, direction: d, next: next, last: t.stats.Packets}
	t.halves[d] = h
	return h
}

// dropIdle ends directions that were silent for long, or else all.
func (t *table) dropIdle() {
	for _, all := range []bool{false, true} {
		for _, d := range t.ordered() {
			if h := t.halves[d]; all || t.stats.Packets-h.last > idlePackets {
				t.close(d, h)
			}
		}
		if len(t.halves) < streamLimit {
			return
		}
	}
}

// ordered are the directions in the order they began.
func (t *table) ordered() []Direction {
	return slices.SortedFunc(maps.Keys(t.halves), func(a, b Direction) int {
		return cmp.Compare(t.halves[a].number, t.halves[b].number)
	})
}

// data gives what comes next to the stream and keeps what comes later.
func (t *table) data(h *half, seq uint32, b []byte) {
	ahead := int32(seq - h.next)
	if ahead > 0 {
		t.keep(h, seq, b)
		return
	}
	if skip := -int64(ahead); skip < int64(len(b)) {
		t.give(h, b[skip:])
		t.drain(h)
	}
}

func (t *table) give(h *half, b []byte) {
	t.opened(h)
	h.stream.Data(b)
	h.next += uint32(len(b))
	t.stats.Bytes += int64(len(b))
}

// opened makes the stream when it is needed first.
func (t *table) opened(h *half) {
	if h.stream == nil {
		h.stream = t.open(h.direction)
	}
}

// keep stores a segment from beyond a gap; if too many wait, what is missing
// is given up.
func (t *table) keep(h *half, seq uint32, b []byte) {
	at, _ := slices.BinarySearchFunc(h.wait, seq, func(w waiting, seq uint32) int { return cmp.Compare(int32(w.seq-seq), 0) })
	if at < len(h.wait) && h.wait[at].seq == seq && len(h.wait[at].data) >= len(b) {
		return
	}
	h.wait = slices.Insert(h.wait, at, waiting{seq, bytes.Clone(b)})
	h.amount += len(b) + segmentCost
	t.waiting += len(b) + segmentCost
	for h.amount > waitLimit || t.waiting > waitTotal && len(h.wait) > 0 {
		t.skip(h)
	}
}

// skip goes on behind the first gap.
func (t *table) skip(h *half) {
	gap := int32(h.wait[0].seq - h.next)
	if gap > 0 {
		t.opened(h)
		h.stream.Gap(int(gap))
		t.stats.Missing += int64(gap)
		h.next = h.wait[0].seq
	}
	t.drain(h)
}

// drain gives what waits and now comes next.
func (t *table) drain(h *half) {
	n := 0
	for ; n < len(h.wait) && int32(h.wait[n].seq-h.next) <= 0; n++ {
		w := h.wait[n]
		h.amount -= len(w.data) + segmentCost
		t.waiting -= len(w.data) + segmentCost
		if skip := int64(h.next - w.seq); skip < int64(len(w.data)) {
			t.give(h, w.data[skip:])
		}
	}
	h.wait = slices.Delete(h.wait, 0, n)
}

// close gives what waits, gaps and all, and ends a direction.
func (t *table) close(d Direction, h *half) {
	for len(h.wait) > 0 {
		t.skip(h)
	}
	if h.stream != nil {
		h.stream.End()
	}
	delete(t.halves, d)
}

// end closes everything.
func (t *table) end() {
	for _, d := range t.ordered() {
		t.close(d, t.halves[d])
	}
}
