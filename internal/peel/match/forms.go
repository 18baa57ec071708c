package match

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Form is one way in which text is altered before it is written.
type Form struct {
	Name string
	// Alter returns the altered texts, as bytes of UTF-8.
	Alter func(text string) []string
}

// Forms are the alterations that needles are looked for in: filters and
// careless encoders make them, and people who mean to hide.
func Forms() []Form {
	return []Form{
		{"reversed", func(s string) []string { return []string{reverseRunes(s)} }},
		{"reverse-bytes", func(s string) []string { return []string{reverseBytes(s)} }},
		{"rot13", func(s string) []string { return []string{strings.Map(rot13, s)} }},
		{"full-width", func(s string) []string { return []string{strings.Map(fullWidth, s)} }},
		{"spaced", spaced},
	}
}

// IsForm reports whether name is one of [Forms], or Folded.
func IsForm(name string) bool {
	return name == Folded || slices.ContainsFunc(Forms(), func(f Form) bool { return f.Name == name })
}

func reverseRunes(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

func reverseBytes(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

func rot13(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z':
		return 'a' + (r-'a'+13)%26
	case r >= 'A' && r <= 'Z':
		return 'A' + (r-'A'+13)%26
	}
	return r
}

// Folded is the form of a hit whose letters differ in case.
const Folded = "case"

// folded compiles needles in lower case, to be looked for in bytes made lower
// case by [lower].
func folded(needles []Needle) *Set {
	c := collector{index: map[string]int{}}
	for i, n := range needles {
		if b := lower([]byte(n.Text)); strings.ContainsAny(string(b), "abcdefghijklmnopqrstuvwxyz") {
			c.add(i, Folded, b)
		}
	}
	return build(c.patterns)
}

// lower makes ASCII letters lower case.
func lower(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		out[i] = c
	}
	return out
}

func fullWidth(r rune) rune {
	if r > ' ' && r < 0x7f {
		return r + 0xfee0
	}
	return r
}

// spaced puts a separator between all characters.
func spaced(s string) []string {
	if !utf8.ValidString(s) {
		return nil
	}
	var out []string
	for _, sep := range []string{" ", "-", ".", "\u200b"} {
		out = append(out, strings.Join(strings.Split(s, ""), sep))
	}
	return out
}
