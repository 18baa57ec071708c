package attribute

import (
	"maps"
	"slices"
	"strings"

	"example.org/telltale"
)

// placesOf are the places where the words alone reacted and those where they
// did not although harmless messages show the way to be open. Both are empty
// if the usual place alone was tried.
func (s *statement) placesOf(r *surveyedRule) (places, spared []string) {
	by := map[string]*tally{}
	add := func(place string, reacted bool) {
		if by[place] == nil {
			by[place] = &tally{}
		}
		by[place].add(reacted)
	}
	for _, t := range s.where(going(r.Direction), func(t *trial) bool { return !t.harmless() && t.cell() != telltale.CellVoid }) {
		switch {
		case alone(r.Isolation)(t):
			add(t.Place, s.shows(t, r.Isolation))
		case s.passed(t, r):
			add(t.Place, false)
		}
	}
	for _, iso := range r.found {
		by[iso.Place] = &tally{1, 1}
	}
	if len(by) == 1 && by[""] != nil {
		return nil, nil
	}
	for _, place := range slices.Sorted(maps.Keys(by)) {
		switch y := by[place]; {
		case 2*y.k > y.n:
			places = append(places, s.placeName(place))
		case y.k == 0 && s.open(r.Direction, place):
			spared = append(spared, s.placeName(place))
		}
	}
	return places, spared
}

// passed reports whether a message in another place held the words of a rule,
// one behind the other, and nothing at all came of it.
func (s *statement) passed(t *trial, r *surveyedRule) bool {
	return t.Place != r.Place && t.outcome == telltale.Delivered && !t.copied() &&
		strings.Contains(" "+plainText(t)+" ", " "+strings.TrimSpace(r.Text)+" ") && len(stopping(plainText(t), r.Without)) == 0
}

// placeName names a place; the usual one is written as empty in a probe.
func (s *statement) placeName(place string) string {
	if place == "" && len(s.rec.App.Places) > 0 {
		return s.rec.App.Places[0]
	}
	return place
}

// open reports whether harmless messages arrive on a way.
func (s *statement) open(d telltale.Direction, place string) bool {
	return len(s.where(going(d), onHarmless, func(t *trial) bool { return t.Place == place && t.outcome == telltale.Delivered })) > 0
}
