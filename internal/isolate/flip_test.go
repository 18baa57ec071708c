package isolate_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"example.org/telltale/internal/isolate"
	simulated "example.org/telltale/internal/isolate/filter"
)

// TestCertificatesOfBothEnds searches with answers that are lost now and then,
// so that many searches are made once more from the other end of the text. The
// certificate of every exact result must stand the check on its own.
func TestCertificatesOfBothEnds(t *testing.T) {
	t.Parallel()
	again := 0
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 11))
		text, rule := article(rng, 200, 3)
		f, err := simulated.New(simulated.Config{
			Rules: []simulated.Rule{{Parts: rule[0].parts}},
			Noise: simulated.Noise{Miss: 0.03, Seed: int64(seed)},
		})
		if err != nil {
			t.Fatal(err)
		}
		s, err := isolate.New(isolate.Config{Text: text, Sep: " 〇 "})
		if err != nil {
			t.Fatal(err)
		}
		sent := map[string]isolate.Tally{}
		for open := s.Next(); len(open) > 0; open = s.Next() {
			for _, q := range open {
				a, err := f.Send(q.Text)
				if err != nil {
					t.Fatal(err)
				}
				tally := sent[q.Text]
				if a.Hit {
					tally.Reacted++
				} else {
					tally.Silent++
				}
				sent[q.Text] = tally
				if err := s.Answer(q.ID, a.Hit); err != nil {
					t.Fatal(err)
				}
			}
		}
		r := s.Result()
		if !r.Exact || contradicted(r, sent) {
			continue
		}
		if f.Count().Messages > 60 {
			again++
		}
		if err := isolate.CheckCertificate(r.Words, r.Certificate, " 〇 ", 1, sent); err != nil {
			t.Errorf("seed %d, %q: %v\n%s", seed, r.Words, err, claims(r))
		}
	}
	if again < 5 {
		t.Errorf("%d searches were made from both ends, too few to tell", again)
	}
}

// contradicted reports whether a line of the proof had both answers.
func contradicted(r isolate.Result, sent map[string]isolate.Tally) bool {
	for _, p := range r.Certificate {
		if tally := sent[p.Text]; tally.Reacted > 0 && tally.Silent > 0 {
			return true
		}
	}
	return false
}

func claims(r isolate.Result) (out string) {
	for _, p := range r.Certificate {
		out += fmt.Sprintf("  %s\n", p.Claim)
	}
	return out
}
