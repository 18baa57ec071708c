package report

import "example.org/telltale"

// manner says how the words of a rule are compared; nothing of what is not known.
func (x *index) manner(r *telltale.Rule) []string {
	var out []string
	for _, known := range []struct{ prefix, name string }{
		{"order.", r.Order}, {"border.", r.Border}, {"case.", r.Case},
	} {
		if key := known.prefix + known.name; known.name != "" && x.Has(key) {
			out = append(out, x.Say(key))
		}
	}
	return out
}

// ruleFate says what becomes of a message that sets a rule off.
func (x *index) ruleFate(r *telltale.Rule) string {
	out := []string{x.ruleOutcome(r)}
	if r.Ended {
		out = append(out, x.Say("rule.ended"))
	}
	if len(r.Copies) > 0 {
		out = append(out, x.Say("rule.copied", "to", x.List(cutAll(r.Copies, 12, longestWord))))
	}
	return x.List(nonEmpty(out...))
}

func (x *index) ruleOutcome(r *telltale.Rule) string {
	switch r.Outcome {
	case telltale.Refused:
		return x.refusal(r)
	case telltale.Dropped:
		return x.Say("rule.dropped")
	case telltale.Altered:
		return x.Say("rule.altered", "text", cut(r.Becomes, longestReply))
	case telltale.Diverted:
		return x.Say("rule.diverted", "place", cut(r.Into, longestWord))
	case telltale.Delivered:
		return x.Say("rule.delivered")
	default:
		return ""
	}
}

func (x *index) refusal(r *telltale.Rule) string {
	reply := cut(r.Reply, longestReply)
	switch {
	case r.Reader && reply != "":
		return x.Say("rule.refused-reader-with", "reply", reply)
	case r.Reader:
		return x.Say("rule.refused-reader")
	case reply != "":
		return x.Say("rule.refused-with", "reply", reply)
	}
	return x.Say("rule.refused")
}
