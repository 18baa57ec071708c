package unpack

import (
	"encoding/binary"
	"unicode/utf16"
)

// substreams reads how many files are in each stream, and their sizes but for
// the last.
func (r *sevenReader) substreams(folders []*sevenFolderHead) {
	counts := make([]int, len(folders))
	for i := range counts {
		counts[i] = 1
	}
	sized := false
	size := func() {
		for i, f := range folders {
			left := f.plain
			f.parts = nil
			for j := range counts[i] {
				n := left
				if sized && j < counts[i]-1 {
					n = r.number()
				}
				f.parts = append(f.parts, max(0, min(n, left)))
				left -= n
			}
		}
	}
	for !r.bad {
		switch r.byte() {
		case sevenEnd:
			if !sized {
				size()
			}
			return
		case sevenCounts:
			all := 0
			for i := range counts {
				counts[i] = r.count()
				if all += counts[i]; all > r.most {
					r.bad = true
					return
				}
			}
		case sevenSizes:
			sized = true
			size()
		case sevenSums:
			n := 0
			for i, f := range folders {
				if counts[i] != 1 || !f.summed {
					n += counts[i]
				}
			}
			r.sums(n)
		default:
			r.bad = true
		}
	}
}

// files reads the names of the files that have bytes.
func (r *sevenReader) files() []string {
	n := r.count()
	var names []string
	empty := make([]bool, n)
	for !r.bad {
		kind := r.byte()
		if kind == sevenEnd {
			break
		}
		prop := &sevenReader{b: r.take(r.number())}
		switch kind {
		case sevenEmpty:
			empty = prop.bits(n)
		case sevenNames:
			names = prop.names(n)
		}
	}
	var out []string
	for i, name := range names {
		if !empty[i] {
			out = append(out, name)
		}
	}
	return out
}

// names reads names in UTF-16, each with a zero behind it.
func (r *sevenReader) names(n int) []string {
	if r.byte() != 0 {
		return nil // kept elsewhere
	}
	var out []string
	var units []uint16
	for len(r.b) > 1 && len(out) < n {
		u := binary.LittleEndian.Uint16(r.take(2))
		if u != 0 {
			units = append(units, u)
			continue
		}
		out = append(out, string(utf16.Decode(units)))
		units = units[:0]
	}
	return out
}
