// Package people invents the lab network's people: names, addresses,
// telephone numbers, what they write to each other, and the words that the
// lab's filters look for. All of it comes out of a seeded source, so that
// every process of the lab invents the same.
//
// Nobody here exists. Addresses are from the documentation ranges (RFC 5737),
// numbers from the ranges kept for fiction, words out of rare characters and
// made-up syllables. No published list is copied; only their shape is.
package people

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
)

// Source returns a random source that depends on seed and label alone. What
// is drawn under one label never shifts what is drawn under another.
func Source(seed uint64, label string) *rand.Rand {
	sum := fnv.New64a()
	sum.Write([]byte(label))
	return rand.New(rand.NewPCG(seed, sum.Sum64()))
}

// People draws people and what belongs to them. Names never come twice out
// of one People. It is not safe for use by several goroutines.
type People struct {
	rng  *rand.Rand
	used map[string]bool
}

// New draws from rng and never gives out the names in taken.
func New(rng *rand.Rand, taken ...string) *People {
	p := &People{rng: rng, used: map[string]bool{}}
	for _, name := range taken {
		p.used[name] = true
	}
	return p
}

// User is an account name not given before: 1 to 32 of a-z, 0-9 and dot,
// beginning and ending with a letter or digit.
func (p *People) User() string {
	for {
		name := pick(p.rng, givenNames)
		switch p.rng.IntN(3) {
		case 0:
			name += fmt.Sprintf("%02d", p.rng.IntN(100))
		case 1:
			name += "." + pick(p.rng, nameEndings)
		case 2:
			name += "." + pick(p.rng, nameEndings) + fmt.Sprint(p.rng.IntN(10))
		}
		if !p.used[name] {
			p.used[name] = true
			return name
		}
	}
}

// Address is in one of the documentation ranges of RFC 5737.
func (p *People) Address() netip.Addr {
	nets := [][3]byte{{192, 0, 2}, {198, 51, 100}, {203, 0, 113}}
	n := nets[p.rng.IntN(len(nets))]
	return netip.AddrFrom4([4]byte{n[0], n[1], n[2], byte(1 + p.rng.IntN(254))})
}

// Number is a telephone number in a range kept for fiction: North American
// 555-0100 to 555-0199, or the United Kingdom's for drama in London and
// Cardiff.
func (p *People) Number() string {
	switch p.rng.IntN(4) {
	case 0:
		return fmt.Sprintf("+442079460%03d", p.rng.IntN(1000))
	case 1:
		return fmt.Sprintf("+442920180%03d", p.rng.IntN(1000))
	}
	areas := []int{202, 212, 303, 415, 512, 617}
	return fmt.Sprintf("+1%d55501%02d", pick(p.rng, areas), p.rng.IntN(100))
}

// Text is an everyday sentence, Chinese or English, now and then a smiley.
// It never holds a word of Words.
func (p *People) Text() string {
	switch n := p.rng.IntN(20); {
	case n == 0:
		return pick(p.rng, smileys)
	case n < 12:
		return p.chinese()
	}
	return p.english()
}

func (p *People) chinese() string {
	return pick(p.rng, zhWhen) + pick(p.rng, zhWho) + pick(p.rng, zhDoes) + pick(p.rng, zhEnd)
}

func (p *People) english() string {
	return pick(p.rng, enWho) + " " + pick(p.rng, enDoes) + " " + pick(p.rng, enWhen) + pick(p.rng, enEnd)
}

// Holding is an everyday sentence around the given words.
func (p *People) Holding(words ...string) string {
	text := pick(p.rng, zhWhen) + pick(p.rng, zhWho)
	for _, word := range words {
		text += word + pick(p.rng, zhDoes)
	}
	return text
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }
