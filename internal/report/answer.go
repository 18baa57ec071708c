package report

import (
	"slices"

	"example.org/telltale"
)

// answer says the whole case in a few plain sentences.
func (x *index) answer(in Input) Answer {
	t := x.tally()
	a := Answer{Tone: x.tone(t)}
	switch a.Tone {
	case ToneAlarm:
		a.Headline = x.headline()
		a.Sentences = nonEmpty(x.whatItDoes(), x.whichWords(t), x.whereTo())
	case ToneQuiet:
		a.Headline = x.Say("headline.quiet", "app", x.appTitle())
		a.Sentences = x.quietSentences(t)
	default:
		a.Headline = x.Say("headline.open", "app", x.appTitle())
		a.Sentences = x.openSentences(t)
	}
	a.Brief = x.brief(a.Tone, t)
	a.Strength = x.strength(a.Tone)
	a.Reference = x.reference(in.Reference)
	a.Sure = x.sure(a.Tone, t)
	return a
}

// tally counts the trials of the whole case.
type tally struct {
	typed, valid, void int
	// copied and kept from their recipient, among the valid ones.
	copied, kept int
	// control and contact trials, and those of them that reacted.
	harmless, harmlessReacted int
	open                      int
}

func (x *index) tally() tally {
	var t tally
	for i := range x.rec.Probes {
		p := &x.rec.Probes[i]
		cell := x.cell(p)
		t.typed++
		if cell == telltale.CellVoid {
			t.void++
			continue
		}
		t.valid++
		if cell == telltale.CellDeliveredCopied || cell == telltale.CellDroppedCopied {
			t.copied++
		}
		if cell == telltale.CellDropped || cell == telltale.CellDroppedCopied {
			t.kept++
		}
		if p.Arm == telltale.ArmControl || p.Arm == telltale.ArmContact {
			t.harmless++
			if cell.Reacted() {
				t.harmlessReacted++
			}
		}
	}
	for _, f := range x.rec.Findings {
		if f.Verdict == telltale.Inconclusive {
			t.open++
		}
	}
	return t
}

func (x *index) tone(t tally) Tone {
	for _, f := range x.rec.Findings {
		if f.Verdict == telltale.Supported {
			return ToneAlarm
		}
	}
	if t.open > 0 || t.valid == 0 || t.void > t.valid {
		return ToneOpen
	}
	return ToneQuiet
}

// headline is the answer in one breath.
func (x *index) headline() string { return x.Say(x.headlineKey(), "app", x.appTitle()) }

func (x *index) headlineKey() string {
	copies, kept := len(x.supported(telltale.KindCopy)) > 0, len(x.supported(telltale.KindSuppression)) > 0
	switch {
	case copies && x.byOthers():
		return "headline.by-others"
	case copies && kept:
		return "headline.copies-and-keeps"
	case copies:
		return "headline.copies"
	case kept && len(x.supported(telltale.KindList)) > 0:
		return "headline.keeps"
	case kept:
		return "headline.kept-on-the-way"
	}
	return "headline.else"
}

// directions that the findings of some kinds hold for.
func (x *index) directions(condition telltale.Condition, kinds ...telltale.Kind) telltale.Direction {
	sent, received := false, false
	for _, k := range kinds {
		for _, f := range x.supported(k) {
			if f.Claim.Condition != condition {
				continue
			}
			sent = sent || f.Claim.Direction != telltale.Received
			received = received || f.Claim.Direction != telltale.Sent
		}
	}
	switch {
	case sent && received:
		return telltale.Both
	case sent:
		return telltale.Sent
	case received:
		return telltale.Received
	}
	return ""
}

// yours writes a direction as the reader lives it.
func (x *index) yours(d telltale.Direction) string {
	switch d {
	case telltale.Sent, telltale.Received:
		return x.Say("yours." + string(d))
	default:
		return x.Say("yours.both")
	}
}

// whatItDoes is the first sentence of an alarm.
func (x *index) whatItDoes() string {
	if d := x.directions(telltale.Always, telltale.KindCopy); d != "" {
		return x.Say("does.always", "yours", x.yours(d))
	}
	if d := x.directions(telltale.OnAccount, telltale.KindCopy); d != "" {
		return x.Say("does.accounts", "yours", x.yours(d))
	}
	if !x.anyDirect(telltale.KindCopy) && len(x.supported(telltale.KindCopy)) > 0 {
		return x.Say("does.unread")
	}
	d := x.directions(telltale.OnWords, telltale.KindCopy, telltale.KindSuppression)
	if d == "" {
		return x.Count("does.else", len(x.supportedAll()))
	}
	if x.onTheWay() {
		return x.Say("does.on-the-way", "yours", x.yours(d))
	}
	return x.Say("does.words", "yours", x.yours(d))
}

// onTheWay reports whether somebody between the ends may do it, and not the app.
func (x *index) onTheWay() bool {
	return len(x.supported(telltale.KindList)) == 0 && (len(x.supported(telltale.KindCopy)) == 0 || x.byOthers())
}

func (x *index) anyDirect(kind telltale.Kind) bool {
	return slices.ContainsFunc(x.supported(kind), func(f telltale.Finding) bool { return f.Direct })
}

func (x *index) supportedAll() []telltale.Finding {
	var out []telltale.Finding
	for _, f := range x.rec.Findings {
		if f.Verdict == telltale.Supported {
			out = append(out, f)
		}
	}
	return out
}

func nonEmpty(list ...string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}
