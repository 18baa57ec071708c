package report

import "example.org/telltale"

// quietSentences answer a case without findings. They say what was tested and
// never that an app can be trusted.
func (x *index) quietSentences(t tally) []string {
	s := x.rec.Scenario
	followed := x.Say("quiet.none", "valid", x.Number(t.valid))
	if t.kept > 0 {
		followed = x.Say("quiet.lost", "valid", x.Number(t.valid), "lost", x.Count("messages-were", t.kept))
	}
	return []string{
		x.Say("quiet.typed", "messages", x.Count("messages", t.typed), "app", x.appName(), "going", x.goingWords(s.Directions), "texts", x.Count("texts", len(s.Words))),
		followed,
		x.Say("quiet.no-proof"),
	}
}

// openSentences answer a case that could not be decided.
func (x *index) openSentences(t tally) []string {
	if t.valid == 0 {
		return []string{x.Say("open.none", "messages", x.Count("messages", t.typed)), x.Say("open.no-answer"), x.Say("open.mend")}
	}
	out := []string{x.Say("open.followed", "typed", x.Count("messages-were", t.typed), "valid", x.Number(t.valid), "open", x.isOpen(t.open))}
	if needed := x.needed(); needed > 0 {
		out = append(out, x.Count("open.needed", needed))
	}
	return append(out, x.Say("open.neither"))
}

// needed is the number of trials that the largest open question needs.
func (x *index) needed() int {
	needed := 0
	for _, f := range x.rec.Findings {
		if f.Verdict == telltale.Inconclusive {
			needed = max(needed, f.Needed)
		}
	}
	return needed
}

func (x *index) isOpen(n int) string {
	if n == 0 {
		return x.Say("open.too-many-void")
	}
	return x.Count("open.questions", n)
}

func (x *index) goingWords(ds []telltale.Direction) string {
	var words []string
	for _, d := range ds {
		words = append(words, x.directionWords(d))
	}
	return x.List(words)
}

// reference compares with the reference build in one sentence.
func (x *index) reference(in *Input) string {
	if in == nil || in.Record == nil {
		return ""
	}
	ref := newIndex(in.Record)
	ref.Catalogue = x.Catalogue
	t := ref.tally()
	args := []string{"app", ref.appName(), "messages", x.Count("messages", t.valid), "findings", x.Count("findings", len(ref.supportedAll()))}
	switch ref.tone(t) {
	case ToneQuiet:
		return x.Say("reference.quiet", args...)
	case ToneAlarm:
		return x.Say("reference.found", args...)
	}
	return x.Say("reference.open", args...)
}
