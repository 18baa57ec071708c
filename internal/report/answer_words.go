package report

import "example.org/telltale"

// whichWords is the second sentence of an alarm: words or accounts, and what
// becomes of the messages.
func (x *index) whichWords(t tally) string {
	if accounts := x.targets(); len(accounts) > 0 {
		return x.targetSentence(accounts)
	}
	counts := map[telltale.Cell]int{}
	total := 0
	for _, f := range x.supported(telltale.KindTrigger) {
		counts[f.Claim.Cell]++
		total++
	}
	if x.surveyed() {
		return x.whichRules(total)
	}
	if counts[telltale.CellDropped]+counts[telltale.CellDroppedCopied]+counts[telltale.CellDeliveredCopied] == 0 {
		return x.withoutTriggers(t)
	}
	var parts []string
	for _, c := range []telltale.Cell{telltale.CellDropped, telltale.CellDroppedCopied, telltale.CellDeliveredCopied} {
		if n := counts[c]; n > 0 {
			parts = append(parts, x.Count(messagesWith(n, total, len(parts) > 0), n, "fate", x.fate(c, x.samples())))
		}
	}
	return x.setOff(total, x.semicolons(parts))
}

// setOff says of how many texts how many were triggers, and what follows.
func (x *index) setOff(total int, what string) string {
	return x.Count("words.set-off", total, "texts", x.Count("texts", len(x.rec.Scenario.Words)), "what", what)
}

// semicolons joins the parts of a long sentence.
func (x *index) semicolons(parts []string) string {
	out := ""
	for i, p := range parts {
		if i == 0 {
			out = p
			continue
		}
		out = x.Say("list.semicolon", "list", out, "next", p)
	}
	return out
}

// whichRules is whichWords for a survey, which tells more of what becomes of
// messages than whether they arrive.
func (x *index) whichRules(total int) string {
	counts := map[telltale.Outcome]int{}
	copied := 0
	for _, f := range x.supported(telltale.KindTrigger) {
		if r := f.Claim.Rule; r != nil {
			counts[r.Outcome]++
			copied += min(1, len(r.Copies))
		}
	}
	var parts []string
	add := func(n int, key string) {
		if n > 0 {
			parts = append(parts, x.Count(key, n))
		}
	}
	add(counts[telltale.Refused], "rules.refused")
	add(counts[telltale.Dropped], "rules.dropped")
	add(counts[telltale.Altered], "rules.altered")
	add(counts[telltale.Diverted], "rules.diverted")
	add(copied, "rules.copied")
	return x.setOff(total, x.Say("rules.message", "what", x.Comma(parts)))
}

// messagesWith is the key of one part of the sentence on words.
func messagesWith(n, total int, others bool) string {
	switch {
	case n == total && n > 1:
		return "words.with-one-of-them"
	case n == 1 && others:
		return "words.with-one-other"
	case n == 1:
		return "words.with-it"
	case others:
		return "words.with-others"
	}
	return "words.with-some"
}

// samples reports whether the app lets some of the messages go by that hold
// a proven trigger.
func (x *index) samples() bool {
	for _, r := range x.matrix() {
		if r.Group == GroupTrigger && r.Delivered > 0 && r.DeliveredCopied+r.DroppedCopied > 0 {
			return true
		}
	}
	return false
}

// fate says what becomes of a message, for readers in a hurry.
func (x *index) fate(c telltale.Cell, some bool) string {
	if some && c != telltale.CellDropped {
		return x.Say("fate.some-" + string(c))
	}
	return x.Say("fate." + string(c))
}

func (x *index) targets() []string {
	var names []string
	for _, f := range x.supported(telltale.KindTargeting) {
		names = append(names, short(f.Claim.Account, 40))
	}
	return names
}

// spared are the accounts of the app that are not watched.
func (x *index) spared(watched []string) []string {
	var left []string
	for _, a := range x.accounts(telltale.SideApp) {
		spared := true
		for _, w := range watched {
			spared = spared && w != a
		}
		if spared {
			left = append(left, short(a, 40))
		}
	}
	return left
}

func (x *index) targetSentence(watched []string) string {
	names := x.ListMore(watched, 3)
	if left := x.spared(watched); len(left) > 0 {
		return x.Count("targets.some", len(watched), "accounts", names, "spared", x.ListMore(left, 3))
	}
	return x.Count("targets.all", len(watched), "accounts", names)
}

// withoutTriggers is the second sentence where no exact words are known.
func (x *index) withoutTriggers(t tally) string {
	args := []string{"messages", x.Count("messages", t.valid), "copied", x.Count("were-copied", t.copied), "kept", x.Number(t.kept)}
	switch {
	case t.copied > 0 && t.kept > 0:
		return x.Say("no-words.both", args...)
	case t.copied > 0:
		return x.Say("no-words.copied", args...)
	case t.kept > 0:
		return x.Say("no-words.kept", args...)
	}
	return ""
}
