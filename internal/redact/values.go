package redact

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds on texts that must not be read.
const (
	// leastNamed is the length in bytes of texts that somebody names,
	// leastFound of those that rules find: shorter ones stand anywhere.
	leastNamed = 2
	leastFound = 4
	// mostText bounds one text; of longer ones the beginning is looked for.
	mostText = 4096
	// mostTexts bounds their number.
	mostTexts = 100_000
)

// text is one text that must not be read in the copy.
type text struct {
	text  string
	alias string
	rule  string
	// cut says that text is but the beginning.
	cut bool
}

// values are all texts that must not be read.
type values struct {
	texts []text
	seen  map[string]bool
	// own are the texts that the scenario types itself, in lower case.
	own string
	// aliases of strings that were replaced as a whole.
	aliases map[string]string
	next    int
}

func newValues(own []string) *values {
	return &values{seen: map[string]bool{}, aliases: map[string]string{}, own: strings.ToLower(strings.Join(own, "\n"))}
}

// find adds a text that a rule found, unless the scenario types it itself.
func (v *values) find(rule, s string) {
	s = strings.TrimSpace(s)
	if len(s) >= leastFound && !strings.Contains(v.own, strings.ToLower(s)) {
		v.add(rule, s)
	}
}

// name adds a text that somebody named.
func (v *values) name(rule, s string) error {
	s = strings.TrimSpace(s)
	if len(s) < leastNamed || !utf8.ValidString(s) {
		return fmt.Errorf("%q cannot be masked: want a text of %d bytes at least", s, leastNamed)
	}
	v.add(rule, s)
	return nil
}

func (v *values) add(rule, s string) {
	cut := len(s) > mostText
	if cut {
		s = s[:mostText]
	}
	// What is not UTF-8 (or was cut in the middle of a character) ends it.
	for !utf8.ValidString(s) {
		s, cut = s[:len(s)-1], true
	}
	key := lower(s)
	if key == "" || v.seen[key] || len(v.texts) > mostTexts {
		return // one too many is enough to say that there are
	}
	v.seen[key] = true
	v.texts = append(v.texts, text{text: s, alias: v.alias(), rule: rule, cut: cut})
}

// alias makes up a name.
func (v *values) alias() string {
	v.next++
	return fmt.Sprintf("masked-%d", v.next)
}

// whole is the alias of a string that is replaced as a whole, always the same.
func (v *values) whole(s string) string {
	if v.aliases[s] == "" {
		v.aliases[s] = v.alias()
	}
	return v.aliases[s]
}

// replace puts aliases in the place of the texts named by their numbers, the
// longest first, in any case of letters.
func (v *values) replace(s string, which []int) string {
	slices.SortFunc(which, func(a, b int) int { return len(v.texts[b].text) - len(v.texts[a].text) })
	for _, i := range slices.Compact(which) {
		if v.texts[i].cut {
			return v.whole(s)
		}
		s = replaceFold(s, v.texts[i].text, v.texts[i].alias)
	}
	return s
}

// replaceFold replaces old by alias; ASCII letters match in either case.
func replaceFold(s, old, alias string) string {
	low, want := lower(s), lower(old)
	var b strings.Builder
	for {
		at := strings.Index(low, want)
		if at < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:at])
		b.WriteString(alias)
		s, low = s[at+len(want):], low[at+len(want):]
	}
}

// lower makes ASCII letters lower case, so that lengths stay.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
