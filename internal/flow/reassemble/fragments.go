package reassemble

import (
	"bytes"
	"cmp"
	"slices"
)

const (
	maxFragmented = 1024    // packets that are put together at a time
	maxPieces     = 1024    // pieces of one
	maxFragments  = 8 << 20 // octets in all of them
	maxDatagram   = 1 << 16
)

// fragmentKey is what the pieces of a packet have in common.
type fragmentKey struct {
	from, to [16]byte
	id       uint32
	protocol byte
}

// fragments puts IP packets together. What is oldest goes when there are too
// many. Where pieces overlap, the first copy wins.
type fragments struct {
	open  map[fragmentKey]*fragmented
	order []fragmentKey // as they began; some may be gone
	size  int
}

type fragmented struct {
	first  packet // of the piece that begins it
	pieces []piece
	size   int
	total  int // 0 while the last piece has not come
	begun  bool
}

type piece struct {
	at int
	b  []byte
}

// add takes a piece; ok is true when the packet is whole.
func (f *fragments) add(key fragmentKey, p packet, at int, more bool) (whole packet, ok bool) {
	if p.missing > 0 || len(p.body) == 0 || at+len(p.body) > maxDatagram {
		return p, false
	}
	if f.open == nil {
		f.open = map[fragmentKey]*fragmented{}
	}
	one := f.open[key]
	if one == nil {
		f.makeRoom()
		one = &fragmented{}
		f.open[key] = one
		f.order = append(f.order, key)
	}
	if at == 0 && !one.begun {
		one.begun, one.first = true, p
		one.first.body = nil
	}
	if !more {
		one.total = at + len(p.body)
	}
	if len(one.pieces) < maxPieces {
		one.pieces = append(one.pieces, piece{at, bytes.Clone(p.body)})
		one.size += len(p.body)
		f.size += len(p.body)
	}
	if one.total == 0 || !one.begun || one.size < one.total {
		return p, false
	}
	body := one.join()
	if body == nil {
		return p, false
	}
	f.drop(key)
	whole = one.first
	whole.body = body
	return whole, true
}

// join returns the packet, or nil while something is missing.
func (o *fragmented) join() []byte {
	sorted := slices.Clone(o.pieces)
	slices.SortStableFunc(sorted, func(a, b piece) int { return cmp.Compare(a.at, b.at) })
	end := 0
	for _, p := range sorted {
		if p.at > end {
			return nil
		}
		end = max(end, p.at+len(p.b))
	}
	if end < o.total {
		return nil
	}
	body := make([]byte, end)
	for _, p := range slices.Backward(o.pieces) { // the first copy is written last
		copy(body[p.at:], p.b)
	}
	return body[:o.total]
}

func (f *fragments) drop(key fragmentKey) {
	if one := f.open[key]; one != nil {
		f.size -= one.size
		delete(f.open, key)
	}
}

// makeRoom drops the oldest while there are too many.
func (f *fragments) makeRoom() {
	for len(f.order) > 0 && (len(f.order) >= maxFragmented || f.size > maxFragments) {
		f.drop(f.order[0])
		f.order = f.order[1:]
	}
}
