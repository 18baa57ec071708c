package unpack

import (
	"slices"
)

// Kinds of what follows in a header.
const (
	sevenEnd        = 0x00
	sevenHead       = 0x01
	sevenArchiveTag = 0x02
	sevenMain       = 0x04
	sevenFiles      = 0x05
	sevenPack       = 0x06
	sevenUnpack     = 0x07
	sevenSubstreams = 0x08
	sevenSizes      = 0x09
	sevenSums       = 0x0a
	sevenFolders    = 0x0b
	sevenOutSizes   = 0x0c
	sevenCounts     = 0x0d
	sevenEmpty      = 0x0e
	sevenNames      = 0x11
	sevenPackedHead = 0x17
)

// sevenReader reads a header. The first thing that is wrong stays in bad.
type sevenReader struct {
	b    []byte
	most int // of anything that is counted
	bad  bool
}

func (r *sevenReader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad = true
		return make([]byte, max(0, min(n, 16)))
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *sevenReader) byte() byte { return r.take(1)[0] }

// number reads a number whose first byte says by its leading ones how many
// bytes follow.
func (r *sevenReader) number() int {
	first := r.byte()
	var v uint64
	for i := range 8 {
		if first>>(7-i)&1 == 0 {
			v |= uint64(first&(1<<(7-i)-1)) << (8 * i)
			break
		}
		v |= uint64(r.byte()) << (8 * i)
	}
	if v > 1<<40 {
		r.bad = true
		return 0
	}
	return int(v)
}

// count reads a number of things that must come.
func (r *sevenReader) count() int {
	n := r.number()
	if n > r.most {
		r.bad = true
	}
	if r.bad {
		return 0
	}
	return n
}

func (r *sevenReader) bits(n int) []bool {
	packed := r.take((n + 7) / 8)
	out := make([]bool, n)
	for i := range out {
		out[i] = !r.bad && packed[i/8]>>(7-i%8)&1 == 1
	}
	return out
}

// sums skips check sums, and returns which there were.
func (r *sevenReader) sums(n int) []bool {
	there := slices.Repeat([]bool{true}, n)
	if r.byte() == 0 {
		there = r.bits(n)
	}
	for _, one := range there {
		if one {
			r.take(4)
		}
	}
	return there
}

// archive reads the header behind its first byte.
func (r *sevenReader) archive() (*sevenArchive, error) {
	a := &sevenArchive{}
	for !r.bad {
		switch r.byte() {
		case sevenArchiveTag:
			for !r.bad && r.byte() != sevenEnd {
				r.take(r.number())
			}
		case sevenMain:
			a.folders = r.streams()
		case sevenFiles:
			a.names = r.files()
		case sevenEnd:
			if r.bad {
				return nil, errSeven
			}
			return a, nil
		default:
			r.bad = true
		}
	}
	return nil, errSeven
}
