package screen_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/isolate/screen"
)

// oracles that no filter behaves like.
func oracles(rng *rand.Rand) map[string]func(asked int, text string) screen.Answer {
	hit := func(h bool) screen.Answer { return screen.Answer{Hit: h} }
	return map[string]func(int, string) screen.Answer{
		"dead":      func(int, string) screen.Answer { return hit(false) },
		"stuck":     func(int, string) screen.Answer { return hit(true) },
		"by chance": func(int, string) screen.Answer { return hit(rng.IntN(2) == 0) },
		"in turn":   func(n int, _ string) screen.Answer { return hit(n%2 == 0) },
		"many only": func(_ int, text string) screen.Answer { return hit(strings.Count(text, "\n") > 1) },
		"one only":  func(_ int, text string) screen.Answer { return hit(!strings.Contains(text, "\n")) },
		"shrinking": func(n int, text string) screen.Answer {
			limit := max(40-n/10, 8)
			return screen.Answer{Refused: len([]rune(text)) > limit, Hit: len([]rune(text)) <= limit && n%7 == 0}
		},
		"late": func(n int, text string) screen.Answer { return hit(n > 20 && strings.Contains(text, "1")) },
	}
}

// Whatever an oracle answers, the search ends, soon, without a panic, and
// says how it went.
func TestAnyOracleEnds(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(21, 21))
	terms, _ := many(40, 0, rng)
	terms = append(terms, terms[1]+"x", "y"+terms[2], terms[3][1:])
	for name, answer := range oracles(rng) {
		for k := range 8 {
			c := screen.Config{Terms: terms, Sep: "\n", MaxLen: 120, MaxSize: 1 + k%2, Noisy: k&2 != 0, Parallel: 1 + k&4}
			t.Run(fmt.Sprintf("%s/%d", name, k), func(t *testing.T) {
				s, err := screen.New(c)
				if err != nil {
					t.Fatal(err)
				}
				asked := 0
				for qs := s.Next(); len(qs) > 0; qs = s.Next() {
					for _, q := range qs {
						asked++
						if err := s.Answer(q.ID, answer(asked, s.Text(q))); err != nil {
							return // refused for good, and said so
						}
					}
				}
				if bound := 200 + 5*len(terms) + (c.MaxSize-1)*len(terms)*len(terms) + c.Parallel; asked > bound {
					t.Errorf("%d messages for %d candidates, more than %d", asked, len(terms), bound)
				}
				if r := s.Result(); !r.Done && r.Why == "" {
					t.Errorf("not done after %d messages, and no reason: %+v", asked, r)
				}
			})
		}
	}
}

// Refused messages of pairs are not taken apart: the search goes on with
// shorter ones, and says which pairs it could not send.
func TestPairsUnderARefusedLength(t *testing.T) {
	t.Parallel()
	terms, f := manyPairs(60, 1, 3, rand.New(rand.NewPCG(22, 22)))
	terms = append(terms, strings.Repeat("long", 12), strings.Repeat("wide", 11))
	c := screen.Config{Terms: terms, Sep: "\n", MaxLen: 300, MaxSize: 2}
	s, err := screen.New(c)
	if err != nil {
		t.Fatal(err)
	}
	for qs := s.Next(); len(qs) > 0; qs = s.Next() {
		text := s.Text(qs[0])
		a := screen.Answer{Hit: f.answer(text)}
		if len(text) > 52 {
			a = screen.Answer{Refused: true, MaxLen: 52}
		}
		if err := s.Answer(qs[0].ID, a); err != nil {
			t.Fatal(err)
		}
	}
	r := s.Result()
	if diff := cmp.Diff(brutePairs(terms, c.Sep, f), inOrder(r.Triggers)); diff != "" {
		t.Error(diff)
	}
	long := 0
	for i, a := range terms {
		for _, b := range terms[:i] {
			if len(a)+1+len(b) > 52 && !f.truth(a) && !f.truth(b) {
				long++
			}
		}
	}
	if r.UntestedPairs != long || !r.Done || len(r.Untested) > 0 {
		t.Errorf("untested %v, %d pairs, done %v; want %d pairs", r.Untested, r.UntestedPairs, r.Done, long)
	}
}

// FuzzAnswers lets the input say what is asked and what is answered: the search
// ends within its patience, and its history leads to the same result again.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte{3, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add([]byte{0xff, 0, 0xff, 0x55, 0xaa})
	f.Add([]byte{17, 0x80, 2, 0xf0, 9, 9, 9, 200, 201})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 3 {
			return
		}
		rng := rand.New(rand.NewPCG(uint64(data[1]), 23))
		c := screen.Config{Sep: []string{"\n", "", " "}[int(data[0])%3], MaxLen: 6 + int(data[1])%60, MaxSize: 1 + int(data[0])>>2&1, Noisy: data[0]&8 != 0, Parallel: 1 + int(data[0])>>4&3}
		for range 1 + int(data[0])>>3 {
			c.Terms = append(c.Terms, word(rng, 1, 5))
		}
		s, err := screen.New(c)
		if err != nil {
			t.Fatal(err)
		}
		asked, bits := 0, data[2:]
		for qs := s.Next(); len(qs) > 0; qs = s.Next() {
			for _, q := range qs {
				b := bits[asked/8%len(bits)] >> (asked % 8) & 1
				asked++
				a := screen.Answer{Hit: b == 1}
				if asked%29 == 0 && bits[0]&1 == 1 {
					a = screen.Answer{Refused: true}
				}
				if s.Answer(q.ID, a) != nil {
					return
				}
			}
		}
		n := len(c.Terms)
		if bound := 200 + 5*n + (c.MaxSize-1)*n*n + c.Parallel; asked > bound {
			t.Fatalf("%d messages for %d candidates, more than %d", asked, n, bound)
		}
		again, err := screen.Replay(c, s.History())
		if err != nil {
			t.Fatal(err)
		}
		again.Next()
		if diff := cmp.Diff(s.Result(), again.Result()); diff != "" {
			t.Fatalf("-straight +replayed:\n%s", diff)
		}
	})
}
