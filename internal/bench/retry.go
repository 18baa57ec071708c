package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"example.org/telltale/internal/scenario"
)

// retry puts the words of rules found elsewhere once on another route, and
// once more where they react.
func (e *engine) retry(ctx context.Context, rules []*surveyed, r route) error {
	return e.retryTimes(ctx, rules, r, retries)
}

func (e *engine) retryTimes(ctx context.Context, rules []*surveyed, r route, times int) error {
	open := slices.DeleteFunc(slices.Clone(rules), func(s *surveyed) bool { return s.route == r })
	for i := range times {
		items := make([]scenario.Item, len(open))
		for j, s := range open {
			key := fmt.Sprintf("retry/%s/%s/%s/%d", r.direction, r.place, scenario.Mark(s.text()), i)
			items[j] = scenario.Ask(e.Scenario, r.direction, r.place, key, s.text())
		}
		trials, err := e.askSurely(ctx, items)
		if err != nil {
			return err
		}
		if err := e.listen(ctx, e.copyWait()); err != nil {
			return err
		}
		for j, s := range open {
			s.also[r] = len(e.effects(trials[j]).Effects) > 0
		}
		open = slices.DeleteFunc(open, func(s *surveyed) bool { return !s.also[r] })
	}
	return nil
}

// retryElsewhere tries the rules in the places that were not surveyed: two of
// each sort first. If these are as at home, so are the others, as far as is
// said. If they are silent, the others are put together; what reacts there is
// put one by one.
func (e *engine) retryElsewhere(ctx context.Context, rules []*surveyed, surveyed []route) error {
	if len(rules) == 0 || len(e.Scenario.Directions) == 0 {
		return nil
	}
	for _, place := range e.places {
		r := route{e.Scenario.Directions[0], e.placeName(place)}
		if slices.Contains(surveyed, r) {
			continue
		}
		if err := e.contactAt(ctx, r, placeContacts); err != nil {
			return err
		}
		for _, sort := range sorts(rules) {
			if err := e.retrySort(ctx, sort, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// sorts are the rules that lead to the same, in the order in which they came.
func sorts(rules []*surveyed) [][]*surveyed {
	at := map[string]int{}
	var out [][]*surveyed
	for _, s := range rules {
		key := string(s.direction) + strings.Join(s.Effects, ",")
		i, known := at[key]
		if !known {
			i, at[key] = len(out), len(out)
			out = append(out, nil)
		}
		out[i] = append(out[i], s)
	}
	return out
}

// retrySort tries rules of one sort in a place.
func (e *engine) retrySort(ctx context.Context, rules []*surveyed, r route) error {
	n := min(len(rules), sampled)
	if err := e.retryTimes(ctx, rules[:n], r, 1); err != nil {
		return err
	}
	reacted := 0
	for _, s := range rules[:n] {
		if s.also[r] {
			reacted++
		}
	}
	rest := rules[n:]
	switch {
	case len(rest) == 0 || reacted == n:
		return nil
	case reacted == 0 && len(rest) > 1:
		silent, err := e.together(ctx, rest, r)
		if err != nil || silent {
			return err
		}
	}
	return e.retryTimes(ctx, rest, r, 1)
}

// together puts the words of several rules into one message, as far as they
// fit, and reports whether nothing came of it.
func (e *engine) together(ctx context.Context, rules []*surveyed, r route) (bool, error) {
	texts := make([]string, len(rules))
	for i, s := range rules {
		texts[i] = s.text()
	}
	text := strings.Join(texts, " ")
	if len(text) > e.room() {
		return false, nil
	}
	key := fmt.Sprintf("retry/%s/%s/%s/0", r.direction, r.place, scenario.Mark(text))
	trials, err := e.askSurely(ctx, []scenario.Item{scenario.Ask(e.Scenario, r.direction, r.place, key, text)})
	if err == nil {
		err = e.listen(ctx, e.copyWait())
	}
	if err != nil {
		return false, err
	}
	answer := e.effects(trials[0])
	return !answer.Void && len(answer.Effects) == 0, nil
}
