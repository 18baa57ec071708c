package scenario

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"unicode/utf8"

	"example.org/telltale"
)

const (
	// Contacts is how many harmless messages go over each way at first.
	Contacts = 6
	// Article is the length in characters from which on a text is taken for
	// whole sentences: each is tried by itself, and a good guess of words
	// saves messages over cutting it in two.
	Article = 40
	// manyWords is the number of words from which on a survey takes fewer
	// messages than trying each of them.
	manyWords = 24
)

// Surveys reports whether words are to be tried many at a time.
func Surveys(s telltale.Scenario) bool {
	switch s.Screen {
	case telltale.ScreenSurvey:
		return true
	case telltale.ScreenEach:
		return false
	}
	long := slices.ContainsFunc(s.Words, func(w string) bool { return utf8.RuneCountInString(w) >= Article })
	return !long && len(s.Words) > manyWords || s.Combine > 0
}

// Known lays out the questions that are known before the first answer, in the
// order in which they are put: the harmless messages and, unless there is a
// survey, the blocks in which every word is tried.
func Known(s telltale.Scenario) []Item {
	items := Contact(s, Contacts)
	if Surveys(s) {
		return items
	}
	for block := range s.Trials {
		items = append(items, Screen(s, block, s.Words)...)
	}
	return items
}

// Digest is what a plan commits to of questions; see telltale.Plan.
func Digest(items []Item) telltale.Digest {
	h := sha256.New()
	for _, i := range items {
		fmt.Fprintf(h, "%s\t%s\t%s\t%s\n", i.Key, i.Arm, i.Direction, i.Word)
	}
	return telltale.Digest("sha256:" + hex.EncodeToString(h.Sum(nil)))
}
