package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"example.org/telltale/internal/attribute/stats"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance || math.IsNaN(got) {
		t.Errorf("%s = %.6f, want %.6f", what, got, want)
	}
}

func lot(seed uint64) stats.Lot {
	return stats.Lot{Rng: rand.New(rand.NewPCG(seed, 1)), Draws: 20000}
}

func TestFisherPublishedValues(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name           string
		k1, n1, k2, n2 int
		greater, two   float64
	}{
		{"lady tasting tea (Fisher 1935)", 3, 4, 1, 4, 17.0 / 70, 34.0 / 70},
		{"all eight cups right", 4, 4, 0, 4, 1.0 / 70, 2.0 / 70},
		{"twins and convictions (Fisher 1925)", 10, 13, 2, 17, 0.0004652, 0.0005367},
		{"empty arm", 0, 0, 3, 9, 1, 1},
		{"nothing reacted", 0, 5, 0, 9, 1, 1},
	}
	for _, c := range cases {
		greater, two := stats.Fisher(c.k1, c.n1, c.k2, c.n2)
		near(t, c.name+" greater", greater, c.greater, 1e-7)
		near(t, c.name+" two-sided", two, c.two, 1e-7)
	}
}

func TestClopperPearsonPublishedValues(t *testing.T) {
	t.Parallel()
	cases := []struct {
		k, n      int
		low, high float64
	}{
		{7, 20, 0.153909, 0.592189},
		{0, 10, 0, 0.308497},
		{10, 10, 0.691503, 1},
		{0, 0, 0, 1},
		{1, 1, 0.025, 1},
	}
	for _, c := range cases {
		low, high := stats.ClopperPearson(c.k, c.n, 0.95)
		near(t, "low", low, c.low, 1e-6)
		near(t, "high", high, c.high, 1e-6)
	}
}

// The examples of Newcombe 1998, table II, row for method 10.
func TestNewcombePublishedValues(t *testing.T) {
	t.Parallel()
	cases := []struct {
		k1, n1, k2, n2 int
		low, high      float64
	}{
		{56, 70, 48, 80, 0.0524, 0.3339},
		{9, 10, 3, 10, 0.1705, 0.8090},
		{6, 7, 2, 7, 0.0582, 0.8062},
		{5, 56, 0, 29, -0.0381, 0.1926},
		{0, 10, 0, 20, -0.1611, 0.2775},
		{10, 10, 0, 20, 0.6791, 1},
		{10, 10, 0, 10, 0.6075, 1},
		{0, 0, 0, 10, -1, 1},
	}
	for _, c := range cases {
		low, high := stats.Newcombe(c.k1, c.n1, c.k2, c.n2, 0.95)
		near(t, "low", low, c.low, 6e-5)
		near(t, "high", high, c.high, 6e-5)
	}
}

func TestHolm(t *testing.T) {
	t.Parallel()
	got := stats.Holm([]float64{0.01, 0.04, 0.03, 0.005})
	for i, want := range []float64{0.03, 0.06, 0.06, 0.02} {
		near(t, "adjusted", got[i], want, 1e-12)
	}
	if len(stats.Holm(nil)) != 0 {
		t.Error("no tests, but adjusted values")
	}
}

// bruteUpper walks every way to choose the treated ones, block by block.
func bruteUpper(blocks []stats.Block) float64 {
	seen := 0
	sums := map[int]float64{0: 1}
	for _, b := range blocks {
		all := slices.Concat(b.Treated, b.Control)
		counts, total := map[int]float64{}, 0.0
		for mask := range 1 << len(all) {
			chosen, s := 0, 0
			for i, v := range all {
				if mask>>i&1 == 1 {
					chosen++
					s += v
				}
			}
			if chosen == len(b.Treated) {
				counts[s]++
				total++
			}
		}
		next := map[int]float64{}
		for a, p := range sums {
			for s, n := range counts {
				next[a+s] += p * n / total
			}
		}
		sums = next
		for _, v := range b.Treated {
			seen += v
		}
	}
	p := 0.0
	for s, chance := range sums {
		if s >= seen {
			p += chance
		}
	}
	return p
}

func randomBlocks(rng *rand.Rand) []stats.Block {
	blocks := make([]stats.Block, 1+rng.IntN(3))
	for i := range blocks {
		for range rng.IntN(5) {
			blocks[i].Treated = append(blocks[i].Treated, rng.IntN(7)-2)
		}
		for range rng.IntN(6) {
			blocks[i].Control = append(blocks[i].Control, rng.IntN(7)-2)
		}
	}
	return blocks
}

func TestUpperAgreesWithBruteForce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		blocks := randomBlocks(rand.New(rand.NewPCG(seed, 2)))
		got := stats.Upper(blocks, lot(seed))
		if !got.Exact {
			t.Fatalf("seed %d: not exact", seed)
		}
		near(t, "p", got.P, bruteUpper(blocks), 1e-9)
	}
}

// With values of 0 and 1 and one block the permutation test is Fisher's.
func TestUpperIsFisherForOneBlock(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 5))
	for range 200 {
		n1, n2 := 1+rng.IntN(90), 1+rng.IntN(90)
		k1, k2 := rng.IntN(n1+1), rng.IntN(n2+1)
		b := stats.Block{Treated: make([]int, n1), Control: make([]int, n2)}
		for i := range k1 {
			b.Treated[i] = 1
		}
		for i := range k2 {
			b.Control[i] = 1
		}
		want, _ := stats.Fisher(k1, n1, k2, n2)
		near(t, "p", stats.Upper([]stats.Block{b}, lot(1)).P, want, 1e-8)
	}
}

func TestUpperSamplesWhatIsTooLargeToEnumerate(t *testing.T) {
	t.Parallel()
	b := stats.Block{}
	for i := range 40 {
		b.Treated = append(b.Treated, i*1000003)
		b.Control = append(b.Control, i*1000003+1)
	}
	got := stats.Upper([]stats.Block{b}, lot(3))
	if got.Exact || got.P < 0.45 || got.P > 0.56 {
		t.Errorf("arms alike: %+v, want a sampled p near 0.5", got)
	}
	if again := stats.Upper([]stats.Block{b}, lot(3)); again != got {
		t.Errorf("same seed, other p: %v, %v", got, again)
	}
}

// Under the null hypothesis a p-value is at most a with chance at most a.
func TestPValuesAreValidUnderTheNull(t *testing.T) {
	t.Parallel()
	const runs = 1500
	var upper, consistent int
	for seed := range uint64(runs) {
		rng := rand.New(rand.NewPCG(seed, 9))
		var blocks []stats.Block
		var labelled [][]stats.Labelled
		for range 3 {
			b, l := nullBlock(rng)
			blocks, labelled = append(blocks, b), append(labelled, l)
		}
		l := stats.Lot{Rng: rng, Draws: 499, Stop: 30}
		if stats.Upper(blocks, l).P <= 0.05 {
			upper++
		}
		if stats.Consistency(labelled, l).P <= 0.05 {
			consistent++
		}
	}
	t.Logf("p <= 0.05 under the null: permutation %d, consistency %d of %d", upper, consistent, runs)
	// A correct test exceeds this with chance under 1e-6.
	limit := 0
	for stats.BinomialUpper(limit, runs, 0.05) > 1e-6 {
		limit++
	}
	if upper > limit || consistent > limit {
		t.Errorf("more than %d of %d: the tests err too often", limit, runs)
	}
}

func nullBlock(rng *rand.Rand) (stats.Block, []stats.Labelled) {
	var b stats.Block
	var l []stats.Labelled
	for w := range 8 {
		x, y := rng.IntN(4)*rng.IntN(3), rng.IntN(4)*rng.IntN(3)
		b.Treated, b.Control = append(b.Treated, x), append(b.Control, y)
		l = append(l, stats.Labelled{Label: string(rune('a' + w)), Value: x}, stats.Labelled{Value: y})
	}
	return b, l
}

func TestConsistencyFindsOneWordOfMany(t *testing.T) {
	t.Parallel()
	var blocks [][]stats.Labelled
	for range 3 {
		var block []stats.Labelled
		for w := range 20 {
			value := 0
			if w == 7 {
				value = 1
			}
			block = append(block, stats.Labelled{Label: string(rune('a' + w)), Value: value}, stats.Labelled{})
		}
		blocks = append(blocks, block)
	}
	// All three at one of 20 words: 20 of 40^3 layouts, 1/3200.
	if p := stats.Consistency(blocks, lot(4)).P; p > 0.002 {
		t.Errorf("p = %v, want about 1/3200", p)
	}
	if p := stats.Consistency(blocks[:1], lot(4)).P; p != 1 {
		t.Errorf("one block gives p = %v, but nothing was repeated", p)
	}
}

func TestNeededReachesAlpha(t *testing.T) {
	t.Parallel()
	c := stats.Counts{K1: 3, N1: 20, K2: 0, N2: 20}
	n := stats.Needed(c, 0.05, 10000)
	// 6 of 40 against 0 of 40 is enough, 3 of 20 is not.
	if n <= 0 || n > 60 {
		t.Errorf("needed %d, want a few dozen", n)
	}
	if got := stats.Needed(stats.Counts{K1: 9, N1: 10, K2: 0, N2: 10}, 0.05, 100); got != 0 {
		t.Errorf("already decided, but needs %d", got)
	}
	if got := stats.Needed(stats.Counts{K1: 1, N1: 10, K2: 5, N2: 10}, 0.05, 100); got != 100 {
		t.Errorf("an effect the other way round: %d, want the limit", got)
	}
}

func TestRepeats(t *testing.T) {
	t.Parallel()
	cases := []struct {
		rate, miss float64
		want       int
	}{{1, 0.01, 1}, {0.5, 0.125, 3}, {1.0 / 3, 0.01, 12}, {0, 0.01, 99}, {0.0001, 0.01, 99}, {0.9, 1, 1}}
	for _, c := range cases {
		if got := stats.Repeats(c.rate, c.miss, 99); got != c.want {
			t.Errorf("Repeats(%v, %v) = %d, want %d", c.rate, c.miss, got, c.want)
		}
	}
}

func TestRanks(t *testing.T) {
	t.Parallel()
	got := stats.Ranks([]int{5, 1, 5, 900})
	if !slices.Equal(got, []int{4, 1, 4, 7}) {
		t.Errorf("ranks %v", got)
	}
}
