package survey_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
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

const only = ""

// shared is a part of some rule of several parts before.
func (m *maker) shared() (string, bool) {
	for _, l := range m.w.laws {
		if len(l.parts) > 1 && len(l.parts[0]) == 1 {
			return l.parts[0][0], true
		}
	}
	return "", false
}

func TestMadeUp(t *testing.T) {
	t.Parallel()
	worlds := 120
	if testing.Short() {
		worlds = 4
	}
	for _, kind := range []struct {
		name  string
		limit int
	}{{"long", 0}, {"short", 400}} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			rules, lost, invented, messages, triggering := 0, 0, 0, 0, 0
			for seed := range uint64(worlds) {
				if only != "" && strconv.FormatUint(seed, 10) != only {
					continue
				}
				rng := rand.New(rand.NewPCG(seed, 77))
				w := madeUp(rng, kind.name, kind.limit)
				w.rng = rng
				r := w.run(t, survey.Config{Terms: w.vocabulary(rng, 60+rng.IntN(200)), MaxLen: kind.limit, Seed: seed})
				missing, more := w.diff(r)
				for _, x := range missing {
					t.Logf("seed %d: not found: %s", seed, x)
				}
				for _, x := range more {
					t.Logf("seed %d: false: %s", seed, x)
				}
				if r.Why != "" {
					t.Logf("seed %d: %s", seed, r.Why)
				}
				rules += len(w.laws)
				lost += len(missing)
				invented += len(more)
				messages += r.Messages
				triggering += r.Triggering
			}
			t.Logf("%s: %d of %d rules exactly, %d false, %.1f messages a rule, %.1f of which triggering", kind.name, rules-lost, rules, invented,
				float64(messages)/float64(rules), float64(triggering)/float64(rules))
		})
	}
}
