package ends

import (
	"fmt"
	"regexp"
)

// Pattern is a regular expression of the options. The empty one matches
// nothing.
type Pattern struct{ re *regexp.Regexp }

// NewPattern makes a pattern of an expression that is known to be sound.
func NewPattern(expression string) Pattern { return Pattern{regexp.MustCompile(expression)} }

// UnmarshalText compiles a pattern.
func (p *Pattern) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = Pattern{}
		return nil
	}
	re, err := regexp.Compile(string(text))
	if err != nil {
		return fmt.Errorf("write a regular expression: %w", err)
	}
	p.re = re
	return nil
}

// String is the expression.
func (p Pattern) String() string {
	if p.re == nil {
		return ""
	}
	return p.re.String()
}

// Given reports whether there is one.
func (p Pattern) Given() bool { return p.re != nil }

// Has reports whether the pattern has a group of that name.
func (p Pattern) Has(group string) bool { return p.re != nil && p.re.SubexpIndex(group) >= 0 }

// Match reports whether s has a match.
func (p Pattern) Match(s string) bool { return p.re != nil && p.re.MatchString(s) }

// Find is where the pattern matches; nil if it does not.
func (p Pattern) Find(s string) []int {
	if p.re == nil {
		return nil
	}
	return p.re.FindStringIndex(s)
}

// Groups returns the named groups of a match.
func (p Pattern) Groups(s string) (map[string]string, bool) {
	if p.re == nil {
		return nil, false
	}
	m := p.re.FindStringSubmatch(s)
	if m == nil {
		return nil, false
	}
	all := map[string]string{}
	for i, name := range p.re.SubexpNames() {
		if name != "" {
			all[name] = m[i]
		}
	}
	return all, true
}

// Cannot names texts that an End cannot put, and why.
type Cannot struct {
	Match Pattern `json:"match"`
	Why   string  `json:"why"`
}

// WhyNot is the reason of the first that matches a text; empty if none does.
func WhyNot(all []Cannot, text string) string {
	for _, c := range all {
		if c.Match.Match(text) {
			return c.Why
		}
	}
	return ""
}
