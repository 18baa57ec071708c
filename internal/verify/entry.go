package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"example.org/telltale/internal/casefile/format"
)

// entry is one line of the log.
type entry struct {
	format.Entry
	leaf   sum      // of the Merkle tree
	masked []masked // what was taken out, by pointers from the entry
}

// parseEntry1 parses a line of version 1: the line itself is the record.
func parseEntry1(line []byte) (entry, error) {
	e := entry{leaf: leafOf(line)}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e.Entry); err != nil {
		return entry{}, fmt.Errorf("not an entry: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return entry{}, fmt.Errorf("bytes after the entry at offset %d", dec.InputOffset())
	}
	if e.Salt != nil || e.Salts != nil {
		return entry{}, errors.New("an entry of version 1 has no salt: the file format names another version than the log has")
	}
	return e, nil
}

// parseEntry parses a line of version 2 and commits to it.
func parseEntry(line []byte, sums *hashers) (entry, error) {
	e, err := readEntry(line)
	if err != nil {
		return entry{}, err
	}
	w := &walker{b: line, sums: sums}
	top, err := e.top(w)
	if err != nil {
		return entry{}, err
	}
	commitment, err := w.entry(top)
	if err != nil {
		return entry{}, err
	}
	e.leaf = leafOf(commitment[:])
	if at := e.At.UTC().Format(time.RFC3339Nano); w.mask == nil && !bytes.HasPrefix(line, []byte(`{"at":"`+at+`"`)) {
		return entry{}, fmt.Errorf("offset 1: the time is not in UTC, or not in its shortest form (%s)", at)
	}
	if w.mask != nil {
		return e, e.unmask(w.mask, line)
	}
	return e, nil
}

// readEntry decodes the entry, or if that cannot be done before masked values
// are replaced, its salts alone.
func readEntry(line []byte) (entry, error) {
	var e entry
	err := json.Unmarshal(line, &e.Entry)
	if err == nil {
		return e, nil
	}
	var salts struct {
		Salts map[string][]byte `json:"salts"`
	}
	if again := json.Unmarshal(line, &salts); again != nil || salts.Salts == nil {
		return entry{}, fmt.Errorf("not an entry: %w", err)
	}
	return entry{Entry: format.Entry{Salts: salts.Salts}}, nil
}

// top is the place of the entry itself.
func (e *entry) top(w *walker) (place, error) {
	switch {
	case e.Salts != nil && e.Salt != nil:
		return place{}, errors.New("has both salt and salts")
	case e.Salts != nil:
		var err error
		w.mask, err = newMasking(e.Salts)
		return place{}, err
	case len(e.Salt) != format.SaltSize:
		return place{}, fmt.Errorf("the salt has %d bytes, want %d", len(e.Salt), format.SaltSize)
	}
	return place{salt: salt(e.Salt), salted: true}, nil
}

// entry steps over the whole line. Salts are left out of the commitment.
func (w *walker) entry(top place) (sum, error) {
	if len(w.b) == 0 || w.b[0] != '{' {
		return sum{}, w.wrong(0, "not in canonical form: want %q", '{')
	}
	w.i, w.depth = 1, 1
	h := w.sums.at(1, format.PrefixObject)
	salts := "salt"
	if w.mask != nil {
		salts = "salts"
	}
	before := ""
	for i, want := range [...]string{"at", "body", "n", salts, "type"} {
		start := w.i
		name, err := w.member(i == 0, before)
		if err != nil {
			return sum{}, err
		}
		if before = name; name != want {
			return sum{}, w.wrong(start, "member %.40q where %q belongs", name, want)
		}
		if name == salts {
			if err := w.skip(); err != nil {
				return sum{}, err
			}
			continue
		}
		s, err := w.value(w.part(top, name))
		if err != nil {
			return sum{}, err
		}
		k := sha256.Sum256([]byte(name))
		h.Write(k[:])
		h.Write(s[:])
	}
	if err := w.take('}'); err != nil {
		return sum{}, err
	}
	if w.i != len(w.b) {
		return sum{}, w.wrong(w.i, "bytes after the entry")
	}
	return sum(h.Sum(nil)), nil
}

// skip steps over a salt or the salts, which are in canonical form like
// everything else, base64 included.
func (w *walker) skip() error {
	start := w.i
	plain := walker{b: w.b, i: w.i, depth: w.depth, sums: newHashers()}
	if _, err := plain.value(place{salted: true}); err != nil {
		return err
	}
	w.i = plain.i
	text := w.b[start:w.i]
	if w.mask == nil {
		return w.saltText(start, text)
	}
	var salts map[string]json.RawMessage
	if err := json.Unmarshal(text, &salts); err != nil {
		return w.wrong(start, "%v", err)
	}
	for _, one := range salts {
		if err := w.saltText(start, one); err != nil {
			return err
		}
	}
	return nil
}

// saltText checks that a salt is written in the one way that there is.
func (w *walker) saltText(at int, text []byte) error {
	var b []byte
	err := json.Unmarshal(text, &b)
	if err == nil && string(text) == `"`+base64.StdEncoding.EncodeToString(b)+`"` {
		return nil
	}
	return w.wrong(at, "the salt is not written as base64 is")
}

// unmask reads the entry with what stands in place of masked values.
func (e *entry) unmask(m *masking, line []byte) error {
	if err := m.unused(); err != nil {
		return err
	}
	if len(m.masked) == 0 {
		return errors.New("has salts although nothing is masked")
	}
	e.masked = m.masked
	for _, pointer := range []string{"/n", "/type"} {
		if covers(m.masked, pointer) {
			return fmt.Errorf("%s is masked, which cannot be", pointer)
		}
	}
	var plain format.Entry
	if err := json.Unmarshal(m.readable(line), &plain); err != nil {
		return fmt.Errorf("does not read with what stands for masked values: %w", err)
	}
	e.At, e.Body, e.N, e.Type = plain.At, plain.Body, plain.N, plain.Type
	return nil
}
