package characterise

import (
	"fmt"

	"example.org/telltale/internal/isolate"
)

// exception finds what disables the rule in a text that passed, by the dual
// search.
func (v *view) exception(i int, text string) Exception {
	s, err := isolate.New(isolate.Config{Text: text, Fixed: v.c.Words, Invert: true, Sep: v.c.Filler, Parallel: v.c.Accounts})
	if err != nil {
		return Exception{Why: err.Error()}
	}
	for {
		questions := s.Next()
		if len(questions) == 0 {
			break
		}
		waiting := false
		for _, q := range questions {
			switch v.vote(fmt.Sprintf("passed %d %s", i, q.ID), q.Text, q.Why) {
			case open:
				waiting = true
				continue
			case refused:
				err = s.Void(q.ID)
			case reacts:
				err = s.Answer(q.ID, true)
			case silent:
				err = s.Answer(q.ID, false)
			}
			if err != nil {
				return Exception{Why: err.Error()}
			}
		}
		if waiting {
			return Exception{Why: "not asked yet"}
		}
	}
	r := s.Result()
	e := Exception{Words: r.Words, Exact: r.Exact, Why: r.Why}
	for _, p := range r.Certificate {
		ids := v.tally(fmt.Sprintf("passed %d %s", i, p.Question)).ids
		e.Certificate = append(e.Certificate, Proof{Text: p.Text, Reacts: p.Reacts, Claim: p.Claim, Questions: ids})
	}
	return e
}
