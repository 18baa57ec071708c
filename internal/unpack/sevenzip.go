package unpack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unicode/utf16"
)

// The format 7z (7zFormat.txt of its kit): a head of 32 bytes, packed streams,
// and behind them a header that says what they are, most often packed itself.

// openSevenZip reads an archive whose streams go through one coder after the
// other.
func openSevenZip(w *walker, p Part) (bool, error) {
	header, err := sevenHeader(w, p)
	if err != nil {
		w.note(p.Name, 32, "7z: %v", err)
		return false, nil
	}
	whole := true
	names := header.names
	for i, f := range header.folders {
		if len(f.parts) == 0 {
			continue
		}
		plain, err := w.sevenFolder(p, f)
		if err != nil {
			w.note(p.Name, f.at, "7z: stream %d is broken after %d bytes: %v", i, len(plain), err)
			whole = false
		}
		// What it is read from counts as well: streams may be many and empty.
		if err := w.count(p, len(plain)+f.size+sevenCost); err != nil {
			return false, err
		}
		for _, size := range f.parts {
			name := fmt.Sprintf("file %d", i)
			if len(names) > 0 {
				name, names = names[0], names[1:]
			}
			if err := w.inside(p, name, cut(plain, 0, size)); err != nil {
				return false, err
			}
			plain = plain[min(size, len(plain)):]
		}
	}
	return whole && len(header.folders) > 0, nil
}

// sevenCost is what a stream counts for besides its bytes; sevenDepth bounds
// headers that are packed in one another.
const (
	sevenCost  = 4096
	sevenDepth = 3
)

// sevenArchive is what a header says: the streams, and the names of the files
// that are in them, in order.
type sevenArchive struct {
	folders []*sevenFolderHead
	names   []string
}

// sevenFolderHead is one packed stream: where it stands, through what it
// went, outermost first, and the sizes of the files in it.
type sevenFolderHead struct {
	at, size int
	coders   []sevenCoder
	parts    []int
	// plain is how much comes out in the end; packed how many streams it was
	// packed in, and which of them is read.
	plain, packed, main int
	// order are the coders from the one that comes off last.
	order []int
	// summed: its check sum stands with the stream.
	summed bool
}

// sevenCoder is a method, its properties, and how much comes out of it.
type sevenCoder struct {
	method uint64
	props  []byte
	size   int
	// in is how many streams it takes.
	in int
}

// sevenHeader finds the header and unpacks it if it is packed.
func sevenHeader(w *walker, p Part) (*sevenArchive, error) {
	at, size := le(p.Bytes, 12, 8), le(p.Bytes, 20, 8)
	if at > uint64(len(p.Bytes)) || size > uint64(len(p.Bytes)) || 32+at+size > uint64(len(p.Bytes)) || size == 0 {
		return nil, errors.New("its header, which stands at the end, is not there")
	}
	header := p.Bytes[32+at:][:size]
	for range sevenDepth {
		r := &sevenReader{b: header, most: w.Limits.Parts}
		switch r.byte() {
		case sevenHead:
			return r.archive()
		case sevenPackedHead:
			folders := r.streams()
			if r.bad || len(folders) != 1 {
				return nil, errSeven
			}
			plain, err := w.sevenFolder(p, folders[0])
			if err != nil {
				return nil, fmt.Errorf("its header: %w", err)
			}
			header = plain
		default:
			return nil, errSeven
		}
	}
	return nil, errSeven
}

var errSeven = errors.New("its header cannot be read")

// sevenFolder takes the coders of a stream off.
func (w *walker) sevenFolder(p Part, f *sevenFolderHead) ([]byte, error) {
	b := cut(p.Bytes, f.at, f.size)
	for _, c := range f.coders {
		plain, err := w.sevenCoder(c, b)
		if c.method == sevenBCJ2 {
			return plain, err // the targets of jumps are kept elsewhere
		}
		if len(plain) > c.size {
			plain = plain[:c.size]
		}
		if len(plain) < c.size && err == nil {
			err = fmt.Errorf("%d of %d bytes were opened", len(plain), c.size)
		}
		if b = plain; err != nil {
			return b, err
		}
	}
	return b, nil
}

// Methods of coders.
const (
	sevenCopy    = 0x00
	sevenLZMA    = 0x030101
	sevenLZMA2   = 0x21
	sevenDeflate = 0x040108
	sevenBzip2   = 0x040202
	sevenZstd    = 0x04f71101
	sevenAES     = 0x06f10701
	sevenDelta   = 0x03
	sevenJumps   = 0x04 // filters of jumps, up to sevenJumpsTo
	sevenJumpsTo = 0x0a
	sevenBCJ     = 0x03030103
	sevenBCJ2    = 0x0303011b
)

func (w *walker) sevenCoder(c sevenCoder, b []byte) ([]byte, error) {
	if c.method >= sevenJumps && c.method <= sevenJumpsTo || c.method>>16 == sevenBCJ>>16 {
		return b, nil // only the targets of jumps and calls differ
	}
	switch c.method {
	case sevenCopy:
		return b, nil
	case sevenLZMA:
		if len(c.props) != 5 {
			return nil, errSeven
		}
		file := binary.LittleEndian.AppendUint64(slices.Clone(c.props), uint64(c.size))
		return w.decode("lzma", append(file, b...))
	case sevenLZMA2:
		return w.lzma2(append(slices.Clone(c.props[:min(1, len(c.props))]), b...))
	case sevenDeflate:
		plain, _, err := w.inflate(inflater(b))
		return plain, err
	case sevenBzip2:
		return w.decode("bzip2", b)
	case sevenZstd:
		return w.decode("zstd", b)
	case sevenDelta:
		return undelta(b, append(slices.Clone(c.props), 0)[0]), nil
	case sevenAES:
		return nil, errors.New("it is encrypted with a password")
	}
	return nil, fmt.Errorf("its method %#x is not known: unpack it first", c.method)
}

// undelta adds to each byte the one some places before it.
func undelta(b []byte, distance byte) []byte {
	out := slices.Clone(b)
	for i := int(distance) + 1; i < len(out); i++ {
		out[i] += out[i-int(distance)-1]
	}
	return out
}

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
