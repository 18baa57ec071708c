package telltale

import (
	"slices"
	"strings"
)

// Rule is what a survey found out of a trigger besides its words. What could
// not be found out is empty.
type Rule struct {
	// Parts are the words in the order in which they were put, which is the
	// order that matters where Order says so.
	Parts []string `json:"parts"`
	// Order is OrderAny or OrderListed; empty for one word.
	Order string `json:"order,omitempty"`
	// Border is BorderNone or BorderWord.
	Border string `json:"border,omitempty"`
	// Case is CaseIgnored or CaseKept; empty for words without case.
	Case string `json:"case,omitempty"`
	// Outcome of a message that holds the words: delivered where it is only
	// copied.
	Outcome Outcome `json:"outcome"`
	// Becomes is what arrived when the words alone were typed and something
	// else arrived, canaries left out.
	Becomes string `json:"becomes,omitempty"`
	// Into is where diverted messages lie, as in "Junk".
	Into string `json:"into,omitempty"`
	// Reply is what the service said when it refused, canaries left out.
	Reply string `json:"reply,omitempty"`
	// Ended says that the sender's session is ended.
	Ended bool `json:"ended,omitempty"`
	// Reader says that the recipient is refused when the message is to be read.
	Reader bool `json:"reader,omitempty"`
	// Copies are the hosts and accounts that copies went to.
	Copies []string `json:"copies,omitempty"`
	// Places where the words were seen to react, Spared those where they were
	// seen not to. The usual place, if it has no name, is "".
	Places []string `json:"places,omitempty"`
	Spared []string `json:"spared,omitempty"`
}

// What is known of how words are compared.
const (
	OrderAny    = "any"
	OrderListed = "as listed"
	BorderNone  = "anywhere"
	BorderWord  = "whole words"
	CaseIgnored = "ignored"
	CaseKept    = "as written"
)

// Key writes the rule on one line, but for the words and for what the service
// said; nil gives nothing.
func (r *Rule) Key() string {
	if r == nil {
		return ""
	}
	list := func(l []string) string {
		l = slices.Clone(l)
		slices.Sort(l)
		return strings.Join(l, ",")
	}
	flags := ""
	if r.Ended {
		flags += "ended "
	}
	if r.Reader {
		flags += "reader "
	}
	order := r.Order
	if order == OrderListed {
		order = strings.Join(r.Parts, ">")
	}
	return strings.Join([]string{
		order, r.Border, r.Case, flags + string(r.Outcome), r.Becomes, r.Into,
		list(r.Copies), list(r.Places), list(r.Spared),
	}, "|")
}
