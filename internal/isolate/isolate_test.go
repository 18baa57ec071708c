package isolate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"example.org/telltale/internal/isolate"
)

// rule is one rule of a filter: all parts, and none of the exceptions.
type rule struct{ parts, without []string }

// filter reacts to a message that one of its rules takes.
type filter []rule

func (f filter) reacts(message string) bool {
	return slices.ContainsFunc(f, func(r rule) bool { return r.takes(message) })
}

func (r rule) takes(message string) bool {
	in := func(p string) bool { return strings.Contains(message, p) }
	return len(r.parts) > 0 && !slices.ContainsFunc(r.parts, func(p string) bool { return !in(p) }) && !slices.ContainsFunc(r.without, in)
}

// reduced leaves out parts that are within other parts, and sorts.
func (r rule) reduced() []string {
	var out []string
	for i, p := range r.parts {
		spare := false
		for j, q := range r.parts {
			if i != j && strings.Contains(q, p) && (p != q || j < i) {
				spare = true
			}
		}
		if !spare {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

// run answers a search to its end.
func run(t testing.TB, c isolate.Config, answer func(isolate.Question) bool) (*isolate.Search, isolate.Result) {
	t.Helper()
	s, err := isolate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	for rounds := 0; ; rounds++ {
		batch := s.Next()
		if len(batch) == 0 {
			break
		}
		if rounds > 2000 {
			t.Fatalf("no end after %d rounds for %+v", rounds, c)
		}
		seen := map[string]bool{}
		for _, q := range batch {
			if seen[q.Text] {
				t.Fatalf("%q twice in one batch", q.Text)
			}
			seen[q.Text] = true
			if err := s.Answer(q.ID, answer(q)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !s.Done() {
		t.Fatal("no question is left, but the search is not done")
	}
	return s, s.Result()
}

func byFilter(f filter) func(isolate.Question) bool {
	return func(q isolate.Question) bool { return f.reacts(q.Text) }
}

// verify checks a certificate without the search: every proof was asked, its
// answer is the filter's, and together they prove the words.
func verify(t testing.TB, s *isolate.Search, r isolate.Result, reacts func(string) bool) {
	t.Helper()
	answers := map[string]isolate.Exchange{}
	for _, x := range s.History() {
		answers[x.ID] = x
	}
	if len(r.Certificate) != len(r.Words)+1 {
		t.Fatalf("%d proofs for %d words", len(r.Certificate), len(r.Words))
	}
	for i, p := range r.Certificate {
		x := answers[p.Question]
		if !x.Answered || !x.Proof || x.Text != p.Text || x.Reacted != p.Reacts || !p.Held || reacts(p.Text) != p.Reacts {
			t.Errorf("proof %+v was answered by %+v", p, x)
		}
		for j, w := range r.Words {
			if has := strings.Contains(p.Text, w); has != (j != i-1) {
				t.Errorf("proof %d (%q): holds %q: %v", i, p.Text, w, has)
			}
		}
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("今天早上下雨，记得带雨衣。", 9)
	cases := []struct {
		name   string
		text   string
		known  []string
		filter filter
		want   []string
		most   int // questions
	}{
		{"the word itself", "麒麟", nil, filter{{parts: []string{"麒麟"}}}, []string{"麒麟"}, 2},
		{"one character", "麟", nil, filter{{parts: []string{"麟"}}}, []string{"麟"}, 2},
		{"a phrase with a blank", "aa bb", nil, filter{{parts: []string{"aa bb"}}}, []string{"aa bb"}, 2},
		{"a phrase within words", "xx aa bb yy", nil, filter{{parts: []string{"aa bb"}}}, []string{"aa bb"}, 12},
		{"two characters that need not touch", "麒麟", nil, filter{{parts: []string{"麒", "麟"}}}, []string{"麒", "麟"}, 9},
		{"a known text", "a long candidate phrase of a list", []string{"a long candidate phrase of a list"}, filter{{parts: []string{"a long candidate phrase of a list"}}}, []string{"a long candidate phrase of a list"}, 2},
		{"within other characters", "山水麒麟火木", nil, filter{{parts: []string{"麒麟"}}}, []string{"麒麟"}, 11},
		{"within a letter run", "abcdefghijklmnop", nil, filter{{parts: []string{"efgh"}}}, []string{"efgh"}, 16},
		{"in a long text", long + "璇玑" + long, nil, filter{{parts: []string{"璇玑"}}}, []string{"璇玑"}, 18},
		{"known, in a long text", long + "璇玑" + long, []string{"璇玑", "雨衣"}, filter{{parts: []string{"璇玑"}}}, []string{"璇玑"}, 10},
		{"two parts", long + "璇玑" + long + "kettle" + long, nil, filter{{parts: []string{"kettle", "璇玑"}}}, []string{"kettle", "璇玑"}, 32},
		{"overlapping parts", "xxabcxx", nil, filter{{parts: []string{"ab", "bc"}}}, []string{"ab", "bc"}, 20},
		{"nested parts", "xx abcd yy", nil, filter{{parts: []string{"abcd", "bc"}}}, []string{"abcd"}, 20},
		{"a part that comes twice", "ab x ab y ab", nil, filter{{parts: []string{"ab"}}}, []string{"ab"}, 20},
		{"punctuation within", "see a/b now", nil, filter{{parts: []string{"a/b"}}}, []string{"a/b"}, 20},
		{"the separator's sign within", "二〇〇年", nil, filter{{parts: []string{"〇〇"}}}, []string{"〇〇"}, 20},
		{"an emoji of several runes", "hello 👩‍👩‍👧 there", nil, filter{{parts: []string{"👩‍👩‍👧"}}}, []string{"👩‍👩‍👧"}, 20},
		{"blanks around", "  aa  ", nil, filter{{parts: []string{"aa"}}}, []string{"aa"}, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, r := run(t, isolate.Config{Text: c.text, Words: c.known}, byFilter(c.filter))
			got := slices.Sorted(slices.Values(r.Words))
			if !r.Exact || !slices.Equal(got, c.want) {
				t.Fatalf("found %q, exact %v, why %q; want %q", got, r.Exact, r.Why, c.want)
			}
			verify(t, s, r, c.filter.reacts)
			if r.Questions > c.most {
				t.Errorf("%d questions, want at most %d: %+v", r.Questions, c.most, s.History())
			}
			if len(r.Broken) > 0 {
				t.Errorf("contradictions of a plain filter: %v", r.Broken)
			}
		})
	}
}

func TestTheExactWordNeedsOneBatch(t *testing.T) {
	t.Parallel()
	s, err := isolate.New(isolate.Config{Text: "麒麟"})
	if err != nil {
		t.Fatal(err)
	}
	batch := s.Next()
	if diff := cmp.Diff(batch, s.Next()); diff != "" {
		t.Errorf("asked again, the open questions differ: %s", diff)
	}
	if len(batch) != 2 || batch[0].Text != "麒麟" || batch[1].Text != "麒 〇 麟" || !batch[0].Proof || !batch[1].Proof {
		t.Errorf("%+v", batch)
	}
}

// drawFilter draws a small text and rules made of stretches of it.
func drawFilter(t *rapid.T, alphabet string) (string, filter) {
	text := strings.TrimSpace(rapid.StringOfN(rapid.RuneFrom([]rune(alphabet)), 1, 30, -1).Draw(t, "text"))
	if text == "" {
		text = "a"
	}
	runes := []rune(text)
	var f filter
	for i := range rapid.IntRange(1, 4).Draw(t, "rules") {
		var r rule
		for j := range rapid.IntRange(1, 5).Draw(t, fmt.Sprintf("parts of %d", i)) {
			lo := rapid.IntRange(0, len(runes)-1).Draw(t, fmt.Sprintf("lo %d.%d", i, j))
			hi := rapid.IntRange(lo+1, min(len(runes), lo+5)).Draw(t, fmt.Sprintf("hi %d.%d", i, j))
			if p := strings.TrimSpace(string(runes[lo:hi])); p != "" {
				r.parts = append(r.parts, p)
			}
		}
		f = append(f, r)
	}
	return text, f
}

// TestSearchAgainstBruteForce: whatever the rules, one of them is found, with
// exact borders and nothing that can be spared, and the certificate holds.
func TestSearchAgainstBruteForce(t *testing.T) {
	t.Parallel()
	for _, alphabet := range []string{"ab", "ab ", "甲乙丙 a.", "abcdefghijkl 甲乙丙丁。"} {
		t.Run(alphabet, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				text, f := drawFilter(t, alphabet)
				if !f.reacts(text) {
					t.Skip("no rule is whole")
				}
				c := isolate.Config{Text: text, Parallel: rapid.IntRange(1, 4).Draw(t, "parallel"), TriggerCost: float64(rapid.IntRange(1, 6).Draw(t, "cost"))}
				if rapid.Bool().Draw(t, "known") {
					c.Words = append([]string{text, "zz"}, f[0].parts...)
				}
				check(t, c, f)
			})
		})
	}
}

// check runs a search against a plain filter and compares.
func check(t *rapid.T, c isolate.Config, f filter) {
	s, err := isolate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	for batch := s.Next(); len(batch) > 0; batch = s.Next() {
		for _, q := range batch {
			if err := s.Answer(q.ID, f.reacts(q.Text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	r := s.Result()
	got := slices.Sorted(slices.Values(r.Words))
	one := slices.ContainsFunc(f, func(r rule) bool { return slices.Equal(r.reduced(), got) })
	if !r.Exact || !one || len(r.Broken) > 0 {
		t.Fatalf("found %q, exact %v (%s), in %q; rules %q; %d contradictions", got, r.Exact, r.Why, c.Text, f, len(r.Broken))
	}
	for i, p := range r.Certificate {
		if p.Reacts != f.reacts(p.Text) || p.Reacts != (i == 0) || !p.Held {
			t.Fatalf("proof %+v", p)
		}
	}
}

// TestManySeeds is the same in bulk, with texts that look like messages.
func TestManySeeds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		text, f := article(rng, 20+rng.IntN(120), 1+rng.IntN(5))
		s, r := run(t, isolate.Config{Text: text}, byFilter(f))
		if !r.Exact || !slices.Equal(slices.Sorted(slices.Values(r.Words)), f[0].reduced()) {
			t.Fatalf("seed %d: found %q (%s), want %q in %q", seed, r.Words, r.Why, f[0].reduced(), text)
		}
		verify(t, s, r, f.reacts)
	}
}

// article draws a text of about n characters with a rule of k parts in it.
func article(rng *rand.Rand, n, k int) (string, filter) {
	const filler = "天地人你我他上下左右前后里外来去看听说走坐站吃喝玩乐大小多少高低长短红黄蓝绿春夏秋冬东西南北早中晚今明昨年月日时分"
	han := []rune(filler)
	strange := []rune("麒麟璇玑鸿鹄饕餮貔貅琉璃珊瑚翡翠玛瑙")
	var parts []string
	for len(parts) < k {
		p := make([]rune, 2+rng.IntN(3))
		for i := range p {
			p[i] = strange[rng.IntN(len(strange))]
		}
		word := string(p)
		if rng.IntN(6) == 0 {
			word = fmt.Sprintf("zor%cax%d", 'a'+rune(rng.IntN(26)), rng.IntN(90))
		}
		if !slices.ContainsFunc(parts, func(q string) bool { return strings.Contains(q, word) || strings.Contains(word, q) }) {
			parts = append(parts, word)
		}
	}
	var b strings.Builder
	at := make([]int, k)
	for i := range at {
		at[i] = rng.IntN(n)
	}
	for i := range n {
		b.WriteRune(han[rng.IntN(len(han))])
		if rng.IntN(12) == 0 {
			b.WriteRune('，')
		}
		for j, p := range parts {
			if at[j] == i {
				b.WriteString(p)
				b.WriteRune(han[rng.IntN(len(han))])
			}
		}
	}
	return b.String(), filter{{parts: parts}}
}
