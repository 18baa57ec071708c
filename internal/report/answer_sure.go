package report

import (
	"slices"

	"example.org/telltale"
)

// sure says how sure the answer is, and on what that rests.
func (x *index) sure(tone Tone, t tally) []string {
	var out []string
	if tone == ToneAlarm && x.anyDirect(telltale.KindCopy) {
		out = append(out, x.Count("sure.seen", t.copied))
	}
	if n, all := x.exactTriggers(); all > 0 {
		out = append(out, x.exactSentence(n, all))
	}
	if t.harmless > 0 && x.directions(telltale.Always, telltale.KindCopy) == "" && x.directions(telltale.OnAccount, telltale.KindCopy) == "" {
		out = append(out, x.Count("sure.harmless", t.harmless, "none", x.none(t.harmlessReacted)))
	}
	out = append(out, x.Say("sure.chance", "alpha", percent(x.rec.Scenario.Alpha)))
	if t.void > 0 {
		out = append(out, x.Count("sure.void", t.void))
	}
	if tone == ToneAlarm && t.open > 0 {
		out = append(out, x.Say("sure.open", "open", x.isOpen(t.open)))
	}
	return out
}

func (x *index) none(n int) string {
	if n == 0 {
		return x.Say("none")
	}
	return x.Number(n)
}

// exactTriggers counts the supported triggers and those with a full proof.
func (x *index) exactTriggers() (exact, all int) {
	for _, f := range x.supported(telltale.KindTrigger) {
		all++
		for i := range x.rec.Isolations {
			if iso := &x.rec.Isolations[i]; iso.Exact && sameWords(f.Claim, iso) {
				exact++
				break
			}
		}
	}
	return exact, all
}

// surveyed reports whether a survey found the words, among others.
func (x *index) surveyed() bool {
	return slices.ContainsFunc(x.supported(telltale.KindTrigger), func(f telltale.Finding) bool { return f.Claim.Rule != nil })
}

// byOthers reports whether copies were seen at accounts alone, so that not the
// client makes them but somebody on the way.
func (x *index) byOthers() bool {
	places := x.supported(telltale.KindDestination)
	return len(places) > 0 && !slices.ContainsFunc(places, func(f telltale.Finding) bool { return f.Claim.Detail != "account" })
}

func (x *index) exactSentence(exact, all int) string {
	switch {
	case exact == all && x.surveyed():
		return x.Say("sure.exact-survey")
	case exact == all:
		return x.Count("sure.exact", all)
	}
	return x.Say("sure.exact-some", "exact", x.Number(exact), "all", x.Number(all))
}

// strength is how strong the answer is, in a few words: the evidence of the
// best supported finding, or what a silence is worth.
func (x *index) strength(tone Tone) string {
	switch {
	case tone == ToneQuiet:
		return x.Say("strength.quiet")
	case tone == ToneOpen:
		return x.Say("strength.open")
	case x.anyDirect(telltale.KindCopy):
		return x.Say("strength.seen")
	case slices.ContainsFunc(x.supportedAll(), func(f telltale.Finding) bool { return f.Effect != nil }):
		return x.Say("strength.counted")
	}
	return x.Say("strength.shown")
}
