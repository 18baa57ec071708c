package peel

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
)

// keyTexts yields the texts in a file that may be keys or stand for keys: the
// printable runs of ASCII and UTF-16LE, whole, between quotes, and as the
// words that settings and addresses are made of; each as it is and decoded
// from hex or base64, or, where derived, what it stands for. Nothing is
// stored: the keys are only valid until yield returns.
func keyTexts(b []byte, derived bool, yield func(key []byte, how string, offset int)) {
	t := &texts{yield: yield, derived: derived}
	for i := 0; i < len(b); {
		from := i
		for i < len(b) && b[i] >= 0x20 && b[i] < 0x7f {
			i++
		}
		if i-from >= keyRunLeast || i-from >= keyLeast && ended(b, from, i) {
			t.run(b[from:i], "", from)
		}
		if i == from {
			i++
		}
	}
	t.wide(b)
}

// ended reports whether a run is a text of C, or quoted: random bytes and
// code have many short runs of letters.
func ended(b []byte, from, until int) bool {
	return until < len(b) && b[until] == 0 && (from == 0 || b[from-1] == 0) || b[from] == '"' || b[from] == '\''
}

type texts struct {
	derived bool
	yield   func(key []byte, how string, offset int)
	narrow  []byte
	seen    [1 << seenBits]uint64
	padded  [32]byte
}

const (
	keyRun = 4096
	// keyRunLeast is how long a run must be that is no marked text.
	keyRunLeast = 8
)

// run splits a run at the separators of more and more formats.
func (t *texts) run(run []byte, how string, offset int) {
	run = run[:min(len(run), keyRun)]
	t.text(run, how, offset)
	for _, separators := range []string{"\"'`", " \t", "=;", " =:,;\"'&?/<>(){}[]|"} {
		if !bytes.ContainsAny(run, separators) {
			continue
		}
		for from := 0; from < len(run); {
			n := bytes.IndexAny(run[from:], separators)
			if n < 0 {
				n = len(run) - from
			}
			if part := run[from : from+n]; n < len(run) {
				t.text(part, how, offset+from)
			}
			from += n + 1
		}
	}
	if _, value, ok := bytes.Cut(run, []byte("=")); ok {
		t.text(bytes.TrimRight(value, ";"), how, offset+len(run)-len(value))
	}
}

// text yields one text in every form.
func (t *texts) text(b []byte, how string, offset int) {
	if len(b) < keyLeast || !t.fresh(b) {
		return
	}
	if t.derived {
		if len(b) <= keyMost {
			t.forms(b, how, offset)
		}
		return
	}
	if len(b) <= keyMost {
		t.yield(b, how, offset)
	}
	if len(b) <= 4*keyMost {
		t.decoded(b, how, offset)
	}
}

// fresh reports whether a text is new, as far as is remembered: programs hold
// the same texts many times.
func (t *texts) fresh(b []byte) bool {
	h := uint64(14695981039346656037) // FNV-1a
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	slot := &t.seen[h>>(64-seenBits)]
	if *slot == h {
		return false
	}
	*slot = h
	return true
}

const seenBits = 13

// forms yields what a text stands for: itself padded with zeros, and its
// digests, whole or cut to the length of a key, as bytes and in hex.
func (t *texts) forms(b []byte, how string, offset int) {
	for _, n := range []int{8, 16, 24, 32} {
		if len(b) < n {
			clear(t.padded[copy(t.padded[:], b):])
			t.yield(t.padded[:n], join(how, "padded"), offset)
		}
	}
	m, s1, s := md5.Sum(b), sha1.Sum(b), sha256.Sum256(b)
	t.yield(m[:], join(how, "md5"), offset)
	t.yield(s[:], join(how, "sha256"), offset)
	t.yield(s[:16], join(how, "sha256"), offset)
	t.yield(s1[:16], join(how, "sha1"), offset)
	hex.Encode(t.padded[:], m[:])
	t.yield(t.padded[:], join(how, "md5 in hex"), offset)
	t.yield(t.padded[:16], join(how, "md5 in hex"), offset)
	t.yield(t.padded[8:24], join(how, "md5 in hex"), offset)
}

// decoded yields what hex or base64 text stands for.
func (t *texts) decoded(b []byte, how string, offset int) {
	if len(b) < 2*keyLeast-3 {
		return
	}
	if len(b)%2 == 0 {
		if plain := unhex(b); len(plain) == len(b)/2 {
			t.yield(plain, join(how, "hex"), offset)
			return
		}
	}
	if body := bytes.TrimRight(b, "="); len(body)%4 != 1 && len(b) <= 2*keyMost {
		if plain := unbase64(b); len(plain) >= keyLeast && len(plain) == len(body)*6/8 {
			t.yield(plain, join(how, "base64"), offset)
		}
	}
}

// wide yields runs of UTF-16LE, as the text they are and as their bytes. What
// stands behind may look like one more character, so both ends are tried at
// the lengths of keys.
func (t *texts) wide(b []byte) {
	for i := 0; i+1 < len(b); {
		from := i
		for i+1 < len(b) && b[i] >= 0x20 && b[i] < 0x7f && b[i+1] == 0 {
			i += 2
		}
		if run := b[from:i]; len(run) >= 8 && len(run) <= keyRun {
			t.wideRun(run, from)
		}
		if i == from {
			i++
		}
	}
}

func (t *texts) wideRun(run []byte, offset int) {
	t.narrow = t.narrow[:0]
	for i := 0; i < len(run); i += 2 {
		t.narrow = append(t.narrow, run[i])
	}
	narrow := t.narrow
	t.run(narrow, "utf-16le", offset)
	if len(narrow) > keyLeast {
		t.text(narrow[1:], "utf-16le", offset+2)
	}
	for _, n := range []int{8, 16, 24, 32} {
		if len(run) < n {
			break
		}
		t.yield(run[:n], "", offset)
		if len(run) > n {
			t.yield(run[len(run)-n:], "", offset+len(run)-n)
		}
	}
}

func join(how, more string) string {
	if how == "" {
		return more
	}
	return how + ", " + more
}
