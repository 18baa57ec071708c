package verify

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"example.org/telltale/internal/casefile/format"
)

// masking is what is known of an entry of which something was taken out.
type masking struct {
	salts map[string]salt // by JSON pointer; used ones are deleted
	// masked are the pointers of what was taken out, with what stands in its
	// place, and out is the entry as it reads with that.
	masked []masked
	out    []byte
	copied int // how much of the line is in out
}

type masked struct {
	pointer string
	as      []byte
}

const maskedOpen = `{"` + format.MaskedMember + `":`

func newMasking(salts map[string][]byte) (*masking, error) {
	m := &masking{salts: make(map[string]salt, len(salts))}
	for pointer, b := range salts {
		if len(b) != format.SaltSize {
			return nil, fmt.Errorf("the salt of %.60q has %d bytes, want %d", pointer, len(b), format.SaltSize)
		}
		m.salts[pointer] = salt(b)
	}
	return m, nil
}

// enter gives a place the salt that is stated for it, if any.
func (m *masking) enter(p *place) {
	if p.salt, p.salted = m.salts[p.pointer]; p.salted {
		delete(m.salts, p.pointer)
	}
}

// unused names a salt that belongs to nothing.
func (m *masking) unused() error {
	least := ""
	for pointer := range m.salts {
		if least == "" || pointer < least {
			least = pointer
		}
	}
	if len(m.salts) > 0 {
		return fmt.Errorf("there is a salt for %.60q, which needs none", least)
	}
	return nil
}

func escapePointer(name string) string {
	if strings.ContainsAny(name, "~/") {
		name = strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
	}
	return name
}

// masked reports whether a masked value comes next.
func (w *walker) masked() bool {
	return w.mask != nil && bytes.HasPrefix(w.b[w.i:], []byte(maskedOpen))
}

// maskedValue steps over what stands for a value that was taken out, and
// returns the commitment that it states.
func (w *walker) maskedValue(at place) (sum, error) {
	start := w.i
	if at.salted {
		return sum{}, w.wrong(start, "%.60q is masked, but its salt can be told", at.pointer)
	}
	w.i += len(maskedOpen)
	as, hash, err := w.maskedParts()
	if err != nil {
		return sum{}, err
	}
	m := w.mask
	m.masked = append(m.masked, masked{at.pointer, as})
	m.out = append(append(m.out, w.b[m.copied:start]...), as...)
	m.copied = w.i
	return hash, nil
}

func (w *walker) maskedParts() (as []byte, hash sum, err error) {
	begin := w.i
	open := []byte(`{"as":`)
	if !bytes.HasPrefix(w.b[w.i:], open) {
		return nil, sum{}, w.wrong(w.i, "a masked value has no %q", "as")
	}
	w.i += len(open)
	start := w.i
	plain := walker{b: w.b, i: w.i, depth: w.depth + 2, sums: newHashers()}
	if _, err := plain.value(place{salted: true}); err != nil {
		return nil, sum{}, err
	}
	w.i = plain.i
	as = w.b[start:w.i]
	rest := []byte(`,"hash":`)
	if !bytes.HasPrefix(w.b[w.i:], rest) {
		return nil, sum{}, w.wrong(w.i, "a masked value has no %q behind %q", "hash", "as")
	}
	w.i += len(rest)
	start = w.i
	if err := w.str(); err != nil {
		return nil, sum{}, err
	}
	b, err := base64.StdEncoding.Strict().DecodeString(string(w.b[start+1 : w.i-1]))
	if err != nil || len(b) != len(hash) {
		return nil, sum{}, w.wrong(start, "the hash of a masked value is not 32 bytes in base64")
	}
	if !bytes.HasPrefix(w.b[w.i:], []byte("}}")) {
		return nil, sum{}, w.wrong(begin, "a masked value has more members than %q and %q", "as", "hash")
	}
	w.i += 2
	return as, sum(b), nil
}

// readable is the line with everything that was taken out replaced.
func (m *masking) readable(line []byte) []byte { return append(m.out, line[m.copied:]...) }

// covers reports whether a value or a part of it was taken out.
func covers(of []masked, pointer string) bool {
	for _, m := range of {
		if m.pointer == pointer || strings.HasPrefix(m.pointer, pointer+"/") || strings.HasPrefix(pointer, m.pointer+"/") {
			return true
		}
	}
	return false
}

// text returns the string that stands for a masked value; nothing if it is none.
func (m masked) text() string {
	var s string
	if json.Unmarshal(m.as, &s) != nil {
		return ""
	}
	return s
}
