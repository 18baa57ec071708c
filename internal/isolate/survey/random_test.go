package survey_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/isolate/survey"
)

// madeUp is a filter of rules drawn by chance, of kinds that filters have.
func madeUp(rng *rand.Rand, name string, limit int) *world {
	m := &maker{rng: rng, used: map[string]bool{}, w: &world{name: name, maxLen: limit}}
	if rng.IntN(2) == 0 {
		m.w.except = []string{m.word()}
	}
	m.fold, m.bound = rng.IntN(2) == 0, rng.IntN(3) == 0
	for range 2 + rng.IntN(4) {
		kinds := []string{"refused", survey.Dropped, survey.Altered, "diverted", "copy:a", "copy:b", survey.Ended}
		m.kinds = append(m.kinds, kinds[rng.IntN(len(kinds))])
	}
	for range 5 + rng.IntN(11) {
		m.rule(limit > 0)
	}
	return m.w
}

type maker struct {
	rng         *rand.Rand
	used        map[string]bool
	w           *world
	kinds       []string
	fold, bound bool
}

func (m *maker) word() string {
	for {
		w := decoys(m.rng, 1, m.used)[0]
		inside := false
		for o := range m.used {
			inside = inside || o != w && (strings.Contains(o, w) || strings.Contains(w, o))
		}
		if !inside {
			return w
		}
	}
}

func (m *maker) rule(short bool) {
	l := law{letters: survey.CaseExact, word: m.bound}
	if m.fold {
		l.letters = survey.CaseFolded
	}
	if m.rng.IntN(6) == 0 {
		l.word = !l.word
	}
	n := 1
	if x := m.rng.IntN(20); x >= 12 {
		n = 2
		if x >= 18 && !short {
			n = 3
		}
	}
	for i := range n {
		if part, ok := m.shared(); i > 0 && ok && m.rng.IntN(6) == 0 && !slices.ContainsFunc(l.parts, func(p []string) bool { return slices.Contains(p, part) }) {
			l.parts = append(l.parts, []string{part})
			continue
		}
		part := []string{m.word()}
		if n > 1 && l.word && m.rng.IntN(5) == 0 {
			part = append(part, part[0]+string([]rune(part[0])[0]))
		}
		l.parts = append(l.parts, part)
	}
	l.listed = n > 1 && m.rng.IntN(4) == 0
	if m.rng.IntN(8) == 0 {
		l.unless, l.after = []string{m.word()}, m.rng.IntN(3) == 0
	}
	l.spared = m.rng.IntN(4) == 0
	kind := m.kinds[m.rng.IntN(len(m.kinds))]
	l.effects = []string{kind}
	l.decides = !strings.HasPrefix(kind, survey.CopyPrefix) && kind != survey.Altered
	if kind == survey.Altered {
		l.swap = "***"
	}
	m.w.laws = append(m.w.laws, l)
}

// shared is a part of some rule of several parts before.
func (m *maker) shared() (string, bool) {
	for _, l := range m.w.laws {
		if len(l.parts) > 1 && len(l.parts[0]) == 1 {
			return l.parts[0][0], true
		}
	}
	return "", false
}

// score is what surveys found and what they took.
type score struct {
	rules, lost, invented, messages, triggering, most int
}

func (s *score) add(w *world, r survey.Result, missing, more []string) {
	s.rules += len(w.laws)
	s.lost += len(missing)
	s.invented += len(more)
	s.messages += r.Messages
	s.triggering += r.Triggering
	s.most = max(s.most, r.Messages)
}

func (s score) String() string {
	per := func(n int) float64 { return float64(n) / float64(s.rules) }
	return fmt.Sprintf("%4d of %4d rules exactly, %d false, %4.1f messages a rule, %4.1f of them triggering, %d at most",
		s.rules-s.lost, s.rules, s.invented, per(s.messages), per(s.triggering), s.most)
}

// madeUpScore surveys filters made up by chance.
func madeUpScore(tb testing.TB, worlds, limit int) score {
	tb.Helper()
	var sum score
	for seed := range uint64(worlds) {
		rng := rand.New(rand.NewPCG(seed, 77))
		w := madeUp(rng, "made up", limit)
		w.rng = rng
		r := w.run(tb, survey.Config{Terms: w.vocabulary(rng, 60+rng.IntN(200)), MaxLen: limit, Seed: seed})
		missing, more := w.diff(r)
		tb.Logf("seed %d: not found %q, false %q", seed, missing, more)
		sum.add(w, r, missing, more)
		if r.Why != "" {
			tb.Errorf("seed %d: %s", seed, r.Why)
		}
	}
	return sum
}

// limits are long messages, and those of a chat with short lines.
func limits() map[string]int { return map[string]int{"long": 0, "short": 400} }

func TestMadeUp(t *testing.T) {
	t.Parallel()
	for name, limit := range limits() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := madeUpScore(t, max(4, int(seeds(30))), limit)
			t.Log(s)
			if 100*(s.lost-1) > 5*s.rules || 100*(s.invented-1) > 2*s.rules || s.messages > 40*s.rules {
				t.Error("at most one and 5 % may be missing, one and 2 % false, and 40 messages a rule")
			}
		})
	}
}
