package attribute

import (
	"fmt"
	"slices"

	"example.org/telltale"
	"example.org/telltale/internal/attribute/stats"
)

// arms of one direction that the reaction's question was put to.
type arms struct{ treated, harmless []*trial }

func (s *statement) arms(d telltale.Direction, r reaction) arms {
	return arms{
		treated:  r.counting(s.where(going(d), inArm(telltale.ArmTreatment))),
		harmless: r.counting(s.where(going(d), onHarmless)),
	}
}

// ofAccount keeps the harmless trials of the accounts that words were tried
// with. Other accounts would blur the comparison.
func (a arms) ofAccount() []*trial {
	return slices.DeleteFunc(slices.Clone(a.harmless), func(t *trial) bool {
		return !slices.ContainsFunc(a.treated, func(u *trial) bool { return u.account == t.account })
	})
}

// copies states whether messages of a direction are copied, and when.
func (s *statement) copies(d telltale.Direction) {
	r := copying()
	a := s.arms(d, r)
	w := watchedAccounts(r, s.where(going(d), onHarmless))
	claim := telltale.Claim{Kind: telltale.KindCopy, Direction: d}
	switch {
	case w.always():
		s.alwaysCopied(claim, a)
	case w.some():
		// Stated with the accounts' own test, in targets.
	default:
		s.wordsCopied(claim, a)
	}
}

// alwaysCopied needs no test: harmless messages of every account were found.
func (s *statement) alwaysCopied(claim telltale.Claim, a arms) {
	claim.Condition = telltale.Always
	r := copying()
	all := slices.Concat(a.harmless, a.treated)
	f := telltale.Finding{Claim: claim, Direct: true, Method: methodCanary, Trials: s.counts(r, a)}
	y := r.tally(all)
	f.Statement = fmt.Sprintf("Messages that are %s are copied to someone else whatever they say: %d of %d were, harmless ones of every tested account among them.",
		claim.Direction, y.k, y.n)
	evidence(&f, r.hits(all))
	s.state(f)
}

// wordsCopied: some messages with tested words are copied and harmless ones
// are not.
func (s *statement) wordsCopied(claim telltale.Claim, a arms) {
	r := copying()
	searched := s.where(going(claim.Direction), inArm(telltale.ArmIsolate))
	found := slices.Concat(r.hits(a.treated), r.hits(searched))
	if len(found) == 0 {
		return
	}
	claim.Condition = telltale.OnWords
	foretold := s.foretold(a, claim.Direction, telltale.CellDeliveredCopied, telltale.CellDroppedCopied)
	words := s.fate.add(wordsP(r, a, foretold, s.lot("copy/"+string(claim.Direction))))
	f := telltale.Finding{Claim: claim, Direct: true, Method: methodCanary + methodsSep + methodWords, Trials: s.counts(r, a)}
	f.Effect = s.effect("share of messages copied, with tested words less harmless", r.tally(a.treated), r.tally(a.ofAccount()))
	f.Statement = fmt.Sprintf("Messages that are %s are copied to someone else if they hold certain words: %d of %d with tested words were, %d of %d harmless ones.",
		claim.Direction, f.Trials.TreatedReacted, f.Trials.Treated, f.Trials.ControlReacted, f.Trials.Control)
	evidence(&f, found)
	s.drafts = append(s.drafts, &draft{
		Finding: f, test: words, seen: true, counts: countsOf(r.tally(a.treated), r.tally(a.ofAccount())),
		proven: s.certifiedIn(claim.Direction, telltale.CellDeliveredCopied, telltale.CellDroppedCopied),
	})
}

// certifiedIn reports whether a trigger with one of the cells is certified in
// the direction.
func (s *statement) certifiedIn(d telltale.Direction, cells ...telltale.Cell) bool {
	return slices.ContainsFunc(s.certified, func(iso telltale.Isolation) bool {
		return iso.Direction == d && slices.Contains(cells, iso.Cell)
	})
}

// foretold lists the treated trials of a direction that hold a trigger which
// was certified, with one of the cells, in another direction, so that their
// reaction was to be expected.
func (s *statement) foretold(a arms, d telltale.Direction, cells ...telltale.Cell) []*trial {
	return slices.DeleteFunc(slices.Clone(a.treated), func(t *trial) bool {
		return !slices.ContainsFunc(s.certified, func(iso telltale.Isolation) bool {
			return iso.Direction != d && slices.Contains(cells, iso.Cell) && fires(plainText(t), iso)
		})
	})
}

// counts fills in the trials behind a finding of one direction.
func (s *statement) counts(r reaction, a arms) telltale.Trials {
	treated, control := r.tally(a.treated), r.tally(a.harmless)
	out := telltale.Trials{Treated: treated.n, TreatedReacted: treated.k, Control: control.n, ControlReacted: control.k}
	all := slices.Concat(a.treated, a.harmless)
	if len(all) > 0 {
		inDirection := s.where(going(all[0].Direction), func(t *trial) bool { return t.Arm != telltale.ArmIsolate })
		out.Void = len(inDirection) - len(all)
	}
	return out
}

func (s *statement) effect(what string, treated, control tally) *telltale.Effect {
	e := &telltale.Effect{What: what, Size: treated.share() - control.share()}
	e.Low, e.High = stats.Newcombe(treated.k, treated.n, control.k, control.n, 1-s.alpha)
	return e
}

func countsOf(treated, control tally) stats.Counts {
	return stats.Counts{K1: treated.k, N1: treated.n, K2: control.k, N2: control.n}
}

// targets states which accounts are watched whatever they write, and that
// their messages are copied in each direction for this reason.
func (s *statement) targets() {
	r := copying()
	w := watchedAccounts(r, s.where(onHarmless))
	if !w.some() {
		return
	}
	harmless := r.counting(s.where(onHarmless))
	rest := ofAccounts(harmless, w.no)
	var first *test
	for _, account := range w.yes {
		t := s.target(account, ofAccounts(harmless, []string{account}), rest)
		if first == nil || t.p < first.p {
			first = t
		}
	}
	for _, d := range s.directions() {
		s.accountCopied(d, w, first)
	}
}

func ofAccounts(list []*trial, accounts []string) []*trial {
	return slices.DeleteFunc(slices.Clone(list), func(t *trial) bool { return !slices.Contains(accounts, t.account) })
}

func (s *statement) target(account string, own, rest []*trial) *test {
	r := copying()
	mine, others := r.tally(own), r.tally(rest)
	p, _ := stats.Fisher(mine.k, mine.n, others.k, others.n)
	t := s.fate.add(p)
	f := telltale.Finding{
		Claim: telltale.Claim{Kind: telltale.KindTargeting, Account: account}, Direct: true, Method: methodCanary + methodsSep + methodFisher,
		Trials: telltale.Trials{Treated: mine.n, TreatedReacted: mine.k, Control: others.n, ControlReacted: others.k},
		Effect: s.effect("share of harmless messages copied, of this account less others", mine, others),
	}
	f.Statement = fmt.Sprintf("The account %q is watched whatever is written: %d of %d of its harmless messages were copied, and %d of %d of other accounts.",
		account, mine.k, mine.n, others.k, others.n)
	evidence(&f, slices.Concat(r.hits(own), rest[:min(len(rest), evidenceLimit/2)]))
	s.drafts = append(s.drafts, &draft{Finding: f, test: t, seen: true, counts: countsOf(mine, others)})
	return t
}

// accountCopied states the copies of one direction that come of who writes.
func (s *statement) accountCopied(d telltale.Direction, w watched, t *test) {
	r := copying()
	harmless := r.counting(s.where(going(d), onHarmless))
	here := watchedAccounts(r, harmless)
	if !here.some() {
		return
	}
	mine, others := r.tally(ofAccounts(harmless, w.yes)), r.tally(ofAccounts(harmless, w.no))
	f := telltale.Finding{
		Claim:  telltale.Claim{Kind: telltale.KindCopy, Direction: d, Condition: telltale.OnAccount},
		Direct: true, Method: methodCanary + methodsSep + methodFisher,
		Trials: telltale.Trials{Treated: mine.n, TreatedReacted: mine.k, Control: others.n, ControlReacted: others.k},
		Effect: s.effect("share of harmless messages copied, of watched accounts less others", mine, others),
	}
	f.Statement = fmt.Sprintf("Messages that are %s are copied to someone else if certain accounts write or receive them, whatever they say: %d of %d of these were, and %d of %d of other accounts.",
		d, mine.k, mine.n, others.k, others.n)
	evidence(&f, r.hits(harmless))
	s.drafts = append(s.drafts, &draft{Finding: f, test: t, seen: true, counts: countsOf(mine, others)})
}
