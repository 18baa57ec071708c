package telltale

import (
	"fmt"
	"strings"
)

// Part names part i with the words that do in its place.
func (r *Rule) Part(i int) string {
	out := fmt.Sprintf("%q", r.Parts[i])
	if i < len(r.Or) {
		for _, w := range r.Or[i] {
			out += fmt.Sprintf(" or %q", w)
		}
	}
	return out
}

// Manner says how the words are compared, as in "in any order"; nothing of
// what is not known.
func (r *Rule) Manner() []string {
	words := map[string]string{
		OrderAny: "in any order", OrderListed: "in this order only",
		BorderWord: "as whole words only", BorderNone: "inside longer words too",
		CaseIgnored: "in capitals too", CaseKept: "in this case only", CaseFirst: "the first letter in either case",
	}
	var out []string
	for _, known := range []string{r.Order, r.Border, r.Case} {
		if says := words[known]; says != "" {
			out = append(out, says)
		}
	}
	return out
}

// Fate says what becomes of a message that sets the rule off, as in "is
// refused and is copied to watcher@example.test".
func (r *Rule) Fate() string {
	var out []string
	switch r.Outcome {
	case Refused:
		what := "is refused"
		if r.Reader {
			what = "is refused to its reader"
		}
		if r.Reply != "" {
			what += fmt.Sprintf(" (%q)", r.Reply)
		}
		out = append(out, what)
	case Dropped:
		out = append(out, "is dropped without a word")
	case Altered:
		out = append(out, fmt.Sprintf("arrives changed, as %q", r.Becomes))
	case Diverted:
		out = append(out, fmt.Sprintf("lands in %q", r.Into))
	case Delivered:
		out = append(out, "arrives")
	case Void:
	}
	if r.Ended {
		out = append(out, "ends the sender's session")
	}
	if len(r.Copies) > 0 {
		out = append(out, "is copied to "+strings.Join(r.Copies, " and "))
	}
	return strings.Join(out, " and ")
}
