package profile

import "strings"

// Holds reports whether text holds word: Latin letters count alike in upper
// and lower case, everything else must be the same.
func Holds(text, word string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(word))
}

// Hits reports whether a message is dropped under the rule.
func (r Rule) Hits(text string) bool {
	for _, word := range r.All {
		if !Holds(text, word) {
			return false
		}
	}
	for _, word := range r.Unless {
		if Holds(text, word) {
			return false
		}
	}
	return true
}

// Filter is the relay operator's hook: whether to drop a message. It is nil
// for plans without rules.
func (p Plan) Filter() func(from, to, text string) (drop bool) {
	if len(p.Rules) == 0 {
		return nil
	}
	return func(_, _, text string) bool {
		for _, rule := range p.Rules {
			if rule.Hits(text) {
				return true
			}
		}
		return false
	}
}
