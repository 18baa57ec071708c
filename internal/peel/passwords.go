package peel

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// secret is a text that may be a password.
type secret struct {
	text   []byte
	source string
	// at is where it stands in the file that source names, how in what form;
	// -1: source says all.
	at  int
	how string
}

// key of a recipe, made of the password.
func (p *secret) key(b []byte, r recipe) *Key {
	source, how := p.source, r.String()
	if p.at >= 0 {
		source = fmt.Sprintf("%s+%#x", p.source, p.at)
		how = join(p.how, how)
	}
	return &Key{b, source + " (" + how + ")"}
}

// passwordMost is the longest password.
const passwordMost = 128

// isPassword reports whether b may be a password: text in a line.
func isPassword(b []byte) bool {
	return len(b) > 0 && len(b) <= passwordMost && utf8.Valid(b) && !controls(b) && !bytes.ContainsAny(b, "\r\n")
}

// listed are the keys that may be passwords.
func listed(keys []Key) []secret {
	var out []secret
	for _, k := range keys {
		if isPassword(k.Bytes) {
			out = append(out, secret{k.Bytes, k.Source, -1, ""})
		}
	}
	return out
}

// textsMost bounds the texts of key files that are kept.
const textsMost = 200_000

// textsOf are the texts in the key files, each once, the likeliest passwords
// first.
func textsOf(files []KeyFile) []secret {
	var out []secret
	seen := map[string]bool{}
	for _, f := range files {
		keyTexts(f.Bytes[:min(len(f.Bytes), scanBytes)], false, func(b []byte, how string, at int) {
			if len(out) == textsMost || how != "" && how != "utf-16le" || seen[string(b)] || !isPassword(b) {
				return
			}
			p := secret{bytes.Clone(b), f.Name, at, how}
			seen[string(p.text)] = true
			out = append(out, p)
		})
	}
	worth := map[*byte]float64{}
	for _, p := range out {
		worth[&p.text[0]] = passwordWorth(string(p.text))
	}
	slices.SortStableFunc(out, func(a, b secret) int { return cmp.Compare(worth[&b.text[0]], worth[&a.text[0]]) })
	return out
}

// passwordWorth is how much a text of a program looks like a password: signs of
// several kinds in no words, and not like what programs are full of.
func passwordWorth(text string) float64 {
	worth := 0.0
	if len(text) >= 6 && len(text) <= 32 {
		worth = 0.2
	}
	kinds, changes := mixture(text)
	wordy := wordShare(text)
	switch {
	case strings.ContainsAny(text, "/\\%<>\"'(){}") || strings.Count(text, ".") > 1 || inCode(text):
		return worth - 0.3
	case phrase(text):
		return worth - 0.2
	case kinds >= 3 && changes*3 >= len(text):
		worth += 0.6
	case kinds >= 3, kinds == 2 && wordy < 0.3:
		worth += 0.4
	case kinds == 2:
		worth += 0.2
	}
	return worth
}
