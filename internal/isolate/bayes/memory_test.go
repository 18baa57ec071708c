package bayes_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/isolate/bayes"
)

// recalling is a filter with a memory.
type recalling struct {
	filter
	blocks int  // messages that are blocked after a reaction, whatever they are
	sleeps int  // messages that pass after a reaction, whatever they are
	once   bool // the same message is blocked once

	left int
	seen map[string]bool
}

func (r *recalling) reacts(message string) bool {
	switch {
	case r.left > 0:
		r.left--
		return r.blocks > 0
	case !r.filter.reacts(message) || r.once && r.seen[message]:
		return false
	}
	r.left = max(r.blocks, r.sleeps)
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	r.seen[message] = true
	return true
}

// TestMemoryIsNoRule puts filters with memories of all sorts: no result is
// exact unless it is right. A filter whose memory touched no line of the proof
// may go unnoticed.
func TestMemoryIsNoRule(t *testing.T) {
	t.Parallel()
	d := dictionary(t)
	blamed := map[string]int{}
	trials := tries(t, 28) // of each kind
	for seed := range uint64(3 * trials) {
		rng := rand.New(rand.NewPCG(seed, 72))
		text := randomText(rng, 12+rng.IntN(40))
		runes := []rune(text)
		var parts []string
		for range 1 + rng.IntN(2) {
			lo := rng.IntN(len(runes) - 3)
			parts = append(parts, string(runes[lo:lo+1+rng.IntN(3)]))
		}
		f := &recalling{filter: filter{parts}}
		kind := []string{"blocks", "sleeps", "once"}[seed%3]
		switch kind {
		case "blocks":
			f.blocks = 1 + rng.IntN(6)
		case "sleeps":
			f.sleeps = 1 + rng.IntN(6)
		default:
			f.once = true
		}
		r, _ := side(t, bayes.Config{Text: text, Dictionary: d}, f.reacts)
		if strings.Contains(r.Why, "remembers") {
			blamed[kind]++
		}
		if r.Exact {
			verify(t, r, f.filter.reacts)
		}
		if !r.Exact && r.Why == "" {
			t.Errorf("%s, %q in %q: %+v", kind, parts, text, r)
		}
	}
	t.Logf("memory named as the reason: %v of %d each", blamed, trials)
	for _, kind := range []string{"blocks", "sleeps"} {
		if blamed[kind] < trials*6/7 {
			t.Errorf("%s: %d of %d named", kind, blamed[kind], trials)
		}
	}
}

func TestATextThatNeverReacts(t *testing.T) {
	t.Parallel()
	r, _ := side(t, bayes.Config{Text: story, Dictionary: dictionary(t)}, func(string) bool { return false })
	if r.Exact || !strings.Contains(r.Why, "does not react when it is sent again") || r.Messages > 60 {
		t.Errorf("never: %+v", r)
	}
	r, _ = side(t, bayes.Config{Text: story, Dictionary: dictionary(t)}, func(string) bool { return true })
	if r.Exact || !strings.Contains(r.Why, "blocks") {
		t.Errorf("always: %+v", r)
	}
	if slices.Contains(r.Guess, "") {
		t.Errorf("guess %q", r.Guess)
	}
}
