package attribute

import (
	"fmt"
	"slices"

	"example.org/telltale"
)

// blockedShare is the share of harmless messages that fail from which on
// nothing can be said of words: the way is not open.
const blockedShare = 0.5

// suppression states whether messages of a direction are kept from their
// recipients in one way (dropped, altered, refused) because of their words.
func (s *statement) suppression(d telltale.Direction, o telltale.Outcome) {
	r := keeping(o)
	a := s.arms(d, r)
	claim := telltale.Claim{Kind: telltale.KindSuppression, Direction: d, Condition: telltale.OnWords, Detail: string(o)}
	base := r.tally(a.harmless)
	if base.n >= 2 && base.share() >= blockedShare {
		s.blocked(claim, r, a)
		return
	}
	found := r.hits(a.treated)
	if len(found)+base.k == 0 {
		// What never happens, to any message, is no test to correct for.
		return
	}
	proven := s.keptByCertificate(d, o)
	foretold := s.foretold(a, d, telltale.CellDropped, telltale.CellDroppedCopied)
	words := s.fate.add(wordsP(r, a, foretold, s.lot("kept/"+string(o)+"/"+string(d))))
	if len(found) == 0 || len(repeating(r, a.treated)) == 0 && !proven {
		return
	}
	f := telltale.Finding{Claim: claim, Method: methodWords, Trials: s.counts(r, a)}
	f.Effect = s.effect("share of messages "+string(o)+", with tested words less harmless", r.tally(a.treated), r.tally(a.ofAccount()))
	f.Statement = fmt.Sprintf("Messages that are %s are %s if they hold certain words: %d of %d with tested words were, %d of %d harmless ones.",
		d, o, f.Trials.TreatedReacted, f.Trials.Treated, f.Trials.ControlReacted, f.Trials.Control)
	evidence(&f, found)
	s.drafts = append(s.drafts, &draft{
		Finding: f, test: words, proven: proven, counts: countsOf(r.tally(a.treated), r.tally(a.ofAccount())),
	})
}

// blocked says that harmless messages do not arrive either, so that the
// question of words cannot be put.
func (s *statement) blocked(claim telltale.Claim, r reaction, a arms) {
	claim.Condition = telltale.Always
	f := telltale.Finding{Claim: claim, Verdict: telltale.Inconclusive, Trials: s.counts(r, a),
		Method: methodArrive}
	f.Statement = fmt.Sprintf("Messages that are %s do not get through even if they are harmless (%d of %d were %s), so nothing can be said of words. Check the accounts and the way between them, and test again.",
		claim.Direction, f.Trials.ControlReacted, f.Trials.Control, claim.Detail)
	f.Needed = f.Trials.Control + f.Trials.Treated
	evidence(&f, r.hits(a.harmless))
	s.state(f)
}

// keptByCertificate reports whether a certified trigger shows this outcome in
// the direction: its reacting lines were put twice at least, in all.
func (s *statement) keptByCertificate(d telltale.Direction, o telltale.Outcome) bool {
	return slices.ContainsFunc(s.certified, func(iso telltale.Isolation) bool {
		if iso.Direction != d || iso.Cell != telltale.CellDropped && iso.Cell != telltale.CellDroppedCopied {
			return false
		}
		kept := 0
		for _, t := range s.proving(iso) {
			if t.outcome == o {
				kept++
			}
		}
		return kept >= 2
	})
}

// proving lists the trials in which the trigger of an isolation was asked for
// a reaction, and those of the screen that hold its words.
func (s *statement) proving(iso telltale.Isolation) []*trial {
	asked := map[string]bool{}
	for _, p := range iso.Certificate {
		for _, id := range p.Probes {
			asked[id] = asked[id] || p.Reacts
		}
	}
	return s.where(going(iso.Direction), func(t *trial) bool {
		return asked[t.ID] || t.Arm == telltale.ArmTreatment && fires(plainText(t), iso)
	})
}

// fires reports whether a text holds the words of a trigger and none of its
// exceptions.
func fires(text string, iso telltale.Isolation) bool {
	return len(lacking(text, iso.Words)) == 0 && len(stopping(text, iso.Without)) == 0
}
