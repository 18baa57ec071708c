package qpack

import (
	"errors"
	"fmt"
)

// field is one header line.
type field struct{ name, value string }

// overhead is what an entry counts beside its text (RFC 9204, section 3.2.1).
const overhead = 32

func (f field) size() uint64 { return uint64(len(f.name) + len(f.value) + overhead) }

// Limits bound what is held. Zero fields get the defaults named.
type Limits struct {
	// Table is how large the table may be: 1 MiB.
	Table uint64
	// Text is how long a string may be as it passes: 256 KiB.
	Text int
}

// Table is what the octets of one encoder stream have made. It has one
// caller at a time.
type Table struct {
	limits Limits
	// most is the capacity that the reader of the blocks allows, capacity
	// the one that their writer has chosen.
	most, capacity uint64
	size           uint64
	// entries that are there, the oldest first; dropped ones came before.
	entries []field
	dropped uint64
	// held is the beginning of an instruction.
	held []byte
	err  error
}

// New returns an empty table.
func New(l Limits) *Table {
	if l.Table == 0 {
		l.Table = 1 << 20
	}
	if l.Text <= 0 {
		l.Text = 256 << 10
	}
	return &Table{limits: l}
}

// Allow takes the capacity that the reader of the blocks announces
// (SETTINGS_QPACK_MAX_TABLE_CAPACITY). Larger tables than those of the limits
// are not followed.
func (t *Table) Allow(capacity uint64) { t.most = capacity }

// Inserted is how many entries have come so far.
func (t *Table) Inserted() uint64 { return t.dropped + uint64(len(t.entries)) }

// Octets takes what passed next on the encoder stream. After an error the
// table cannot be followed any more.
func (t *Table) Octets(b []byte) error {
	if t.err != nil {
		return t.err
	}
	all := append(t.held, b...)
	b = all
	for len(b) > 0 {
		rest, err := t.instruction(b)
		if errors.Is(err, errMore) {
			break
		}
		if err != nil {
			t.err, t.held, t.entries = err, nil, nil
			return err
		}
		b = rest
	}
	if len(b) == len(all) {
		t.held = all // not copied again and again while an instruction comes in small pieces
	} else {
		t.held = append(all[:0], b...)
	}
	return nil
}

// instruction carries out one (RFC 9204, section 4.3).
func (t *Table) instruction(b []byte) (rest []byte, err error) {
	switch {
	case b[0]&0x80 != 0:
		return t.named(b)
	case b[0]&0x40 != 0:
		var f field
		if f.name, b, err = text(b, 5, t.limits.Text); err != nil {
			return nil, err
		}
		if f.value, b, err = text(b, 7, t.limits.Text); err != nil {
			return nil, err
		}
		return b, t.insert(f)
	case b[0]&0x20 != 0:
		n, rest, err := number(b, 5)
		if err != nil {
			return nil, err
		}
		return rest, t.resize(n)
	}
	back, rest, err := number(b, 5)
	if err != nil {
		return nil, err
	}
	f, err := t.back(t.Inserted(), back)
	if err != nil {
		return nil, err
	}
	return rest, t.insert(f)
}

// named inserts an entry with the name of another.
func (t *Table) named(b []byte) (rest []byte, err error) {
	inStatic := b[0]&0x40 != 0
	n, b, err := number(b, 6)
	if err != nil {
		return nil, err
	}
	var f field
	if inStatic {
		f, err = fixed(n)
	} else {
		f, err = t.back(t.Inserted(), n)
	}
	if err != nil {
		return nil, err
	}
	if f.value, b, err = text(b, 7, t.limits.Text); err != nil {
		return nil, err
	}
	return b, t.insert(f)
}

func (t *Table) resize(n uint64) error {
	if n > t.most || n > t.limits.Table {
		return fmt.Errorf("qpack: a table of %d octets where %d are allowed, and %d followed", n, t.most, t.limits.Table)
	}
	t.capacity = n
	t.evict(0)
	return nil
}

func (t *Table) insert(f field) error {
	if f.size() > t.capacity {
		return fmt.Errorf("qpack: an entry of %d octets for a table of %d", f.size(), t.capacity)
	}
	t.evict(f.size())
	t.entries = append(t.entries, f)
	t.size += f.size()
	return nil
}

// evict drops the oldest entries until there is room.
func (t *Table) evict(room uint64) {
	n := 0
	for t.size+room > t.capacity {
		t.size -= t.entries[n].size()
		n++
	}
	clear(t.entries[:n]) // what is cut off at the front stays in memory for a while
	t.entries = t.entries[n:]
	t.dropped += uint64(n)
}

// back finds the entry that came so many before the one after base.
func (t *Table) back(base, n uint64) (field, error) {
	if n >= base {
		return field{}, fmt.Errorf("qpack: entry %d before the first", n-base)
	}
	return t.at(base - 1 - n)
}

// at finds an entry by its number.
func (t *Table) at(n uint64) (field, error) {
	if n < t.dropped || n >= t.Inserted() {
		return field{}, fmt.Errorf("qpack: entry %d of those from %d to %d", n, t.dropped, t.Inserted())
	}
	return t.entries[n-t.dropped], nil
}

// fixed finds an entry of the static table.
func fixed(n uint64) (field, error) {
	if n >= uint64(len(static)) {
		return field{}, fmt.Errorf("qpack: entry %d of the static table", n)
	}
	return static[n], nil
}
