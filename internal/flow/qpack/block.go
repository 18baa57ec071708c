package qpack

import (
	"errors"
	"fmt"
)

// Needs is how many entries must have been inserted for a block to be read
// (RFC 9204, section 4.5.1.1). It fails if they cannot come any more.
func (t *Table) Needs(block []byte) (uint64, error) {
	n, _, err := number(block, 8)
	if err != nil || n == 0 {
		return 0, err
	}
	if t.err != nil {
		return 0, t.err
	}
	most := t.most / overhead
	full := 2 * most
	if n > full {
		return 0, fmt.Errorf("qpack: a block that needs entry %d of a table for %d", n, most)
	}
	highest := t.Inserted() + most
	need := highest/full*full + n - 1
	if need > highest {
		if need <= full {
			return 0, errors.New("qpack: a block that needs entries of nowhere")
		}
		need -= full
	}
	if need == 0 {
		return 0, errors.New("qpack: a block that needs no entry, and says it does")
	}
	return need, nil
}

// Read gives the fields of a block, one after the other. What came before an
// error has been given.
func (t *Table) Read(block []byte, emit func(name, value string)) error {
	need, err := t.Needs(block)
	if err != nil {
		return err
	}
	_, b, err := number(block, 8)
	if err != nil {
		return err
	}
	if len(b) == 0 {
		return errMore
	}
	before := b[0]&0x80 != 0
	delta, b, err := number(b, 7)
	if err != nil {
		return err
	}
	base := need + delta
	if before {
		if delta >= need {
			return errors.New("qpack: a block whose base lies before all entries")
		}
		base = need - delta - 1
	}
	for len(b) > 0 {
		var f field
		if f, b, err = t.line(b, base); err != nil {
			return err
		}
		emit(f.name, f.value)
	}
	return nil
}

// line reads one field line (RFC 9204, section 4.5).
func (t *Table) line(b []byte, base uint64) (f field, rest []byte, err error) {
	first := b[0]
	switch {
	case first&0x80 != 0: // indexed
		n, rest, err := number(b, 6)
		if err != nil {
			return f, nil, err
		}
		f, err = t.find(first&0x40 != 0, base, n)
		return f, rest, err
	case first&0xf0 == 0x10: // indexed, behind the base
		n, rest, err := number(b, 4)
		if err != nil {
			return f, nil, err
		}
		f, err = t.at(base + n)
		return f, rest, err
	case first&0xe0 == 0x20: // literal name
		if f.name, b, err = text(b, 3, t.limits.Text); err != nil {
			return f, nil, err
		}
	default:
		if f, b, err = t.name(b, base); err != nil {
			return f, nil, err
		}
	}
	f.value, rest, err = text(b, 7, t.limits.Text)
	return f, rest, err
}

// name finds the entry whose name a line takes.
func (t *Table) name(b []byte, base uint64) (f field, rest []byte, err error) {
	first := b[0]
	bits := 3
	if first&0x40 != 0 {
		bits = 4
	}
	n, rest, err := number(b, bits)
	switch {
	case err != nil:
	case first&0x40 != 0:
		f, err = t.find(first&0x10 != 0, base, n)
	default:
		f, err = t.at(base + n)
	}
	return f, rest, err
}

func (t *Table) find(inStatic bool, base, n uint64) (field, error) {
	if inStatic {
		return fixed(n)
	}
	return t.back(base, n)
}
