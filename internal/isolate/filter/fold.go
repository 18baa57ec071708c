package filter

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold is a change that a filter makes before it compares.
type Fold string

// Foldings, in the order in which they are done.
const (
	// NFKC is the Unicode normal form: full width becomes half width.
	NFKC Fold = "nfkc"
	// Lower makes letters small.
	Lower Fold = "lower"
	// Simplify replaces traditional by simplified characters.
	Simplify Fold = "t2s"
	// StripSpace deletes white space.
	StripSpace Fold = "strip_space"
	// StripPunct deletes punctuation, symbols, and what is no character
	// (Unicode P, S and C).
	StripPunct Fold = "strip_punct"
)

func (f Fold) known() bool {
	return slices.Contains([]Fold{NFKC, Lower, Simplify, StripSpace, StripPunct}, f)
}

// Fold returns text as the filter compares it.
func (f *Filter) Fold(text string) string {
	has := func(fold Fold) bool { return slices.Contains(f.c.Folds, fold) }
	if has(NFKC) {
		text = norm.NFKC.String(text)
	}
	if has(Lower) {
		text = strings.ToLower(text)
	}
	if !has(Simplify) && !has(StripSpace) && !has(StripPunct) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if simple, ok := f.c.Simple[r]; ok && has(Simplify) {
			r = simple
		}
		if has(StripSpace) && isSpace(r) || has(StripPunct) && unicode.In(r, unicode.P, unicode.S, unicode.C) {
			return -1
		}
		return r
	}, text)
}

// isSpace also takes the four separators of ASCII for white space.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

func (f *Filter) folded(parts []string) []string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = f.Fold(p)
	}
	return out
}
