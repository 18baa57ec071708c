package sample

import (
	"math"
	"math/rand/v2"
	"sort"
	"unicode"
	"unicode/utf8"
)

// Word of a dictionary, with the logarithm (base 2) of how common it is.
type Word struct {
	Text  string
	Level int
}

// Maker makes problems from a dictionary. It does not change and may be
// shared.
type Maker struct {
	seed uint64
	// running are words by how common they are; sum is the weight up to each.
	running []string
	sum     []float64
	// rare are words that may well be parts of rules.
	rare  []string
	stock []string // of sensitive terms
}

// stockSize is how many sensitive terms there are.
const stockSize = 2500

// NewMaker takes the Chinese words of a dictionary. Equal seeds make equal
// problems.
func NewMaker(words []Word, seed uint64) *Maker {
	m := &Maker{seed: seed}
	total := 0.0
	for _, w := range words {
		n := utf8.RuneCountInString(w.Text)
		if first, _ := utf8.DecodeRuneInString(w.Text); !unicode.Is(unicode.Han, first) {
			continue
		}
		total += math.Exp2(float64(w.Level))
		m.running, m.sum = append(m.running, w.Text), append(m.sum, total)
		if w.Level >= 4 && w.Level <= 11 && n >= 2 && n <= 4 {
			m.rare = append(m.rare, w.Text)
		}
	}
	rng := m.rng("stock", 0)
	for range stockSize {
		m.stock = append(m.stock, m.sensitive(rng))
	}
	return m
}

// rng is the source of chance of one problem.
func (m *Maker) rng(set string, n int) *rand.Rand {
	key := uint64(14695981039346656037)
	for _, b := range []byte(set) {
		key = (key ^ uint64(b)) * 1099511628211
	}
	return rand.New(rand.NewPCG(m.seed, key+uint64(n)))
}

// word draws a word by how common it is.
func (m *Maker) word(rng *rand.Rand) string {
	if len(m.sum) == 0 {
		return "的"
	}
	x := rng.Float64() * m.sum[len(m.sum)-1]
	return m.running[min(sort.SearchFloat64s(m.sum, x), len(m.running)-1)]
}

// pick draws an element.
func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// sensitive makes a term that might be a part of a rule.
func (m *Maker) sensitive(rng *rand.Rand) string {
	switch x := rng.Float64(); {
	case x < 0.4 && len(m.rare) > 0:
		return pick(rng, m.rare)
	case x < 0.8:
		for {
			s := m.word(rng) + m.word(rng)
			if n := utf8.RuneCountInString(s); n >= 2 && n <= 6 {
				return s
			}
		}
	}
	return m.name(rng)
}

// name makes the name of a person.
func (m *Maker) name(rng *rand.Rand) string {
	s := string(pick(rng, []rune("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤")))
	for range 1 + rng.IntN(2) {
		s += string(pick(rng, []rune(m.word(rng))))
	}
	return s
}

// known draws a term of the stock: the first ones are in many rules.
func (m *Maker) known(rng *rand.Rand) string {
	u := rng.Float64()
	return m.stock[int(float64(len(m.stock))*u*u)]
}

// part draws a part of a rule.
func (m *Maker) part(rng *rand.Rand) string {
	if rng.Float64() < 0.65 {
		return m.known(rng)
	}
	return m.sensitive(rng)
}

// Term is an entry of a list that a search may be given.
type Term struct {
	Word string
	// Lists of others that have it, and rules found earlier of which it is a
	// part.
	Lists, Rules int
}

// Terms is what someone knows who has found other rules of the same filter
// before, and has others' lists: most of the stock, and as many terms again
// that are in no rule. Rules of articles are not counted.
func (m *Maker) Terms() []Term {
	rng := m.rng("terms", 0)
	rules := map[string]int{}
	for range 1500 {
		for range 1 + rng.IntN(5) {
			if t := m.known(rng); rng.Float64() < 0.65 {
				rules[t]++
			}
		}
	}
	var out []Term
	add := func(word string) {
		t := Term{Word: word, Rules: rules[word]}
		if rng.Float64() < 0.7 {
			t.Lists = 1 + rng.IntN(50)
		}
		if t.Lists+t.Rules > 0 {
			out = append(out, t)
		}
		delete(rules, word)
	}
	for _, word := range m.stock {
		add(word)
		add(m.sensitive(rng))
	}
	return out
}
