package attribute

import (
	"fmt"
	"slices"
	"strings"

	"example.org/telltale"
)

// addTraits adds what an isolation says of its words, once by name, and only
// as far as the record bears it out.
func (s *statement) addTraits(list []telltale.Trait, iso telltale.Isolation) []telltale.Trait {
	for _, trait := range iso.Traits {
		if slices.ContainsFunc(list, func(t telltale.Trait) bool { return t.Name == trait.Name }) {
			continue
		}
		if err := s.checkTrait(iso, trait); err != nil {
			trait = telltale.Trait{Name: trait.Name, Answer: telltale.TraitUnknown, Statement: fmt.Sprintf("not proven: %v", err)}
		}
		list = append(list, trait)
	}
	return list
}

// checkTrait checks the messages that decide a trait: that they were typed as
// they say and that the most of them were answered as claimed. Which message
// would decide which trait is for the search to know.
func (t *trials) checkTrait(iso telltale.Isolation, trait telltale.Trait) error {
	if trait.Answer != "yes" && trait.Answer != "no" {
		return nil
	}
	if len(trait.Proofs) == 0 {
		return fmt.Errorf("no message decides it")
	}
	for _, proof := range trait.Proofs {
		var y tally
		for _, id := range proof.Probes {
			one := t.byID[id]
			switch {
			case one == nil:
				return fmt.Errorf("probe %s is not in the record", id)
			case plainText(one) != strings.TrimSpace(proof.Text):
				return fmt.Errorf("probe %s typed another text, %q", id, one.Text)
			case one.cell() != telltale.CellVoid:
				y.add(t.shows(one, iso))
			}
		}
		if y.n == 0 {
			return fmt.Errorf("nothing was asked")
		}
		// An app that samples reacts if it reacted once.
		reacts := 2*y.k > y.n || samples(iso.Cell) && y.k > 0
		if reacts != proof.Reacts || 2*y.k == y.n && !reacts {
			return fmt.Errorf("%d of %d reacted", y.k, y.n)
		}
	}
	return nil
}
