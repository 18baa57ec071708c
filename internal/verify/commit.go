package verify

import (
	"crypto/sha256"
	"hash"
	"strconv"

	"example.org/telltale/internal/casefile/format"
)

// salt hides a value from whoever knows only its hash.
type salt = [format.SaltSize]byte

// hashers are the states of the hashes that are under way, one a depth, and
// the hashes of members' names, of which a log has few. They are used for one
// line after the other.
type hashers struct {
	open  []hash.Hash
	names map[string]sum
	buf   []byte
}

func newHashers() *hashers { return &hashers{names: map[string]sum{}} }

// mostNames bounds the memory for names.
const mostNames = 4096

func (h *hashers) name(k string) sum {
	if s, ok := h.names[k]; ok {
		return s
	}
	s := sha256.Sum256([]byte(k))
	if len(h.names) < mostNames && len(k) < 256 {
		h.names[k] = s
	}
	return s
}

// derive gives the salt of a part.
func (h *hashers) derive(from salt, name string) salt {
	h.buf = append(append(append(h.buf[:0], format.PrefixSalt), from[:]...), name...)
	s := sha256.Sum256(h.buf)
	return salt(s[:format.SaltSize])
}

func (h *hashers) scalar(text []byte, s salt) sum {
	h.buf = append(append(append(h.buf[:0], format.PrefixScalar), s[:]...), text...)
	return sha256.Sum256(h.buf)
}

// at begins a hash at a depth.
func (h *hashers) at(depth int, prefix byte) hash.Hash {
	for len(h.open) <= depth {
		h.open = append(h.open, sha256.New())
	}
	state := h.open[depth]
	state.Reset()
	state.Write([]byte{prefix})
	return state
}

// place is where a value stands: its salt, if it has one of its own, and its
// JSON pointer, which is kept only where values may be masked.
type place struct {
	salt    salt
	salted  bool
	pointer string
}

func (w *walker) part(of place, name string) place {
	p := place{salted: of.salted}
	if of.salted {
		p.salt = w.sums.derive(of.salt, name)
	}
	if w.mask != nil {
		p.pointer = of.pointer + "/" + escapePointer(name)
		if !of.salted {
			w.mask.enter(&p)
		}
	}
	return p
}

// value steps over a value and returns the commitment to it.
func (w *walker) value(at place) (sum, error) {
	if w.i >= len(w.b) {
		return sum{}, w.wrong(w.i, "the line ends within a value")
	}
	switch w.b[w.i] {
	case '{':
		if w.masked() {
			return w.maskedValue(at)
		}
		return w.object(at)
	case '[':
		return w.array(at)
	}
	start := w.i
	text, err := w.scalar()
	if err != nil {
		return sum{}, err
	}
	if !at.salted {
		return sum{}, w.wrong(start, "there is no salt for %q", at.pointer)
	}
	return w.sums.scalar(text, at.salt), nil
}

func (w *walker) array(at place) (sum, error) {
	if err := w.down(); err != nil {
		return sum{}, err
	}
	h := w.sums.at(w.depth, format.PrefixArray)
	for i := 0; !w.next(']'); i++ {
		if i > 0 {
			if err := w.take(','); err != nil {
				return sum{}, err
			}
		}
		s, err := w.value(w.part(at, strconv.Itoa(i)))
		if err != nil {
			return sum{}, err
		}
		h.Write(s[:])
	}
	w.depth--
	return sum(h.Sum(nil)), nil
}

func (w *walker) object(at place) (sum, error) {
	if err := w.down(); err != nil {
		return sum{}, err
	}
	h := w.sums.at(w.depth, format.PrefixObject)
	var name string
	var err error
	for first := true; !w.next('}'); first = false {
		start := w.i
		if name, err = w.member(first, name); err != nil {
			return sum{}, err
		}
		if name == format.MaskedMember {
			return sum{}, w.wrong(start, "a member is named %q where nothing may be masked", name)
		}
		s, err := w.value(w.part(at, name))
		if err != nil {
			return sum{}, err
		}
		k := w.sums.name(name)
		h.Write(k[:])
		h.Write(s[:])
	}
	w.depth--
	return sum(h.Sum(nil)), nil
}
