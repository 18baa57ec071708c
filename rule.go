package telltale

import (
	"fmt"
	"slices"
	"strings"
)

// Rule is what a survey found out of a trigger besides its words. What could
// not be found out is empty.
type Rule struct {
	// Parts are the words in the order in which they were put, which is the
	// order that matters where Order says so.
	Parts []string `json:"parts"`
	// Or are other words that do in place of a part: Or[i] for Parts[i]. Nil
	// if none has any.
	Or [][]string `json:"or,omitempty"`
	// Behind and Ahead are those exceptions that let a message through only
	// if they stand behind the parts, or ahead of them.
	Behind []string `json:"behind,omitempty"`
	Ahead  []string `json:"ahead,omitempty"`
	// Order is OrderAny or OrderListed; empty for one word.
	Order string `json:"order,omitempty"`
	// Border is BorderNone or BorderWord.
	Border string `json:"border,omitempty"`
	// Case is CaseIgnored, CaseKept or CaseFirst; empty for words without case.
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
	// seen not to; both empty if only the usual place was tried.
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
	// CaseFirst: the first letter in either case, the others as written.
	CaseFirst = "first letter in either"
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
		order, or(r.Or), list(r.Behind), list(r.Ahead), r.Border, r.Case,
		flags + string(r.Outcome), r.Becomes, r.Into, list(r.Copies), list(r.Places), list(r.Spared),
	}, "|")
}

// or writes the words that do in place of parts.
func or(alternatives [][]string) string {
	var out []string
	for i, words := range alternatives {
		for _, w := range words {
			out = append(out, fmt.Sprintf("%d:%s", i, w))
		}
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}
