package casefile

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"

	"example.org/telltale/internal/casefile/format"
)

// Canonical returns a JSON text in the canonical form of RFC 8785, except that
// integers keep all their digits. Errors name the byte.
func Canonical(raw []byte) ([]byte, error) {
	var e encoder
	return e.whole(raw)
}

// encoder turns JSON texts into canonical form and commits to their values, in
// one walk. It keeps its buffers from one text to the next.
type encoder struct {
	in  []byte
	pos int
	out []byte
	// commits asks for commitments.
	commits bool
	// unmask puts what stands for a masked value in its place.
	unmask bool
	depth  int

	names   []byte   // of the members of all open objects
	members []member // of all open objects
	sums    []byte   // of the values of all open arrays
	scratch []byte
	// nameSums are hashes of names that came before.
	nameSums map[string]sum
}

// member is one of an object's: its name in encoder.names, what was written
// in encoder.out, and the commitment to its value.
type member struct {
	name, nameEnd int
	from, to      int
	sum           sum
}

type (
	salt [format.SaltSize]byte
	sum  [sha256.Size]byte
)

// whole encodes a text that holds one value and nothing else.
func (e *encoder) whole(raw []byte) ([]byte, error) {
	e.reset(raw, 0)
	if _, err := e.text(salt{}); err != nil {
		return nil, err
	}
	return e.out, nil
}

// lineRoom is what a line takes besides its body, and a little more.
const lineRoom = 256

// reset begins a new text that is nested below so many objects, over what was
// written of the one before.
func (e *encoder) reset(raw []byte, depth int) {
	if cap(e.out) > maxScratch || cap(e.out) < len(raw)+lineRoom {
		e.out = make([]byte, 0, len(raw)+lineRoom)
	}
	if cap(e.scratch) > maxScratch {
		e.scratch = nil
	}
	e.in, e.pos, e.out, e.depth = raw, 0, e.out[:0], depth
	e.names, e.members, e.sums = e.names[:0], e.members[:0], e.sums[:0]
}

// text encodes all of the input as one value.
func (e *encoder) text(s salt) (sum, error) {
	e.blanks()
	c, err := e.value(s)
	if err != nil {
		return c, err
	}
	if e.blanks(); e.pos < len(e.in) {
		return c, e.wrong("more than one value")
	}
	return c, nil
}

func (e *encoder) wrong(what string) error { return fmt.Errorf("byte %d: %s", e.pos, what) }

func (e *encoder) blanks() {
	for e.pos < len(e.in) {
		switch e.in[e.pos] {
		case ' ', '\t', '\n', '\r':
			e.pos++
		default:
			return
		}
	}
}

// next steps over blanks and looks at the byte behind them, 0 at the end.
func (e *encoder) next() byte {
	e.blanks()
	if e.pos == len(e.in) {
		return 0
	}
	return e.in[e.pos]
}

func (e *encoder) value(s salt) (sum, error) {
	switch e.next() {
	case '{':
		return e.nested(s, e.object)
	case '[':
		return e.nested(s, e.array)
	}
	from := len(e.out)
	if err := e.scalar(); err != nil {
		return sum{}, err
	}
	return e.leaf(s, e.out[from:]), nil
}

func (e *encoder) nested(s salt, value func(salt) (sum, error)) (sum, error) {
	if e.depth++; e.depth > format.MaxDepth {
		return sum{}, e.wrong(fmt.Sprintf("nested more than %d deep", format.MaxDepth))
	}
	e.pos++
	c, err := value(s)
	e.depth--
	return c, err
}

func (e *encoder) scalar() error {
	switch c := e.next(); c {
	case '"':
		return e.str()
	case 't':
		return e.word("true")
	case 'f':
		return e.word("false")
	case 'n':
		return e.word("null")
	default:
		return e.number()
	}
}

func (e *encoder) word(w string) error {
	if !bytes.HasPrefix(e.in[e.pos:], []byte(w)) {
		return e.wrong("no JSON value")
	}
	e.pos += len(w)
	e.out = append(e.out, w...)
	return nil
}

func (e *encoder) array(s salt) (c sum, err error) {
	base := len(e.sums)
	e.sums = append(e.sums, format.PrefixArray)
	e.out = append(e.out, '[')
	for i := 0; ; i++ {
		if e.next() == ']' && i == 0 {
			break
		}
		if c, err = e.value(e.indexed(s, i)); err != nil {
			return c, err
		}
		if e.commits {
			e.sums = append(e.sums, c[:]...)
		}
		if more, err := e.more(']'); err != nil {
			return c, err
		} else if !more {
			break
		}
		e.out = append(e.out, ',')
	}
	e.pos++
	e.out = append(e.out, ']')
	if e.commits {
		c = sha256.Sum256(e.sums[base:])
	}
	e.sums = e.sums[:base]
	return c, nil
}

// more steps over a comma and looks for the end of an array or object.
func (e *encoder) more(end byte) (bool, error) {
	switch e.next() {
	case ',':
		e.pos++
		return true, nil
	case end:
		return false, nil
	}
	return false, e.wrong(fmt.Sprintf("want a comma or %q", end))
}

func (e *encoder) object(s salt) (c sum, err error) {
	base, names := len(e.members), len(e.names)
	e.out = append(e.out, '{')
	from := len(e.out)
	for e.next() != '}' || len(e.members) > base {
		masked, err := e.member(s)
		if masked || err != nil {
			e.members, e.names = e.members[:base], e.names[:names]
			return c, err
		}
		if more, err := e.more('}'); err != nil {
			return c, err
		} else if !more {
			break
		}
	}
	e.pos++
	if err := e.sort(base, from); err != nil {
		return c, err
	}
	e.out = append(e.out, '}')
	if e.commits {
		c = e.object256(e.members[base:])
	}
	e.members, e.names = e.members[:base], e.names[:names]
	return c, nil
}

// member encodes one member of an object. masked tells that the whole object
// stood for a masked value, and that its alias was written instead.
func (e *encoder) member(s salt) (masked bool, err error) {
	m := member{name: len(e.names), from: len(e.out)}
	if e.next() != '"' {
		return false, e.wrong("want the name of a member")
	}
	if err := e.str(); err != nil {
		return false, err
	}
	e.names = unquote(e.names, e.out[m.from:])
	m.nameEnd = len(e.names)
	name := e.names[m.name:]
	if string(name) == format.MaskedMember {
		return true, e.masked(m.from)
	}
	if e.next() != ':' {
		return false, e.wrong("want a colon")
	}
	e.pos++
	e.out = append(e.out, ':')
	if m.sum, err = e.value(e.derived(s, name)); err != nil {
		return false, err
	}
	m.to = len(e.out)
	e.out = append(e.out, ',')
	e.members = append(e.members, m)
	return false, nil
}

// sort puts the members of an object in order; each was written with a comma
// behind it, the last one loses it.
func (e *encoder) sort(base, from int) error {
	members := e.members[base:]
	if len(members) == 0 {
		return nil
	}
	byName := func(a, b member) int { return compareUTF16(e.name(a), e.name(b)) }
	sorted := slices.IsSortedFunc(members, byName)
	if !sorted {
		slices.SortFunc(members, byName)
		e.scratch = append(e.scratch[:0], e.out[from:]...)
		e.out = e.out[:from]
		for i := range members {
			m := &members[i]
			e.out = append(e.out, e.scratch[m.from-from:m.to-from+1]...)
		}
	}
	e.out = e.out[:len(e.out)-1]
	for i := range members[1:] {
		if byName(members[i], members[i+1]) == 0 {
			return e.wrong("a member comes twice: " + strconv.QuoteToASCII(string(e.name(members[i]))))
		}
	}
	return nil
}

func (e *encoder) name(m member) []byte { return e.names[m.name:m.nameEnd] }
