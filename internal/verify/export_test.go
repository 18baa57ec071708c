package verify

import (
	"bytes"

	"example.org/telltale"
)

// LeafOf parses a line of version 2 and returns its leaf.
func LeafOf(line []byte) ([32]byte, error) {
	e, err := parseEntry(line, newHashers())
	return e.leaf, err
}

// Canonical reports whether a text is in canonical form, and commits to it.
func Canonical(text []byte, s [16]byte) ([32]byte, error) {
	w := &walker{b: text, sums: newHashers()}
	c, err := w.value(place{salt: s, salted: true})
	if err == nil && w.i != len(text) {
		err = w.wrong(w.i, "more")
	}
	return c, err
}

// Lines are the whole lines of a log and what follows the last.
func Lines(log []byte) (lines [][]byte, tail []byte, err error) {
	tail, err = eachLine(bytes.NewReader(log), func(_ int, line []byte) error {
		lines = append(lines, bytes.Clone(line))
		return nil
	})
	return lines, tail, err
}

// Root is the root of a tree of some leaves.
func Root(leaves [][32]byte) [32]byte {
	var t tree
	for _, leaf := range leaves {
		t.add(leaf)
	}
	return t.root()
}

// Leaf hashes a record of a tree.
func Leaf(record []byte) [32]byte { return leafOf(record) }

// Note parses a note and checks its signature, as whichever it can be.
func Note(b []byte, verifier string) (text string, err error) {
	k, err := parseKey(verifier)
	if err != nil {
		return "", err
	}
	n, err := parseNote(b)
	if err != nil {
		return "", err
	}
	if k.alg == algCosigned {
		_, err = cosigned(n, k)
	} else {
		err = n.signedBy(k)
	}
	if err != nil {
		return "", err
	}
	_, err = parseHead(n.text)
	return n.text, err
}

// Entry1 parses a line of version 1.
func Entry1(line []byte) error {
	_, err := parseEntry1(line)
	return err
}

// Replay reads a case, has its record changed, and derives it again.
func Replay(dir string, do func(*telltale.Record)) ([]Problem, error) {
	version, err := versionOf(dir)
	if err != nil {
		return nil, err
	}
	c := newCheck(dir, version, Options{})
	if err := c.list(); err != nil {
		return nil, err
	}
	c.keys()
	c.readNotes()
	if err := c.log(); err != nil {
		return nil, err
	}
	do(c.book.rec)
	c.replay()
	return c.res.Problems, nil
}
