package attribute

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.org/telltale"
)

// baseline reports whether harmless messages show the reaction too, so that
// it says nothing about words.
func (t *trials) baseline(iso telltale.Isolation) bool {
	var y tally
	for _, one := range t.where(there(iso), onHarmless) {
		if one.cell() != telltale.CellVoid {
			y.add(t.shows(one, iso))
		}
	}
	return y.k >= 2 && y.share() >= watchedShare
}

// caused is the part of a reaction that words can have caused: where harmless
// messages are copied too, as those of a watched account, a message that was
// copied and dropped was dropped for its words.
func (t *trials) caused(iso telltale.Isolation) telltale.Cell {
	if iso.Cell == telltale.CellDroppedCopied && t.baseline(telltale.Isolation{Direction: iso.Direction, Cell: telltale.CellDeliveredCopied}) {
		return telltale.CellDropped
	}
	return iso.Cell
}

// trigger is what several isolations of the same words say together.
type trigger struct {
	telltale.Isolation
	directions map[telltale.Direction]bool
	found      []telltale.Isolation
}

// triggers states the words whose certificates hold, and the searches that
// ended without.
func (s *statement) triggers() {
	byWords := map[string]*trigger{}
	for _, iso := range s.certified {
		if iso.Rule != nil {
			continue
		}
		iso.Cell = s.observedCell(iso)
		iso.Words, iso.Without = sorted(iso.Words), sorted(iso.Without)
		key := strings.ToLower(strings.Join(iso.Words, "\x00")) + "\x00\x00" + string(iso.Cell)
		t := byWords[key]
		if t == nil {
			t = &trigger{Isolation: iso, directions: map[telltale.Direction]bool{}}
			byWords[key] = t
		}
		t.Without = sorted(append(t.Without, iso.Without...))
		t.Words = slices.MinFunc([][]string{t.Words, iso.Words}, slices.Compare)
		t.directions[iso.Direction] = true
		t.found = append(t.found, iso)
	}
	for _, key := range slices.Sorted(maps.Keys(byWords)) {
		s.trigger(byWords[key])
	}
	s.openSearches()
}

// sorted returns the words in order and without repeats.
func sorted(words []string) []string {
	words = slices.Clone(words)
	slices.Sort(words)
	return slices.Compact(words)
}

// observedCell is the cell that the proof's reacting messages fell into.
func (s *statement) observedCell(iso telltale.Isolation) telltale.Cell {
	var kept tally
	copied := false
	for _, t := range s.proving(iso) {
		if t.cell() != telltale.CellVoid {
			kept.add(t.outcome.Kept())
			copied = copied || t.copied()
		}
	}
	outcome := telltale.Delivered
	if 2*kept.k > kept.n {
		outcome = telltale.Dropped
	}
	if cell := telltale.CellOf(outcome, copied); cell.Reacted() {
		iso.Cell = cell
	}
	return s.caused(iso)
}

// trigger states one set of words.
func (s *statement) trigger(t *trigger) {
	for _, d := range s.directions() {
		if !t.directions[d] && s.alsoIn(d, t) {
			t.directions[d] = true
		}
	}
	d := telltale.Both
	if len(t.directions) == 1 {
		d = slices.Collect(maps.Keys(t.directions))[0]
	}
	f := telltale.Finding{
		Claim:  telltale.Claim{Kind: telltale.KindTrigger, Words: t.Words, Without: t.Without, Direction: d, Cell: t.Cell},
		Direct: t.Cell != telltale.CellDropped, Method: methodCertificate,
	}
	for _, iso := range t.found {
		s.countProof(&f, iso)
		f.Traits = s.addTraits(f.Traits, iso)
	}
	f.Statement = triggerText(f.Claim)
	s.state(f)
}

// countProof adds the questions of a certificate to a finding: those that
// must react as treated, the others as control.
func (s *statement) countProof(f *telltale.Finding, iso telltale.Isolation) {
	for _, p := range iso.Certificate {
		for _, id := range p.Probes {
			one := s.byID[id]
			evidence(f, []*trial{one})
			reacted := 0
			if s.shows(one, iso) {
				reacted = 1
			}
			if p.Reacts {
				f.Trials.Treated++
				f.Trials.TreatedReacted += reacted
			} else {
				f.Trials.Control++
				f.Trials.ControlReacted += reacted
			}
		}
	}
}

func triggerText(c telltale.Claim) string {
	text := "The words " + quoted(c.Words) + " set it off when they are together in a message"
	if len(c.Words) == 1 {
		text = "The text " + quoted(c.Words) + " sets it off"
	}
	if len(c.Without) > 0 {
		text += ", unless " + quoted(c.Without) + " is in it too"
	}
	way := " that is " + string(c.Direction)
	if c.Direction == telltale.Both {
		way = ", sent or received"
	}
	fate := map[telltale.Cell]string{
		telltale.CellDropped:         "does not arrive",
		telltale.CellDroppedCopied:   "does not arrive and is copied to someone else",
		telltale.CellDeliveredCopied: "arrives and is copied to someone else",
	}[c.Cell]
	return text + ": such a message" + way + " " + fate + "."
}

func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = fmt.Sprintf("%q", w)
	}
	return strings.Join(out, " and ")
}

// alsoIn reports whether the words react in a direction in which no search
// was made: copied once at least, or kept in most of their trials.
func (s *statement) alsoIn(d telltale.Direction, t *trigger) bool {
	list := s.where(going(d), func(one *trial) bool {
		return !one.harmless() && one.cell() != telltale.CellVoid && fires(plainText(one), t.Isolation)
	})
	// Texts that hold another trigger as well would answer for that one.
	alone := slices.DeleteFunc(slices.Clone(list), func(one *trial) bool { return s.holdsOther(one, t.Words) })
	if len(alone) > 0 {
		list = alone
	}
	var kept, copied tally
	for _, one := range list {
		kept.add(one.outcome.Kept())
		copied.add(one.copied())
	}
	switch t.Cell {
	case telltale.CellDeliveredCopied:
		return copied.k > 0 && !s.baseline(telltale.Isolation{Direction: d, Cell: t.Cell})
	case telltale.CellDropped:
		return 2*kept.k > kept.n
	}
	return 2*kept.k > kept.n && copied.k > 0
}

func (s *statement) holdsOther(one *trial, words []string) bool {
	text := plainText(one)
	return slices.ContainsFunc(s.certified, func(iso telltale.Isolation) bool {
		return !slices.Equal(sorted(iso.Words), words) && fires(text, iso)
	})
}

// openSearches states the searches that did not end in a certificate, where
// the text really reacted more than once and no known trigger explains it.
func (s *statement) openSearches() {
	stated := map[string]bool{}
	for _, iso := range s.rec.Isolations {
		err := s.check(iso)
		if err == nil || s.baseline(iso) || s.explained(iso) || s.reactions(iso) < 2 || !s.mostly(iso) {
			continue
		}
		words := sorted(iso.Words)
		if len(words) == 0 {
			words = []string{iso.Text}
		}
		f := telltale.Finding{
			Claim:   telltale.Claim{Kind: telltale.KindTrigger, Words: words, Without: sorted(iso.Without), Direction: iso.Direction, Cell: iso.Cell},
			Verdict: telltale.Inconclusive, Method: methodCertificate, Needed: 1,
		}
		if stated[f.Claim.Key()] {
			continue
		}
		stated[f.Claim.Key()] = true
		why := iso.Why
		if why == "" {
			why = err.Error()
		}
		f.Statement = fmt.Sprintf("The text %q reacts, but which of its words do is not proven: %s.", iso.Text, strings.TrimSuffix(why, "."))
		s.countOpen(&f, iso)
		s.state(f)
	}
}

// countOpen counts what is known of a failed certificate, and how many of its
// questions must be put again.
func (s *statement) countOpen(f *telltale.Finding, iso telltale.Isolation) {
	for _, p := range iso.Certificate {
		if s.checkProof(iso, p) != nil {
			f.Needed += max(1, len(p.Probes))
		}
		for _, id := range p.Probes {
			if one := s.byID[id]; one != nil {
				f.Trials.Treated++
				evidence(f, []*trial{one})
				if one.cell() == telltale.CellVoid {
					f.Trials.Void++
				}
			}
		}
	}
}

// explained reports whether a certified trigger accounts for a text.
func (s *statement) explained(iso telltale.Isolation) bool {
	return slices.ContainsFunc(s.certified, func(known telltale.Isolation) bool { return fires(iso.Text, known) })
}

// reactions counts how often a text as a whole reacted.
func (s *statement) reactions(iso telltale.Isolation) int {
	return len(s.where(going(iso.Direction), func(t *trial) bool {
		return !t.harmless() && plainText(t) == strings.TrimSpace(iso.Text) && t.cell().Reacted()
	}))
}

// mostly reports whether a text that a survey proposes reacted in most of its
// trials. What reacted now and then got lost on the way.
func (s *statement) mostly(iso telltale.Isolation) bool {
	if iso.Rule == nil {
		return true
	}
	var y tally
	for _, t := range s.where(there(iso), alone(iso)) {
		y.add(s.shows(t, iso))
	}
	return 2*y.k > y.n
}
