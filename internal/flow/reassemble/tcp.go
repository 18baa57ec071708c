package reassemble

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"example.org/telltale/internal/pcapng"
)

// segment is one TCP segment.
type segment struct {
	seq, ack uint32
	flags    byte
	data     []byte
	missing  int
}

const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	_
	flagACK
)

const (
	// ackPatience is after how many packets octets that the other side has
	// acknowledged are given up: they were sent, and the capture missed them.
	ackPatience = 64
	// nearby is how far a late segment may be from where a direction ended.
	nearby = 1 << 20
)

// tcp reads a segment (RFC 9293, section 3.1).
func (t *table) tcp(p pcapng.Packet, ip packet) bool {
	b := ip.body
	if len(b) < 20 {
		return false
	}
	size := int(b[12]>>4) * 4
	if size < 20 || len(b) < size {
		return false
	}
	s := segment{
		seq: binary.BigEndian.Uint32(b[4:]), ack: binary.BigEndian.Uint32(b[8:]),
		flags: b[13], data: b[size:], missing: ip.missing,
	}
	from, to := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	k, second := keyOf(ip, from, to)
	one := t.find(k)
	if one != nil && t.another(one, second, s) {
		t.drop(one)
		one = nil
	}
	if one == nil {
		if s.flags&flagSYN == 0 && len(s.data) == 0 {
			return true // a bare acknowledgment or reset of what was not seen
		}
		one = t.begin(k, second, fromClient(s, from, to), Start{Transport: "tcp", At: p.At, Handshake: s.flags&flagSYN != 0})
	}
	if one.over {
		return true
	}
	t.touch(one, p, second == one.flip)
	if t.options.Datagrams {
		t.open(one) // attempts without any octet are told too
	}
	t.segment(one, second, p.At, s)
	return true
}

// fromClient tells which end a conversation's first packet seen is from.
func fromClient(s segment, from, to uint16) bool {
	if s.flags&flagSYN != 0 {
		return s.flags&flagACK == 0
	}
	const ephemeral = 32768
	switch {
	case from < 1024 != (to < 1024):
		return to < 1024
	case from < ephemeral != (to < ephemeral):
		return to < ephemeral
	}
	return true
}

// another reports whether a segment begins a new connection between the same
// ports.
func (t *table) another(one *talk, second bool, s segment) bool {
	h := &one.halves[index(second)]
	away := int32(s.seq - h.next)
	switch {
	case s.flags&flagSYN != 0:
		return h.known && s.seq+1 != h.first
	case one.over && len(s.data) > 0:
		return h.known && (away > nearby || away < -nearby)
	}
	return false
}

func index(second bool) int {
	if second {
		return 1
	}
	return 0
}

// segment takes one in.
func (t *table) segment(one *talk, second bool, at time.Time, s segment) {
	i := index(second)
	h := &one.halves[i]
	if s.flags&flagSYN != 0 {
		if !h.known {
			h.known, h.next, h.first = true, s.seq+1, s.seq+1
		}
		s.seq++
	}
	if len(s.data) > 0 || s.missing > 0 {
		if !h.known {
			h.known, h.next, h.first = true, s.seq, s.seq // the capture began later
		}
		t.data(one, i, at, s)
	}
	if s.flags&flagFIN != 0 && h.known {
		h.fin, h.finAt = true, s.seq+uint32(len(s.data)+s.missing)
	}
	if s.flags&flagACK != 0 {
		t.acknowledged(one, 1-i, s.ack)
	}
	if s.flags&flagRST != 0 {
		// Who has ended its own direction only stops listening. What still
		// comes in order is taken.
		if !h.fin && !one.finish.Reset {
			one.finish.Reset, one.finish.ByClient = true, second == one.flip
		}
		t.flush(one, 0)
		t.flush(one, 1)
	}
	h.ended = h.ended || h.fin && int32(h.next-h.finAt) >= 0
	if one.halves[0].ended && one.halves[1].ended {
		one.finish.Closed = true
		t.close(one)
	}
}

// acknowledged takes in what the other side says to have of a direction.
func (t *table) acknowledged(one *talk, i int, ack uint32) {
	h := &one.halves[i]
	if !h.known || int32(ack-h.next) <= 0 || int32(ack-h.next) > nearby || h.fin && ack == h.next+1 {
		if h.known && h.ackedAt > 0 && int32(h.acked-h.next) <= 0 {
			h.ackedAt = 0
		}
		return
	}
	if h.fin && int32(ack-h.finAt) > 0 {
		ack = h.finAt
	}
	if h.ackedAt == 0 {
		h.acked, h.ackedAt = ack, t.stats.Packets
		return
	}
	if t.stats.Packets-h.ackedAt <= ackPatience {
		return
	}
	to := h.acked
	if len(h.wait) > 0 && int32(h.wait[0].seq-to) < 0 {
		to = h.wait[0].seq
	}
	h.ackedAt = 0
	if n := int32(to - h.next); n > 0 {
		t.gap(one, i, one.finish.At, int(n))
	}
	t.drain(one, i)
}

// data gives what comes next and keeps what comes later.
func (t *table) data(one *talk, i int, at time.Time, s segment) {
	h := &one.halves[i]
	ahead := int32(s.seq - h.next)
	if ahead > 0 {
		t.keep(one, i, waiting{s.seq, at, s.data, s.missing})
		return
	}
	if t.give(one, i, waiting{s.seq, at, s.data, s.missing}) && len(h.wait) > 0 {
		t.drain(one, i)
	}
}

// give hands over the part of a segment that comes next; false if all of it
// came before.
func (t *table) give(one *talk, i int, w waiting) bool {
	h := &one.halves[i]
	skip := int64(int32(h.next - w.seq))
	t.compare(one, h, w.data, skip)
	if skip >= int64(len(w.data)+w.missing) {
		return false
	}
	if skip < int64(len(w.data)) {
		b := w.data[skip:]
		t.open(one)
		one.conv.Data(i == index(one.flip), w.at, b)
		h.next += uint32(len(b))
		t.stats.Bytes += int64(len(b))
		t.tails.remember(h, b)
	}
	if w.missing > 0 { // not kept by the capture
		if n := int32(w.seq + uint32(len(w.data)+w.missing) - h.next); n > 0 {
			t.gap(one, i, w.at, int(n))
		}
	}
	return true
}

// compare counts the octets that came again and differ from what was given.
func (t *table) compare(one *talk, h *half, b []byte, skip int64) {
	if skip <= 0 || len(h.tail) == 0 || len(b) <= 1 { // one octet: keep-alive
		return
	}
	// The tail ends where skip octets of b do.
	again := b[:min(skip, int64(len(b)))]
	from := int64(len(h.tail)) - skip
	if from < 0 {
		if -from >= int64(len(again)) {
			return
		}
		again, from = again[-from:], 0
	}
	old := h.tail[from:min(from+int64(len(again)), int64(len(h.tail)))]
	if bytes.Equal(old, again[:len(old)]) {
		return
	}
	for n := range old {
		if old[n] != again[n] {
			one.finish.Differing++
		}
	}
}

func (t *table) gap(one *talk, i int, at time.Time, n int) {
	h := &one.halves[i]
	t.open(one)
	one.conv.Gap(i == index(one.flip), at, n)
	t.stats.Missing += int64(n)
	one.finish.Missing += int64(n)
	h.next += uint32(n)
	t.tails.give(h)
}

// keep stores a segment from beyond a gap; if too many wait, what is missing
// is given up.
func (t *table) keep(one *talk, i int, w waiting) {
	h := &one.halves[i]
	at, _ := slices.BinarySearchFunc(h.wait, w.seq, func(w waiting, seq uint32) int { return cmp.Compare(int32(w.seq-seq), 0) })
	if at < len(h.wait) && h.wait[at].seq == w.seq && len(h.wait[at].data) >= len(w.data) {
		return
	}
	w.data = bytes.Clone(w.data)
	h.wait = slices.Insert(h.wait, at, w)
	h.amount += len(w.data) + segmentCost
	t.waiting += len(w.data) + segmentCost
	for h.amount > waitLimit || t.waiting > waitTotal && len(h.wait) > 0 {
		t.skip(one, i)
	}
}

// skip goes on behind the first gap.
func (t *table) skip(one *talk, i int) {
	h := &one.halves[i]
	if n := int32(h.wait[0].seq - h.next); n > 0 {
		t.gap(one, i, h.wait[0].at, int(n))
	}
	t.drain(one, i)
}

// drain gives what waits and now comes next.
func (t *table) drain(one *talk, i int) {
	h := &one.halves[i]
	n := 0
	for ; n < len(h.wait) && int32(h.wait[n].seq-h.next) <= 0; n++ {
		w := h.wait[n]
		h.amount -= len(w.data) + segmentCost
		t.waiting -= len(w.data) + segmentCost
		t.give(one, i, w)
	}
	h.wait = slices.Delete(h.wait, 0, n)
	h.ended = h.ended || h.fin && int32(h.next-h.finAt) >= 0
}

// flush gives everything that waits, gaps and all.
func (t *table) flush(one *talk, i int) {
	for len(one.halves[i].wait) > 0 {
		t.skip(one, i)
	}
}
