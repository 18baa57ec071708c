package report

import (
	"fmt"
	"strings"

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
		a.Headline = "Nobody else was told, as far as could be seen."
		a.Sentences = x.quietSentences(t)
	default:
		a.Headline = "This test could not decide."
		a.Sentences = x.openSentences(t)
	}
	a.Reference = reference(in.Reference)
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
func (x *index) headline() string {
	copies, kept := len(x.supported(telltale.KindCopy)) > 0, len(x.supported(telltale.KindSuppression)) > 0
	switch {
	case copies && x.byOthers():
		return "What you write is read on its way, and copied to somebody it is not for."
	case copies && kept:
		return "This client tells others what you write, and keeps some of it from arriving."
	case copies:
		return "This client tells others what you write."
	case kept && len(x.supported(telltale.KindList)) > 0:
		return "This client decides which of your messages arrive."
	case kept:
		return "Some messages never arrive, and their words decide which."
	}
	return "This client does something behind your back."
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
func yours(d telltale.Direction) string {
	switch d {
	case telltale.Sent:
		return "what you send"
	case telltale.Received:
		return "what you receive"
	}
	return "what you send and what you receive"
}

// whatItDoes is the first sentence of an alarm.
func (x *index) whatItDoes() string {
	if d := x.directions(telltale.Always, telltale.KindCopy); d != "" {
		return "This client copies " + yours(d) + " to somebody else: every message, whatever it says."
	}
	if d := x.directions(telltale.OnAccount, telltale.KindCopy); d != "" {
		return "This client copies " + yours(d) + " to somebody else, for certain accounts: every message, whatever it says."
	}
	if !x.anyDirect(telltale.KindCopy) && len(x.supported(telltale.KindCopy)) > 0 {
		return "When certain words are written, this client sends out something besides the message. What it sends could not be read."
	}
	d := x.directions(telltale.OnWords, telltale.KindCopy, telltale.KindSuppression)
	if d == "" {
		return many(len(x.supportedAll()), "finding is", "findings are") + " supported by evidence; they are listed below."
	}
	if len(x.supported(telltale.KindList)) == 0 && (len(x.supported(telltale.KindCopy)) == 0 || x.byOthers()) {
		return "Somewhere on their way, messages are checked for certain words: " + yours(d) + "."
	}
	return "This client scans " + yours(d) + " for certain words."
}

func (x *index) anyDirect(kind telltale.Kind) bool {
	for _, f := range x.supported(kind) {
		if f.Direct {
			return true
		}
	}
	return false
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
			parts = append(parts, messagesWith(n, total, len(parts) > 0)+" "+fate(c, x.samples()))
		}
	}
	head := fmt.Sprintf("Of %s tried, %s found to set it off: ", many(len(x.rec.Scenario.Words), "text", "texts"), was(total, "word or combination"))
	head = strings.Replace(head, "word or combinations", "words or combinations", 1)
	return head + strings.Join(parts, "; ") + "."
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
	add := func(n int, fate string) {
		if n > 0 {
			parts = append(parts, fate+" for "+Count(n).String())
		}
	}
	add(counts[telltale.Refused], "refused")
	add(counts[telltale.Dropped], "dropped without a word")
	add(counts[telltale.Altered], "changed")
	add(counts[telltale.Diverted], "put aside")
	add(copied, "copied to somebody else")
	head := fmt.Sprintf("Of %s tried, %s found to set it off: ", many(len(x.rec.Scenario.Words), "text", "texts"), was(total, "word or combination"))
	head = strings.Replace(head, "word or combinations", "words or combinations", 1)
	return head + "the message is " + strings.Join(parts, ", ") + "."
}

// messagesWith opens one part of the sentence on words.
func messagesWith(n, total int, others bool) string {
	switch {
	case n == total && n > 1:
		return "messages with one of them"
	case n == 1 && others:
		return "those with one other"
	case n == 1:
		return "messages with it"
	case others:
		return "those with one of " + Count(n).String() + " others"
	}
	return "messages with one of " + Count(n).String()
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
func fate(c telltale.Cell, some bool) string {
	switch {
	case some && c == telltale.CellDeliveredCopied:
		return "arrive as if nothing had happened, while a copy of some of them goes to somebody else"
	case some && c == telltale.CellDroppedCopied:
		return "vanish, and a copy of some of them goes to somebody else"
	}
	switch c {
	case telltale.CellDropped:
		return "silently vanish"
	case telltale.CellDroppedCopied:
		return "vanish, and a copy goes to somebody else"
	}
	return "arrive as if nothing had happened, while a copy goes to somebody else"
}

func (x *index) targets() []string {
	var names []string
	for _, f := range x.supported(telltale.KindTargeting) {
		names = append(names, short(f.Claim.Account, 40))
	}
	return names
}

func (x *index) targetSentence(watched []string) string {
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
	s := "It watches the account " + andMore(watched, 3)
	if len(watched) > 1 {
		s = "It watches the accounts " + andMore(watched, 3)
	}
	if len(left) > 0 {
		return s + "; " + andMore(left, 3) + ", tested side by side on the same client, was left alone."
	}
	return s + "."
}

// withoutTriggers is the second sentence where no exact words are known.
func (x *index) withoutTriggers(t tally) string {
	switch {
	case t.copied > 0 && t.kept > 0:
		return fmt.Sprintf("Of %s, %s and %s kept from their recipient.", many(t.valid, "message", "messages"), wasCopied(t.copied), Count(t.kept))
	case t.copied > 0:
		return fmt.Sprintf("No special word is needed: of %s that could be followed, %s.", many(t.valid, "message", "messages"), wasCopied(t.copied))
	case t.kept > 0:
		return fmt.Sprintf("Of %s, %s kept from the recipient; the exact words could not be settled.", many(t.valid, "message", "messages"), Count(t.kept))
	}
	return ""
}

func wasCopied(n int) string {
	if n == 1 {
		return "1 was copied"
	}
	return Count(n).String() + " were copied"
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
