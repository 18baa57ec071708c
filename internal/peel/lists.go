package peel

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.org/telltale/internal/peel/match"
)

const (
	listBytes = 4 << 20
	listLines = 200000
	// listScore is the least score of a list that is reported.
	listScore = 0.5
)

// reportList states that a layer is a list of words, if it is one.
func (s *search) reportList(n *node, shape Shape) {
	if len(n.path) > 1 && n.path[0] == "http" && n.path[1] != "body" {
		return
	}
	charset, lines, score := listIn(n, shape, s.cribs)
	if score < listScore {
		return
	}
	f := n.find()
	f.List, f.Score = lines, score
	if charset != match.UTF8 {
		f.Steps = append(slices.Clone(f.Steps), n.bytes)
		f.Path = append(slices.Clone(f.Path), charset)
		f.Bytes = decodeForm(charset, n.bytes)
	}
	s.found.lists = append(s.found.lists, listFind{f, n.from, n.from + max(n.length, 1)})
}

// listIn reads a layer as a list in the likeliest charset.
func listIn(n *node, shape Shape, cribs *Cribs) (charset string, lines []string, score float64) {
	if len(n.bytes) == 0 || len(n.bytes) > listBytes {
		return "", nil, 0
	}
	cipher := len(CipherOf(n.path)) > 0
	for _, name := range []string{match.UTF8, "gb18030", "utf-16le"} {
		text, ok := decodeAll(name, n.bytes, shape)
		if !ok {
			continue
		}
		l := splitLines(text)
		if v := judgeList(l, cipher, n.score, cribs); v > score {
			charset, lines, score = name, l, v
		}
		if name == match.UTF8 && score > 0 {
			break
		}
	}
	return charset, lines, score
}

// decodeAll decodes b if all of it is text in the charset.
func decodeAll(charset string, b []byte, shape Shape) (string, bool) {
	if charset == match.UTF8 {
		return string(b), shape.UTF8 && utf8.Valid(b)
	}
	if charset == "gb18030" && weigh(b[:min(len(b), 4096)], stepGB) < 0.97 || charset == "utf-16le" && weigh(b[:min(len(b), 4096)], stepUTF16) < 0.7 {
		return "", false
	}
	out, err := match.Charset(charset).NewDecoder().Bytes(b)
	text := string(out)
	return text, err == nil && !strings.ContainsRune(text, utf8.RuneError)
}

// splitLines drops line ends and empty lines; duplicates stay.
func splitLines(text string) []string {
	var lines []string
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		if line = strings.Trim(line, "\r\n\x00"); strings.TrimSpace(line) != "" && len(lines) < listLines {
			lines = append(lines, line)
		}
	}
	return lines
}

// judgeList scores lines as a list of words in 0..1. A list that was under a
// cipher is one even if it is short: nobody encrypts idle text. Lines in the
// clear must hold typed words, or be many and look like nothing else. Without
// a typed word it is no surer than the path to it.
func judgeList(lines []string, cipher bool, sure float64, cribs *Cribs) float64 {
	if len(lines) == 0 {
		return 0
	}
	good, han := 0, 0
	for _, l := range lines {
		switch wordlike(l) {
		case 2:
			han++
			good++
		case 1:
			good++
		}
	}
	share := float64(good) / float64(len(lines))
	if share < 0.9 {
		return 0
	}
	typed := cribs.countWords(lines)
	if typed >= 2 || typed == 1 && (cipher || len(lines) > 3) {
		return 0.95 * share
	}
	share *= sure
	switch {
	case cipher:
		return 0.95 * share
	case len(lines) >= 20 && float64(han) > 0.5*float64(len(lines)):
		return 0.6 * share
	}
	return 0.2 * share
}

// wordlike: 2 for a line of Han, Kana or Hangul, 1 for another line that may
// be a word or a phrase, 0 for markup, code, records and the like.
func wordlike(line string) int {
	n := utf8.RuneCountInString(line)
	if n > 60 || strings.ContainsAny(line, "<>{}=;\t\"|\\") || strings.Contains(line, "://") {
		return 0
	}
	east := 0
	distinct := map[rune]bool{}
	for _, r := range line {
		distinct[r] = true
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
			east++
		case unicode.IsLetter(r), unicode.IsDigit(r), r == ' ', unicode.IsPunct(r), unicode.IsSymbol(r):
		default:
			return 0
		}
	}
	if n > 8 && 4*len(distinct) < n {
		return 0 // a ruler, or repeating bytes misread
	}
	if east > 0 {
		return 2
	}
	return 1
}
