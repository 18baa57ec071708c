package bayes

import (
	"math"
	"math/rand/v2"
	"testing"
)

// draws calls visit with every way to draw up to four parts from all stretches
// of a small model, and its chance.
func draws(c *candidates, q numbers, visit func(parts []int, p float64)) {
	var more func(parts []int, p float64)
	more = func(parts []int, p float64) {
		if k := len(parts); k > 0 {
			visit(parts, p*q[k-1])
		}
		if len(parts) == 4 {
			return
		}
		for i := range c.lo {
			more(append(parts[:len(parts):len(parts)], i), p*c.weight[i])
		}
	}
	more(nil, 1)
}

func within(c *candidates, parts []int, reach []int32) bool {
	for _, i := range parts {
		if reach[c.lo[i]] < c.hi[i] {
			return false
		}
	}
	return true
}

func randomMessage(rng *rand.Rand, n int) message {
	var m message
	for at := 0; at < n; {
		hi := min(n, at+1+rng.IntN(n))
		if rng.IntN(3) > 0 {
			m = append(m, span{at, hi})
		}
		at = hi
	}
	return m.sorted()
}

// TestModelAgainstEnumeration compares the chance that a message reacts with
// the sum over all rules of up to four parts.
func TestModelAgainstEnumeration(t *testing.T) {
	t.Parallel()
	const n = 5
	q := numbers{0.4, 0.3, 0.2, 0.1}
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 5))
		c := &candidates{}
		total := 0.0
		for range 3 + rng.IntN(5) {
			lo := rng.IntN(n)
			c.lo, c.hi = append(c.lo, int32(lo)), append(c.hi, int32(lo+1+rng.IntN(n-lo)))
			c.weight = append(c.weight, math.Pow(rng.Float64(), 3)+1e-4)
			total += c.weight[len(c.weight)-1]
		}
		for i := range c.weight {
			c.weight[i] /= total
		}
		base := message{{0, n}}
		var clauses []clause
		for range 1 + rng.IntN(4) {
			miss := surely
			if seed%2 == 0 {
				miss = 0.05
			}
			clauses = append(clauses, clause{reach: randomMessage(rng, n).reach(n), miss: miss})
		}
		test := randomMessage(rng, n).reach(n)
		all, reacts := 0.0, 0.0
		draws(c, q, func(parts []int, p float64) {
			for _, s := range clauses {
				if within(c, parts, s.reach) {
					p *= s.miss
				}
			}
			if all += p; within(c, parts, test) {
				reacts += p
			}
		})
		m := newModel(c, q, base, n, clauses)
		if all < 1e-3 {
			continue // no rule fits but by mistakes
		}
		if got, want := m.reacts(test), reacts/all; math.Abs(got-want) > 0.01 {
			t.Errorf("seed %d: a message reacts with chance %.4f, by enumeration %.4f", seed, got, want)
		}
	}
}

// TestSmallChancesAreExact: with many unlikely parts the sums cancel to a
// result that is many orders smaller than their terms.
func TestSmallChancesAreExact(t *testing.T) {
	t.Parallel()
	const parts = 5
	c := &candidates{lo: []int32{0}, hi: []int32{1}, weight: []float64{1 - parts*1e-5}}
	var clauses []clause
	for i := 1; i <= parts; i++ {
		c.lo, c.hi, c.weight = append(c.lo, int32(2*i)), append(c.hi, int32(2*i+1)), append(c.weight, 1e-5)
		whole := message{{0, 2*parts + 2}}
		clauses = append(clauses, clause{reach: whole.without(span{2 * i, 2*i + 1}).reach(2*parts + 2), miss: surely})
	}
	m := &model{all: c, numbers: usual(), total: 1}
	for i := range c.lo {
		m.alive, m.w, m.sig = append(m.alive, int32(i)), append(m.w, c.weight[i]), append(m.sig, 0)
	}
	m.live = clauses
	m.sign()
	// five parts are each drawn once, or with others of the first stretch
	want := 0.0
	for k, q := range usual() {
		if k++; k >= parts {
			ways := 1.0
			for j := range parts {
				ways *= float64(k - j)
			}
			want += q * ways * math.Pow(1e-5, parts)
		}
	}
	if math.Abs(m.z/want-1) > 0.01 {
		t.Errorf("chance of the clauses %.3e, want %.3e", m.z, want)
	}
}

// TestProposalsKeepToTheBase: a message that holds more than what reacted would
// find what is not looked for.
func TestProposalsKeepToTheBase(t *testing.T) {
	t.Parallel()
	d, err := NewDictionary(nil)
	if err != nil {
		t.Fatal(err)
	}
	text := []rune("老师说今天要去博物馆看恐龙，路上可以吃苹果和面包。妹妹画了一只很大的恐龙。")
	c := newPrior(d, text).candidates()
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 8))
		base := message{{0, len(text)}}
		for range 1 + rng.IntN(4) {
			lo := rng.IntN(len(text) - 4)
			base = base.broken(span{lo, lo + 1 + rng.IntN(4)})
		}
		reach := base.reach(len(text))
		m := newModel(c, usual(), base, len(text), []clause{{reach: message{}.reach(len(text)), miss: surely}})
		for _, p := range newProposer(m, base, len(text), rng).all() {
			for i, far := range p.reach(len(text)) {
				if far > reach[i] && far > int32(i) {
					t.Fatalf("seed %d, base %v: %q sends %v", seed, base, p.why, p.message)
				}
			}
		}
	}
}

func TestWeightsAddUp(t *testing.T) {
	t.Parallel()
	for _, terms := range [][]Term{nil, {{Word: "博物馆", Rules: 3}}} {
		d, err := NewDictionary(terms)
		if err != nil {
			t.Fatal(err)
		}
		text := []rune("老师说今天要去博物馆看恐龙，Then the train came 2020年。")
		c := newPrior(d, text).candidates()
		if s := sum(c.weight); math.Abs(s-1) > 1e-9 {
			t.Errorf("the chances add up to %v", s)
		}
		at := func(word string) (w float64) {
			for i := range c.lo {
				if string(text[c.lo[i]:c.hi[i]]) == word {
					w = c.weight[i]
				}
			}
			return w
		}
		if at("博物馆") < 5*at("物馆看") || at("train") < 5*at("rain cam") || at("恐龙") <= 0 || at("龙，") <= 0 {
			t.Errorf("博物馆 %v, 物馆看 %v, train %v, rain cam %v", at("博物馆"), at("物馆看"), at("train"), at("rain cam"))
		}
	}
}

func TestNumbersAddUp(t *testing.T) {
	t.Parallel()
	for _, known := range [][]int{nil, {3}, {2, 4}, {9}} {
		s := 0.0
		for _, q := range like(known) {
			s += q
		}
		if s < 0.8 || s > 1.001 {
			t.Errorf("after rules of %v parts the chances add up to %v", known, s)
		}
	}
	if q := like([]int{4}); q[3] < 2*q[0] {
		t.Errorf("after a rule of four parts: %v", q)
	}
}

func TestBadWeights(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"signs 1 2", "other 1", "capitals 1 2 3 4 5 x"} {
		if _, _, err := readWeights(file); err == nil {
			t.Errorf("%q was taken", file)
		}
	}
}
