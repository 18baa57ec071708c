package peel

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"sync"

	"example.org/telltale/internal/peel/match"
)

// MaxLag is the longest repeating key that is derived from known plaintext.
const MaxLag = 32

// Cribs are the known texts of a job, compiled. They are immutable to the
// outside and may be shared; what is costly is compiled on first use.
type Cribs struct {
	needles []Needle
	typed   map[string]bool
	set     *match.Set
	// wordSet finds typed words in lists; as cribs they are shorter.
	wordSet *match.Set
	hashes  func() hashTable
	// known are the needles and then the words; lags finds them.
	known []Needle
	lags  [MaxLag + 1]func() *match.Set
	// parts finds those that are shorter than two keys.
	parts [MaxLag + 1]func() *match.Set
	// steps finds the differences of the known texts, which stepTexts are.
	steps     func() *match.Set
	stepTexts [][]byte
}

// NewCribs compiles needles, and words that may stand beside them.
func NewCribs(needles []Needle, words []string) *Cribs {
	c := &Cribs{needles: needles, typed: map[string]bool{}, set: match.Compile(needles)}
	asNeedles := make([]Needle, 0, len(words))
	for _, w := range words {
		asNeedles = append(asNeedles, Needle{Text: w})
		c.typed[fold(w)] = true
	}
	c.wordSet = match.Compile(asNeedles)
	c.hashes = sync.OnceValue(func() hashTable { return newHashTable(needles) })
	c.known = append(append([]Needle(nil), needles...), asNeedles...)
	c.steps = sync.OnceValue(func() (set *match.Set) {
		set, c.stepTexts = stepSet(c.known)
		return set
	})
	for n := range c.lags {
		c.lags[n] = sync.OnceValue(func() *match.Set { return match.Lag(c.known, n) })
		c.parts[n] = sync.OnceValue(func() *match.Set { return match.LagPart(c.known, n) })
	}
	return c
}

// Has reports whether a needle is in b, in any charset.
func (c *Cribs) Has(b []byte) bool { return c.set.Has(b) }

// Knows reports whether a needle or a typed word is in b.
func (c *Cribs) Knows(b []byte) bool { return c.set.Has(b) || c.wordSet.Has(b) }

// countWords counts the lines that are typed words, case folded.
func (c *Cribs) countWords(lines []string) int {
	n := 0
	for _, l := range lines {
		if c.typed[fold(l)] {
			n++
		}
	}
	return n
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// cribMemo keeps the last few compiled cribs: a case opens thousands of
// messages with the same needles. It never changes a result.
type cribMemo struct {
	mu   sync.Mutex
	last []memoEntry
}

type memoEntry struct {
	key   [sha256.Size]byte
	cribs *Cribs
}

const memoSize = 4

func (m *cribMemo) get(needles []Needle, words []string) *Cribs {
	key := cribKey(needles, words)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.last {
		if e.key == key {
			return e.cribs
		}
	}
	c := NewCribs(needles, words)
	m.last = append(m.last, memoEntry{key, c})
	if len(m.last) > memoSize {
		m.last = m.last[1:]
	}
	return c
}

func cribKey(needles []Needle, words []string) [sha256.Size]byte {
	h := sha256.New()
	put := func(s string) {
		var n [4]byte
		binary.LittleEndian.PutUint32(n[:], uint32(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	for _, n := range needles {
		put(n.Probe)
		put(n.Text)
	}
	put("words")
	for _, w := range words {
		put(w)
	}
	return [sha256.Size]byte(h.Sum(nil))
}
