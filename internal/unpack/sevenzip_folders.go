package unpack

import (
	"slices"
)

// streams reads where the packed streams are and how they were made.
func (r *sevenReader) streams() []*sevenFolderHead {
	var at int
	var sizes []int
	var folders []*sevenFolderHead
	for !r.bad {
		switch r.byte() {
		case sevenEnd:
			return folders
		case sevenPack:
			at, sizes = r.packed()
		case sevenUnpack:
			folders = r.folders()
			for _, f := range folders {
				if f.packed > len(sizes) {
					r.bad = true
					break
				}
				for j, size := range sizes[:f.packed] {
					if j == f.main {
						f.at, f.size = at, size
					}
					at += size
				}
				sizes = sizes[f.packed:]
			}
		case sevenSubstreams:
			r.substreams(folders)
		default:
			r.bad = true
		}
	}
	return nil
}

// packed reads where the first stream begins, and the sizes of all.
func (r *sevenReader) packed() (at int, sizes []int) {
	at = 32 + r.number()
	n := r.count()
	for !r.bad {
		switch r.byte() {
		case sevenEnd:
			return at, sizes
		case sevenSizes:
			for range n {
				sizes = append(sizes, r.number())
			}
		case sevenSums:
			r.sums(n)
		default:
			r.bad = true
		}
	}
	return 0, nil
}

// folders reads the coders of each stream, and how much comes out of them.
func (r *sevenReader) folders() []*sevenFolderHead {
	if r.byte() != sevenFolders {
		r.bad = true
	}
	n := r.count()
	if r.byte() != 0 {
		r.bad = true // kept elsewhere
	}
	var out []*sevenFolderHead
	for range n {
		if f := r.folder(); !r.bad {
			out = append(out, f)
		}
	}
	for !r.bad {
		switch r.byte() {
		case sevenEnd:
			return out
		case sevenOutSizes:
			for _, f := range out {
				for i := range f.coders {
					f.coders[i].size = r.number()
				}
				f.plain = f.coders[f.order[0]].size
				f.parts = []int{f.plain}
				f.inOrder()
			}
		case sevenSums:
			for i, one := range r.sums(n)[:len(out)] {
				out[i].summed = one
			}
		default:
			r.bad = true
		}
	}
	return nil
}

// folder reads coders that feed one another, and finds the way from what comes
// out back to what was packed. Of a coder that joins several streams only the
// first is followed.
func (r *sevenReader) folder() *sevenFolderHead {
	f := &sevenFolderHead{}
	const most = 8
	n := r.count()
	ins := 0
	for range min(n, most) {
		flags := r.byte()
		c := sevenCoder{in: 1}
		for _, b := range r.take(int(flags & 15)) {
			c.method = c.method<<8 | uint64(b)
		}
		if flags&0x10 != 0 {
			c.in = r.count()
			r.bad = r.bad || r.number() != 1 || c.in == 0 || c.in > most
		}
		if flags&0x20 != 0 {
			c.props = r.take(r.number())
		}
		ins += c.in
		f.coders = append(f.coders, c)
	}
	if r.bad || n == 0 || n > most {
		r.bad = true
		return f
	}
	fed := map[int]int{} // which coder feeds an input
	for range n - 1 {
		in, out := r.number(), r.number()
		fed[in] = out
	}
	f.packed = ins - (n - 1)
	var packed []int
	for i := range ins {
		if _, ok := fed[i]; !ok && f.packed == 1 {
			packed = []int{i}
		}
	}
	if f.packed > 1 {
		for range f.packed {
			packed = append(packed, r.number())
		}
	}
	r.bad = r.bad || f.packed < 1 || !f.follow(fed, packed)
	return f
}

// follow finds the order of coders from the one that feeds no other.
func (f *sevenFolderHead) follow(fed map[int]int, packed []int) bool {
	feeds := map[int]bool{}
	for _, out := range fed {
		feeds[out] = true
	}
	at := -1
	for i := range f.coders {
		if !feeds[i] {
			at = i
		}
	}
	for range f.coders {
		if at < 0 || at >= len(f.coders) {
			return false
		}
		f.order = append(f.order, at)
		in := 0
		for _, c := range f.coders[:at] {
			in += c.in
		}
		next, ok := fed[in]
		if !ok {
			f.main = slices.Index(packed, in)
			return f.main >= 0
		}
		at = next
	}
	return false
}

// inOrder puts the coders into the order in which they come off.
func (f *sevenFolderHead) inOrder() {
	var coders []sevenCoder
	for _, i := range slices.Backward(f.order) {
		coders = append(coders, f.coders[i])
	}
	f.coders, f.order = coders, nil
	for i := range f.coders {
		f.order = append(f.order, len(f.coders)-1-i)
	}
}
