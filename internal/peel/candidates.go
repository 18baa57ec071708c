package peel

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"example.org/telltale/internal/peel/match"
)

// Candidate keys of a file, for people: which bytes of it may be a key, where
// they stand, and why one may think so. Peel itself needs no such list: it
// tries all texts and all places, and the message tells.

// KeyCandidate is a run of bytes that may be a key.
type KeyCandidate struct {
	Key []byte
	// Offset in the file of what the key was read from.
	Offset int
	// Form is how it stands there: "raw", "text", "utf-16le", "hex", "base64";
	// or what was made of the text there: "md5", "sha1", "sha256", "padded".
	// Both are joined by commas, as in "utf-16le, hex".
	Form string
	// Text is what stands in the file, if it is text.
	Text string
	// Entropy of the key's bytes, in bits a byte.
	Entropy float64
	// Score in 0..1, and the reasons for it.
	Score   float64
	Reasons []string
	// Fits names the ciphers whose keys have this length.
	Fits []string
}

// Candidates lists the likeliest keys of a file, best first, at most max: the
// texts in it, what they stand for in hex and base64, digests of the likelier
// ones, and places whose bytes are as random as a key among others that are
// not. AES keys whose round keys follow them are certain. The work is
// proportional to the file.
func Candidates(b []byte, max int) []KeyCandidate {
	c := &candidates{file: b, max: max, seen: map[string]int{}}
	c.schedules()
	keyTexts(b, false, c.text)
	c.raw()
	c.digests()
	return c.best()
}

// candidates gathers keys, each bytes once, and forgets the worst.
type candidates struct {
	file []byte
	max  int
	all  []KeyCandidate
	seen map[string]int
	// floor is the least score that still counts.
	floor float64
}

// add keeps the better of two finds of one key.
func (c *candidates) add(k KeyCandidate) {
	if k.Score <= c.floor {
		return
	}
	if at, ok := c.seen[string(k.Key)]; ok {
		if k.Score > c.all[at].Score {
			c.all[at] = k
		}
		return
	}
	k.Key = bytes.Clone(k.Key)
	c.seen[string(k.Key)] = len(c.all)
	c.all = append(c.all, k)
	if len(c.all) >= 4*c.max+64 {
		c.prune()
	}
}

// prune keeps the best.
func (c *candidates) prune() {
	c.all = c.best()
	clear(c.seen)
	for i, k := range c.all {
		c.seen[string(k.Key)] = i
	}
	if len(c.all) == c.max && c.max > 0 {
		c.floor = c.all[c.max-1].Score
	}
}

func (c *candidates) best() []KeyCandidate {
	slices.SortStableFunc(c.all, func(a, b KeyCandidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Offset, b.Offset), cmp.Compare(len(b.Key), len(a.Key)))
	})
	return c.all[:min(len(c.all), max(c.max, 0))]
}

// text judges one text of the file, or what it stands for.
func (c *candidates) text(key []byte, how string, offset int) {
	decoded := strings.HasSuffix(how, "hex") || strings.HasSuffix(how, "base64")
	if how == "utf-16le" {
		offset = c.wideAt(key, offset)
	}
	fits := fitting(len(key))
	if padded := slices.Contains([]int{7, 15, 23, 31}, len(key)); padded && !decoded {
		c.terminated(key, how, offset)
	}
	if len(fits) == 0 && (decoded || !c.hinted(offset)) {
		return
	}
	k := KeyCandidate{Key: key, Offset: offset, Form: how, Entropy: shannon(key), Fits: fits}
	switch {
	case decoded:
		k.decodedReasons()
	case wideText(key):
		k.Form, k.Text = "utf-16le", narrowed(key)
		k.textReasons(k.Text)
	default:
		k.Text = string(key)
		if how == "" {
			k.Form = "text"
		}
		k.textReasons(k.Text)
	}
	c.place(&k)
	c.add(k)
}

// wideAt is where in the file a text stands in UTF-16LE, from about a place.
func (c *candidates) wideAt(text []byte, offset int) int {
	window := c.file[offset:min(len(c.file), offset+2*keyRun+2*len(text))]
	if at := bytes.Index(window, match.Encode(string(text), "utf-16le")); at >= 0 {
		return offset + at
	}
	return offset
}

// terminated is a text one byte short of a key: the zero byte that ends it
// may belong to it.
func (c *candidates) terminated(text []byte, how string, offset int) {
	step := 1
	if strings.HasPrefix(how, "utf-16le") {
		step = 2
	}
	if end := offset + step*len(text); end >= len(c.file) || c.file[end] != 0 {
		return
	}
	k := KeyCandidate{Key: append(bytes.Clone(text), 0), Offset: offset, Form: cmp.Or(how, "text"), Text: string(text), Fits: fitting(len(text) + 1)}
	k.Entropy = shannon(k.Key)
	k.textReasons(k.Text)
	k.because(0, "with the zero byte that ends it")
	c.place(&k)
	c.add(k)
}

// raw finds places whose bytes are random among others that are not: a key
// of an array in a program's data. Where everything is random, as in
// compressed parts, nothing is.
func (c *candidates) raw() {
	s := newSurprise(c.file)
	for _, n := range []int{16, 24, 32} {
		last := -n
		for from := 0; from < len(c.file); from += scanPiece {
			piece := c.file[from:min(len(c.file), from+scanPiece+n-1)]
			s.each(piece, n, func(at int) {
				at += from
				if at%4 != 0 || at < last+n || !c.alone(at, n) || printableShare(c.file[at:at+n]) > 0.7 {
					return
				}
				last = at
				key := c.file[at : at+n]
				k := KeyCandidate{Key: key, Offset: at, Form: "raw", Entropy: shannon(key), Fits: fitting(n), Score: 0.2}
				k.because(0.35, "bytes as different as those of a random key of "+strings.Join(k.Fits, ", ")+", among others that are not")
				c.place(&k)
				c.add(k)
			})
		}
	}
}

// alone reports whether what stands around n bytes is less random than they.
func (c *candidates) alone(at, n int) bool {
	before, after := c.file[max(0, at-n):at], c.file[at+n:min(len(c.file), at+2*n)]
	return distinctOf(before) < distinctLeast(n)-2 && distinctOf(after) < distinctLeast(n)-2
}

// digestsOf is how many of the likeliest texts are digested.
const digestsOf = 40

// digests adds what the likeliest texts give when they are hashed, as programs
// do that take a passphrase for a key.
func (c *candidates) digests() {
	likely := slices.DeleteFunc(slices.Clone(c.best()), func(k KeyCandidate) bool { return k.Text == "" })
	for _, from := range likely[:min(len(likely), digestsOf)] {
		forms := texts{derived: true, yield: func(key []byte, how string, _ int) {
			k := KeyCandidate{
				Key: key, Offset: from.Offset, Form: strings.TrimPrefix(from.Form+", ", "text, ") + how, Text: from.Text,
				Entropy: shannon(key), Fits: fitting(len(key)), Score: 0.6 * from.Score,
			}
			k.because(0, how+" of a text that may be a key or a passphrase")
			c.add(k)
		}}
		forms.forms([]byte(from.Text), "", from.Offset)
	}
}
