package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/telltale"
)

// truthFile is what a system's rules.json tells.
type truthFile struct {
	Rules      []truthRule      `json:"rules"`
	Exceptions []truthException `json:"exceptions"`
}

// truthRule is one rule. A part such as "falcon or falcons" is two spellings
// that do alike.
type truthRule struct {
	ID       string   `json:"id"`
	AllOf    []string `json:"all_of"`
	AnyOf    []string `json:"any_of"`
	NoneOf   []string `json:"none_of"`
	Order    string   `json:"order"`
	Boundary *bool    `json:"word_boundary"`
	Case     string   `json:"case"`
	Where    string   `json:"where"`
	Action   string   `json:"action"`
	Copies   []string `json:"copies"`
	See      string   `json:"see"`
}

type truthException struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// readTruth reads the rules of a system, and those of another one that it
// names.
func readTruth(platforms, name string) (*truthFile, error) {
	data, err := os.ReadFile(filepath.Join(platforms, name, "rules.json"))
	if err != nil {
		return nil, err
	}
	var t truthFile
	if err := json.Unmarshal(data, &t); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var rules []truthRule
	for _, r := range t.Rules {
		switch {
		case r.See != "":
			other, err := readTruth(platforms, filepath.Base(filepath.Dir(filepath.Join(name, r.See))))
			if err != nil {
				return nil, err
			}
			rules = append(rules, other.Rules...)
		case len(r.AnyOf) > 0:
			for _, word := range r.AnyOf {
				one := r
				one.AnyOf, one.AllOf, one.ID = nil, []string{word}, r.ID+":"+word
				rules = append(rules, one)
			}
		default:
			rules = append(rules, r)
		}
	}
	t.Rules = rules
	return &t, nil
}

// words are all words of the rules and of what lets messages through, each
// once.
func (t *truthFile) words() []string {
	var out []string
	add := func(words ...string) {
		for _, w := range words {
			if !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	for _, r := range t.Rules {
		for _, part := range r.AllOf {
			add(spellings(part)...)
		}
		for _, word := range r.NoneOf {
			add(bare(word))
		}
	}
	for _, e := range t.Exceptions {
		if e.Kind == "phrase" {
			add(e.Value)
		}
	}
	return out
}

// spellings takes "falcon or falcons" apart.
func spellings(part string) []string { return strings.Split(part, " or ") }

// bare takes what only describes off a word, as in "zoo after it".
func bare(word string) string { return strings.TrimSuffix(word, " after it") }

// visible reports whether anybody outside can notice a rule: what only the
// system's own operators are told cannot be seen.
func (r truthRule) visible() bool {
	return r.Action != "delivered" || slices.ContainsFunc(r.Copies, func(c string) bool { return c != "operators" })
}

// holds reports whether words are the parts of the rule, in some spelling.
func (r truthRule) holds(words []string) bool {
	if len(words) != len(r.AllOf) {
		return false
	}
	left := slices.Clone(words)
	for _, part := range r.AllOf {
		i := slices.IndexFunc(left, func(w string) bool { return slices.Contains(spellings(part), w) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

// action names what a claim says that becomes of messages, in the words of
// rules.json.
func action(c telltale.Claim) string {
	if c.Rule == nil {
		return string(c.Cell)
	}
	switch {
	case c.Rule.Ended:
		return "disconnected"
	case c.Rule.Outcome == telltale.Refused:
		return "blocked"
	case c.Rule.Outcome == telltale.Altered:
		return "rewritten"
	default:
		return string(c.Rule.Outcome)
	}
}

// differs says in what a claim differs from the rule, as far as rules.json
// tells.
func (r truthRule) differs(c telltale.Claim) string {
	rule := c.Rule
	if rule == nil {
		rule = &telltale.Rule{}
	}
	switch {
	case action(c) != r.Action:
		return fmt.Sprintf("%s, not %s", action(c), r.Action)
	case r.Order == "as listed" && (rule.Order != telltale.OrderListed || !slices.Equal(rule.Parts, r.AllOf)):
		return "the order matters"
	case r.Order == "any" && rule.Order == telltale.OrderListed:
		return "the order does not matter"
	case r.Boundary != nil && *r.Boundary && rule.Border != telltale.BorderWord:
		return "whole words only"
	case r.Case == "ignored" && rule.Case == telltale.CaseKept:
		return "case is ignored"
	case r.Where != "" && !slices.Contains(rule.Places, r.Where):
		return "in the " + r.Where
	case len(seen(r.Copies)) != len(rule.Copies):
		return fmt.Sprintf("copied to %d, not %d", len(rule.Copies), len(seen(r.Copies)))
	}
	for _, word := range r.NoneOf {
		if !slices.Contains(c.Without, bare(word)) {
			return "not with " + bare(word)
		}
	}
	return ""
}

// seen are the copies that can be noticed.
func seen(copies []string) []string {
	return slices.DeleteFunc(slices.Clone(copies), func(c string) bool { return c == "operators" })
}
