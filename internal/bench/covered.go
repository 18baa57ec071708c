package bench

import (
	"fmt"
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/isolate/survey"
)

// surveySensor names what a survey did not see, among the sensors' blind spots.
const surveySensor = "survey"

// mostNamed bounds the words that are named in one line.
const mostNamed = 12

// putCovered records what the surveys did not look at, so that nothing is
// denied that was not asked.
func (e *engine) putCovered(walks []*walk) error {
	var lines []telltale.Coverage
	for _, w := range walks {
		if w == nil {
			continue
		}
		for _, what := range w.blind(e.Scenario.Combine) {
			lines = append(lines, telltale.Coverage{Sensor: surveySensor, What: w.where() + ": " + what})
		}
	}
	have := e.Case.Snapshot().Coverage
	others := slices.DeleteFunc(slices.Clone(have), func(c telltale.Coverage) bool { return c.Sensor == surveySensor })
	if all := append(others, lines...); !slices.Equal(all, have) {
		return e.Case.PutCoverage(all)
	}
	return nil
}

// where names the way that was surveyed.
func (w *walk) where() string {
	if w.place == "" {
		return string(w.direction)
	}
	return string(w.direction) + " in " + w.place
}

// blind says what a survey left open.
func (w *walk) blind(combine int) []string {
	r := w.search.Result()
	var out []string
	if combine == 0 {
		combine = surveyCombine
	}
	out = append(out, fmt.Sprintf("rules of more than %d words, and words that are on no list", combine))
	for _, share := range []struct {
		what string
		survey.Share
	}{
		{"%d of %d words were in no message that passed", r.Coverage.Singles},
		{"%d of %d pairs of words were not together in a message that passed", r.Coverage.Pairs},
	} {
		if left := share.Of - share.Done; left > 0 {
			out = append(out, fmt.Sprintf(share.what, left, share.Of))
		}
	}
	if len(r.Coverage.Unput) > 0 {
		out = append(out, "words that could not be put: "+named(r.Coverage.Unput))
	}
	for _, words := range r.Unexplained {
		out = append(out, "words that reacted together for no reason that was found: "+named(words))
	}
	if l := r.Length; l != nil {
		out = append(out, fmt.Sprintf("messages of more than %d bytes, which show an effect (%s) whatever they say", l.Limit, strings.Join(l.Effects, ", ")))
	}
	if r.Why != "" {
		out = append(out, r.Why)
	}
	return out
}

func named(words []string) string {
	text := strings.Join(words[:min(len(words), mostNamed)], ", ")
	if more := len(words) - mostNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
