package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/attribute/stats"
	"example.org/telltale/internal/isolate/survey"
	"example.org/telltale/internal/scenario"
)

const (
	// proofTrials is how often the words of a rule are put to prove it.
	proofTrials = 3
	// otherTests is how many tests besides those of the rules are reckoned
	// with when the number of controls is chosen.
	otherTests = 8
	// fateShare is the part of alpha that tests on the fate of messages have.
	fateShare = 0.9
	// mostControls bounds the controls of one rule.
	mostControls = 8
	// placeContacts is how many harmless messages show that a place is open
	// in which rules are retried only.
	placeContacts = 2
	// retries is how often a rule is put on another way if it reacts there at
	// the first time.
	retries = 2
	// sampled is how many rules that lead to the same are tried in a place
	// that was not surveyed before it is taken to be like the usual one.
	sampled = 2
)

// surveyed is a rule that a survey found, with what proves it.
type surveyed struct {
	route
	survey.Rule
	walk *walk
	// proof are the fresh trials of the words alone, controls those of texts
	// of their shape.
	proof, controls []trial
	// also are the other routes where the words reacted as well.
	also map[route]bool
}

// text is what is typed to set the rule off.
func (s *surveyed) text() string { return strings.Join(s.Parts, " ") }

// survey finds the rules of every route, proves them, and tries them on the
// others.
func (e *engine) survey(ctx context.Context) error {
	e.Progress.Stage("screen", 0)
	routes := e.surveyRoutes()
	var rules []*surveyed
	var walks []*walk
	for i, r := range routes {
		if err := e.contactAt(ctx, r, scenario.Contacts); err != nil {
			return err
		}
		words := e.Scenario.Words
		if i > 0 {
			if err := e.retry(ctx, rules, r); err != nil {
				return err
			}
			words = unexplained(words, rules, r)
		}
		w, found, err := e.surveyRoute(ctx, r, words)
		if err != nil {
			return err
		}
		rules, walks = append(rules, found...), append(walks, w)
	}
	if err := e.retryElsewhere(ctx, rules, routes); err != nil {
		return err
	}
	if err := e.listen(ctx, e.copyWait()); err != nil {
		return err
	}
	e.learnLag()
	return errors.Join(e.putSurveyed(rules), e.putCovered(walks))
}

// surveyRoutes are all places and directions to survey, the usual first.
func (e *engine) surveyRoutes() []route {
	var out []route
	for _, place := range e.surveyPlaces() {
		for _, d := range e.Scenario.Directions {
			out = append(out, route{d, place})
		}
	}
	return out
}

// surveyPlaces are the places that the scenario names, or the usual one, which
// is written as empty.
func (e *engine) surveyPlaces() []string {
	var out []string
	for _, p := range e.Scenario.Places {
		out = append(out, e.placeName(p))
	}
	if len(out) == 0 {
		return []string{""}
	}
	return out
}

func (e *engine) placeName(place string) string {
	if len(e.places) > 0 && place == e.places[0] {
		return ""
	}
	return place
}

// contactAt shows that a place is open; for the usual one that was shown.
func (e *engine) contactAt(ctx context.Context, r route, n int) error {
	if r.place == "" {
		return nil
	}
	if _, err := e.ask(ctx, scenario.ContactAt(e.Scenario, r.place, r.direction, n)); err != nil {
		return err
	}
	return e.listen(ctx, e.copyWait())
}

// surveyRoute finds and proves the rules of one route.
func (e *engine) surveyRoute(ctx context.Context, r route, words []string) (*walk, []*surveyed, error) {
	if len(words) == 0 {
		return nil, nil, nil
	}
	w, err := e.surveyWords(ctx, r, words)
	if err != nil {
		return nil, nil, err
	}
	var rules []*surveyed
	for _, rule := range w.search.Result().Rules {
		rules = append(rules, &surveyed{route: r, Rule: rule, walk: w, also: map[route]bool{}})
	}
	return w, rules, e.prove(ctx, r, rules)
}

// prove puts the words of each rule again, among texts of the same shape that
// mean nothing, in shuffled order.
func (e *engine) prove(ctx context.Context, r route, rules []*surveyed) error {
	if len(rules) == 0 {
		return nil
	}
	suspects := make([]scenario.Suspect, len(rules))
	for i, s := range rules {
		suspects[i] = scenario.Suspect{
			Parts: s.Parts, Direction: r.direction, Place: r.place,
			Treated: proofTrials, Control: e.controlsFor(len(rules)),
		}
	}
	items := scenario.Prove(e.Scenario, fmt.Sprintf("prove/%s/%s", r.direction, r.place), suspects)
	trials, err := e.askSurely(ctx, items)
	if err != nil {
		return err
	}
	for i, item := range items {
		for j, s := range rules {
			switch {
			case !strings.HasPrefix(item.Key, suspects[j].Key()):
			case item.Arm == telltale.ArmTreatment:
				s.proof = append(s.proof, trials[i])
			default:
				s.controls = append(s.controls, trials[i])
			}
		}
	}
	return e.listen(ctx, e.copyWait())
}

// controlsFor is how many controls each of n rules needs, so that the exact
// test of each, corrected for all of them, can reach the declared alpha.
func (e *engine) controlsFor(n int) int {
	alpha := fateShare * e.Scenario.Alpha / float64(n+otherTests)
	for each := 1; each < mostControls; each++ {
		if p, _ := stats.Fisher(proofTrials, proofTrials, 0, scenario.Contacts+n*each); p <= alpha {
			return each
		}
	}
	return mostControls
}

// unexplained are the words to survey on a further route: without the known
// exceptions, and without one part of each rule that reacts there as well, so
// that no known rule is found again.
func unexplained(words []string, rules []*surveyed, r route) []string {
	out := map[string]bool{}
	for _, s := range rules {
		if !s.also[r] {
			continue
		}
		out[s.Parts[0]] = true
		if len(s.Alternatives) > 0 {
			for _, w := range s.Alternatives[0] {
				out[w] = true
			}
		}
		for _, u := range s.Unless {
			for _, w := range strings.Split(u.Word, "+") {
				out[w] = true
			}
		}
	}
	for _, s := range rules {
		for _, w := range s.walk.search.Result().Redundant {
			out[w] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return out[w] })
}
