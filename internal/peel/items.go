package peel

// itemReader reads one kind of self-describing data, token by token, without
// recursion, so that depth costs nothing.
type itemReader struct {
	b  []byte
	at int
	// open counts the items that must still come in each container around
	// the place; endless containers end with a mark.
	open   []int
	fields []field
	name   string // of the text read last, if it may be a key
	keys   int
	bad    bool
}

// take returns the next n bytes and notes if there are fewer.
func (r *itemReader) take(n uint64) []byte {
	if n > uint64(len(r.b)-r.at) {
		r.bad = true
		n = uint64(len(r.b) - r.at)
	}
	out := r.b[r.at : r.at+int(n)]
	r.at += int(n)
	return out
}

// number reads n bytes, most significant first.
func (r *itemReader) number(n uint64) uint64 {
	var v uint64
	for _, c := range r.take(n) {
		v = v<<8 | uint64(c)
	}
	return v
}

// value takes a text or bytes of n and keeps it.
func (r *itemReader) value(n uint64, text bool) {
	at := r.at
	b := r.take(n)
	if len(r.fields) < partLimit {
		r.fields = append(r.fields, field{name: r.name, bytes: b, at: at})
	}
	r.name = ""
	if text {
		if r.name = nameOf(b); r.name != "" {
			r.keys++
		}
	}
}

const (
	endless   = -1
	itemDepth = 100000
)

// more opens a container of n items; a count above what could be there is
// wrong.
func (r *itemReader) more(n uint64) {
	if n > uint64(len(r.b)) || len(r.open) > itemDepth {
		r.bad = true
		return
	}
	r.open = append(r.open, int(n))
}

// read reads one item with all that is in it; step reads one token. It
// reports whether the item was right and ended with the bytes.
func (r *itemReader) read(step func(r *itemReader)) bool {
	for r.open = []int{1}; len(r.open) > 0 && !r.bad; {
		top := &r.open[len(r.open)-1]
		switch {
		case *top == 0:
			r.open = r.open[:len(r.open)-1]
			continue
		case r.at >= len(r.b):
			return false
		case *top > 0:
			*top--
		}
		step(r)
	}
	return !r.bad && r.at == len(r.b)
}

// items is the peeler of a format that an itemReader reads.
type items struct {
	name string
	// starts reports whether the first byte opens a map or a list.
	starts func(c byte) bool
	step   func(r *itemReader)
}

func (p items) Name() string { return p.name }

func (p items) Peel(in Input) []Candidate {
	if len(in.Bytes) < 8 || !p.starts(in.Bytes[0]) || in.Shape.ascii() {
		return nil
	}
	r := &itemReader{b: in.Bytes}
	whole := r.read(p.step)
	if len(r.fields) == 0 || r.keys == 0 {
		return nil
	}
	score := 0.5
	switch {
	case whole && r.keys >= 2:
		score = 0.9
	case whole || r.keys >= 4:
		score = 0.75
	}
	return fieldBids(in, p.name, r.fields, score)
}

// itemPeelers is every format read so.
func itemPeelers() []Peeler {
	return []Peeler{
		items{"msgpack", func(c byte) bool { return c >= 0x80 && c <= 0x9f || c >= 0xdc && c <= 0xdf }, msgpackStep},
		items{"cbor", func(c byte) bool { return c >= 0x80 && c <= 0xdb || c == 0xbf || c == 0x9f }, cborStep},
	}
}

// msgpackStep reads one token of MessagePack.
func msgpackStep(r *itemReader) {
	c := r.take(1)[0]
	switch {
	case c <= 0x7f || c >= 0xe0 || c == 0xc0 || c == 0xc2 || c == 0xc3:
	case c <= 0x8f:
		r.more(2 * uint64(c&15))
	case c <= 0x9f:
		r.more(uint64(c & 15))
	case c <= 0xbf:
		r.value(uint64(c&31), true)
	case c >= 0xc4 && c <= 0xc6:
		r.value(r.number(1<<(c-0xc4)), false)
	case c >= 0xc7 && c <= 0xc9:
		n := r.number(1 << (c - 0xc7))
		r.take(1)
		r.value(n, false)
	case c == 0xca || c == 0xcb:
		r.take(4 << (c - 0xca))
	case c >= 0xcc && c <= 0xd3:
		r.take(1 << ((c - 0xcc) & 3))
	case c >= 0xd4 && c <= 0xd8:
		r.take(1)
		r.value(1<<(c-0xd4), false)
	case c >= 0xd9 && c <= 0xdb:
		r.value(r.number(1<<(c-0xd9)), true)
	case c == 0xdc || c == 0xdd:
		r.more(r.number(2 << (c - 0xdc)))
	case c == 0xde || c == 0xdf:
		r.more(2 * r.number(2<<(c-0xde)))
	default:
		r.bad = true
	}
}

// cborStep reads one token of CBOR (RFC 8949).
func cborStep(r *itemReader) {
	c := r.take(1)[0]
	if c == 0xff { // the end of an endless container
		last := len(r.open) - 1
		if r.bad = r.bad || r.open[last] != endless; !r.bad {
			r.open = r.open[:last]
		}
		return
	}
	major, low := c>>5, uint64(c&31)
	noEnd := false
	switch {
	case low >= 24 && low <= 27:
		low = r.number(1 << (low - 24))
	case low == 31:
		noEnd = true
	case low > 27:
		r.bad = true
	}
	switch {
	case noEnd && (major == 2 || major == 3):
		r.chunks(major)
	case noEnd && (major == 4 || major == 5):
		r.open = append(r.open, endless)
	case major == 2 || major == 3:
		r.value(low, major == 3)
	case major == 4:
		r.more(low)
	case major == 5:
		r.more(2 * low)
	case major == 6:
		r.more(1)
	}
}

// chunks joins the pieces of a text or bytes without a length in front.
func (r *itemReader) chunks(major byte) {
	from := r.at
	var joined []byte
	for !r.bad {
		if r.at >= len(r.b) {
			r.bad = true
			break
		}
		c := r.take(1)[0]
		if c == 0xff {
			break
		}
		n := uint64(c & 31)
		if n >= 24 && n <= 27 {
			n = r.number(1 << (n - 24))
		}
		if c>>5 != major || c&31 > 27 {
			r.bad = true
			break
		}
		joined = append(joined, r.take(n)...)
	}
	if len(r.fields) < partLimit {
		r.fields = append(r.fields, field{name: r.name, bytes: joined, at: from, length: r.at - from})
	}
	r.name = ""
}
