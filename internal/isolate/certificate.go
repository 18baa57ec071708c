package isolate

import (
	"errors"
	"fmt"
	"strings"
)

// Tally is how often a message was put and reacted, or did not.
type Tally struct{ Reacted, Silent int }

// CheckCertificate goes through a certificate without trust in the search that
// made it: the lines are about these words, each was really put, and most of
// its answers, votes of them at least, are what the claim needs. Sent are all
// messages that were put; filler is what stood between pieces.
//
// The first line must hold the words, in their order, and nothing else. Each
// further line is about one word: it holds all the others, and of that one
// only the part without its last and the part without its first character.
// Blanks at the ends of pieces may have been trimmed.
func CheckCertificate(words []string, lines []Proof, filler string, votes int, sent map[string]Tally) error {
	if len(words) == 0 || len(lines) != len(words)+1 {
		return fmt.Errorf("%d words need %d lines of proof, not %d", len(words), len(words)+1, len(lines))
	}
	for i, p := range lines {
		if p.Reacts != (i == 0) || !p.Held {
			return fmt.Errorf("line %d does not say what it should", i+1)
		}
		t, want, other := sent[p.Text], 0, 0
		if want, other = t.Silent, t.Reacted; p.Reacts {
			want, other = t.Reacted, t.Silent
		}
		if want < votes || want <= other {
			return fmt.Errorf("line %d reacted %d times and did not %d times", i+1, t.Reacted, t.Silent)
		}
	}
	if err := checkAlone(words, lines[0].Text, filler); err != nil {
		return fmt.Errorf("line 1: %w", err)
	}
	for i := range words {
		if err := checkCut(words, i, lines[0].Text, lines[i+1].Text); err != nil {
			return fmt.Errorf("line %d: %w", i+2, err)
		}
	}
	return nil
}

// checkAlone wants the words and nothing else.
func checkAlone(words []string, text, filler string) error {
	pieces := strings.Split(text, filler)
	if len(pieces) != len(words) {
		return fmt.Errorf("%d pieces for %d words", len(pieces), len(words))
	}
	for i, p := range pieces {
		if p != words[i] {
			return fmt.Errorf("%q stands where %q should", p, words[i])
		}
	}
	return nil
}

// checkCut wants all words but one, and of that one the two halves.
func checkCut(words []string, cut int, alone, text string) error {
	for i, w := range words {
		if i != cut && !strings.Contains(text, w) {
			return fmt.Errorf("%q is missing", w)
		}
	}
	w := []rune(words[cut])
	if strings.Count(text, words[cut]) >= strings.Count(alone, words[cut]) {
		return fmt.Errorf("%q is still whole", words[cut])
	}
	for _, half := range []string{string(w[:len(w)-1]), string(w[1:])} {
		if !strings.Contains(text, strings.TrimSpace(half)) {
			return fmt.Errorf("%q is missing, of %q", half, words[cut])
		}
	}
	for _, r := range text {
		if !strings.ContainsRune(alone, r) && !isFill(r) {
			return errors.New("there is something else in it")
		}
	}
	return nil
}

// isFill reports the signs that stand between pieces.
func isFill(r rune) bool { return strings.ContainsRune(" \n\t〇〆々ゝヽ", r) }
