package peel

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
)

// fitting names the ciphers with keys of n bytes.
func fitting(n int) []string {
	switch n {
	case 8:
		return []string{"des"}
	case 16:
		return []string{"aes-128", "sm4", "xtea", "rc4"}
	case 24:
		return []string{"aes-192", "3des"}
	case 32:
		return []string{"aes-256", "chacha20"}
	}
	return nil
}

// because adds a reason and what it is worth.
func (k *KeyCandidate) because(worth float64, reason string) {
	k.Score = min(1, k.Score+worth)
	k.Reasons = append(k.Reasons, reason)
}

// textReasons says how much a text looks like a key: its length, and that it
// is no word.
func (k *KeyCandidate) textReasons(text string) {
	if len(k.Fits) > 0 {
		k.because(0.25, "as long as a key of "+strings.Join(k.Fits, ", "))
	}
	kinds, changes := mixture(text)
	switch wordy := wordShare(text); {
	case strings.ContainsAny(text, "/\\%") || strings.Contains(text, "://") || strings.Count(text, ".") > 1:
		k.because(-0.15, "written like a path, an address or a format")
	case wordy > 0.45 || phrase(text):
		k.because(-0.2, "made of words")
	case inCode(text):
		k.because(-0.15, "written like code")
	case kinds >= 3 && changes*3 >= len(text) && distinctOf([]byte(text))*5 >= 4*min(len(text), 20):
		k.because(0.35, "letters, digits and signs in no order of words")
	case kinds >= 2 && wordy < 0.3:
		k.because(0.25, "letters of both cases, digits or signs mixed")
	case kinds == 1 && wordy == 0 && k.Entropy > 2.5:
		k.because(0.15, "letters in no order of words")
	default:
		k.because(-0.05, "reads like a name")
	}
	if k.Entropy < 2 {
		k.because(-0.3, "few different bytes")
	}
}

// phrase reports whether a text has two words of letters alone, or is
// indented.
func phrase(text string) bool {
	words := 0
	for _, w := range strings.Fields(text) {
		w = strings.TrimRight(w, ".,:;!?")
		if len(w) >= 2 && strings.Trim(w, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'") == "" {
			words++
		}
	}
	return words >= 2 || strings.Contains(text, "  ")
}

// inCode reports whether a text is names joined by dots, colons or low lines,
// or has the brackets and stars of expressions and types.
func inCode(text string) bool {
	joints, brackets := 0, 0
	for i := 1; i+1 < len(text); i++ {
		switch letters := kindOf(text[i-1]) != '.' && isLetter(text[i+1]); {
		case strings.IndexByte("._:$", text[i]) >= 0 && letters:
			joints++
		case strings.IndexByte("*[](){}<>", text[i]) >= 0:
			brackets++
		}
	}
	return joints > 0 && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:$*;") == "" ||
		brackets >= 2 || brackets > 0 && joints > 0
}

// wordShare is the share of a text that stands in runs of four letters or
// more that can be spoken: of one case but for the first letter, no more than
// three consonants in a row, and a vowel.
func wordShare(text string) float64 {
	in := 0
	for i := 0; i < len(text); {
		n := 0
		for i+n < len(text) && isLetter(text[i+n]) && (n < 2 || text[i+n]&0x20 == text[i+1]&0x20) {
			n++
		}
		if n >= 4 && spoken(text[i:i+n]) {
			in += n
		}
		i += max(n, 1)
	}
	return float64(in) / float64(max(len(text), 1))
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func spoken(run string) bool {
	vowels, row := 0, 0
	for i := range len(run) {
		if strings.IndexByte("aeiouyAEIOUY", run[i]) >= 0 {
			vowels, row = vowels+1, 0
			continue
		}
		if row++; row > 3 {
			return false
		}
	}
	return vowels > 0 && vowels*5 >= len(run)
}

// mixture counts the kinds of characters in a text, and how often the kind
// changes within it.
func mixture(text string) (kinds, changes int) {
	seen := map[byte]bool{}
	last := byte(0)
	for i := range len(text) {
		kind := kindOf(text[i])
		seen[kind] = true
		if i > 0 && kind != last {
			changes++
		}
		last = kind
	}
	return len(seen), changes
}

func kindOf(c byte) byte {
	switch {
	case c >= 'a' && c <= 'z':
		return 'a'
	case c >= 'A' && c <= 'Z':
		return 'A'
	case c >= '0' && c <= '9':
		return '0'
	}
	return '.'
}

// decodedReasons judges what hex or base64 text stands for: random bytes of
// the length of a key are hardly anything else.
func (k *KeyCandidate) decodedReasons() {
	k.because(0.3, "stands for as many bytes as a key of "+strings.Join(k.Fits, ", "))
	random := distinctOf(k.Key) >= distinctLeast(len(k.Key)) && k.Entropy >= 0.85*math.Log2(float64(len(k.Key)))
	switch text := k.coded(); {
	case wordShare(text) > 0.4 || !withDigits(text):
		k.because(-0.25, "may be a name as well")
	case random && len(k.Key) > 8:
		k.because(0.35, "bytes as different as those of a random key")
	case random:
		k.because(0.2, "bytes as different as those of a random key")
	default:
		k.because(-0.2, "bytes that repeat")
	}
	if printableShare(k.Key) == 1 {
		k.because(-0.1, "stands for text")
	}
}

// coded is about the text that the key was read from.
func (k *KeyCandidate) coded() string {
	if strings.HasSuffix(k.Form, "hex") {
		return hex.EncodeToString(k.Key)
	}
	return base64.RawStdEncoding.EncodeToString(k.Key)
}

// withDigits reports whether a coded text has the digits that random bytes give
// it: hex has ten in sixteen, base64 ten in sixty-four.
func withDigits(text string) bool {
	digits, upper, lower := 0, 0, 0
	for i := range len(text) {
		switch kindOf(text[i]) {
		case '0':
			digits++
		case 'A':
			upper++
		case 'a':
			lower++
		}
	}
	return digits > 0 && upper+lower > 0 && (upper == 0 || lower == 0 || upper*8 >= lower)
}

// hints are words that stand near keys; the second are too short to count
// within others.
func hints() (anywhere, alone []string) {
	return []string{"key", "secret", "cipher", "crypt", "passw", "token", "hmac", "salt"}, []string{"aes", "des", "rc4", "xor", "iv", "pwd"}
}

// near is how many bytes before a place are looked at for hints.
const near = 40

// hinted reports whether a word before the place speaks of keys.
func (c *candidates) hinted(offset int) bool { return c.hint(offset) != "" }

func (c *candidates) hint(offset int) string {
	var b [near]byte
	before := b[:0]
	for _, ch := range c.file[max(0, offset-near):offset] {
		if ch >= 'A' && ch <= 'Z' {
			ch |= 0x20
		}
		if ch != 0 {
			before = append(before, ch)
		}
	}
	anywhere, alone := hints()
	for _, h := range anywhere {
		if bytes.Contains(before, []byte(h)) {
			return h
		}
	}
	for _, h := range alone {
		at := bytes.LastIndex(before, []byte(h))
		end := at + len(h)
		if at >= 0 && (at == 0 || !isLetter(before[at-1])) && (end == len(before) || !isLetter(before[end])) {
			return h
		}
	}
	return ""
}

// place adds what the surroundings say.
func (c *candidates) place(k *KeyCandidate) {
	if h := c.hint(k.Offset); h != "" {
		k.because(0.2, "behind "+strconv.Quote(h))
	}
	end := k.Offset + max(len(k.Text), 1)
	if k.Form == "utf-16le" {
		end = k.Offset + 2*len(k.Text)
		if c.wideChar(k.Offset-2) || c.wideChar(end) {
			k.because(-0.15, "a part of a longer text")
		}
	}
	if k.Text != "" && k.Offset > 0 && end < len(c.file) && edge(c.file[k.Offset-1]) && edge(c.file[end]) {
		k.because(0.1, "a string of its own")
	}
}

// wideChar reports whether a character in UTF-16LE stands at a place.
func (c *candidates) wideChar(at int) bool {
	return at >= 0 && at+1 < len(c.file) && c.file[at] >= 0x20 && c.file[at] < 0x7f && c.file[at+1] == 0
}

// edge reports whether a byte ends a string.
func edge(c byte) bool { return c == 0 || c == '"' || c == '\'' || c == '\n' || c == '\r' || c == '`' }

// wideText reports whether a key is ASCII in UTF-16LE.
func wideText(key []byte) bool {
	if len(key) < 8 || len(key)%2 != 0 {
		return false
	}
	for i := 0; i < len(key); i += 2 {
		if key[i] < 0x20 || key[i] >= 0x7f || key[i+1] != 0 {
			return false
		}
	}
	return true
}

func narrowed(wide []byte) string {
	out := make([]byte, 0, len(wide)/2)
	for i := 0; i < len(wide); i += 2 {
		out = append(out, wide[i])
	}
	return string(out)
}

func shannon(b []byte) float64 {
	var counts [256]int
	for _, c := range b {
		counts[c]++
	}
	h := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(b))
			h -= p * math.Log2(p)
		}
	}
	return h
}

func distinctOf(b []byte) int {
	var seen [256]bool
	n := 0
	for _, c := range b {
		if !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n
}

func printableShare(b []byte) float64 {
	n := 0
	for _, c := range b {
		if c >= 0x20 && c < 0x7f {
			n++
		}
	}
	return float64(n) / float64(max(len(b), 1))
}
