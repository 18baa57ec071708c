package report

import (
	"strings"
	"unicode"
)

// code writes text as a Markdown code span, in which nothing is markup, a link,
// a mention or a reference. The two characters that could end the span or the
// cell of a table around it are named instead.
func code(s string) string {
	s = strings.NewReplacer("`", "⟨U+0060⟩", "|", "⟨U+007C⟩").Replace(Visible(s))
	if strings.TrimSpace(s) == "" {
		return "` `"
	}
	return "`" + s + "`"
}

// prose writes a sentence that may hold captured text for Markdown: words stay
// words, and whatever could be markup or come alive stands in code spans; so does
// a number at the beginning, which could begin a list.
func prose(s string) string {
	var out, odd []string
	flush := func() {
		if len(odd) > 0 {
			out, odd = append(out, code(strings.Join(odd, " "))), nil
		}
	}
	for i, word := range strings.Fields(Visible(s)) {
		behind := strings.TrimLeft(word, "0123456789")
		begins := i == 0 && behind != word && (behind == "." || behind == ")")
		if begins || !innocent(word) {
			odd = append(odd, word)
			continue
		}
		flush()
		out = append(out, word)
	}
	flush()
	return strings.Join(out, " ")
}

// innocent reports whether a word means itself in every dialect of Markdown:
// letters or digits, a hyphen or apostrophe between letters, and punctuation
// around them. Letters and digits mixed, if there are more than six, or long runs
// of hexadecimal digits are taken for names of commits.
func innocent(word string) bool {
	if word == "–" || word == "—" || word == "−" || word == "≥" {
		return true
	}
	core := strings.TrimRight(strings.TrimLeft(word, "(“‘«"), ".,;:!?)”’»%…")
	if core == "" {
		return len([]rune(word)) <= 3 && !strings.ContainsAny(word, "!?:") && !strings.Contains(word, "%%")
	}
	letters, digits, hex := 0, 0, 0
	runes := []rune(core)
	for i, r := range runes {
		switch {
		case r < 0x80 && unicode.IsLetter(r):
			letters++
			if r|0x20 <= 'f' {
				hex++
			}
		case unicode.IsLetter(r) || unicode.Is(unicode.M, r):
			letters++
		case r >= '0' && r <= '9':
			digits++
		case (r == '-' || r == '\'' || r == '’') && i > 0 && unicode.IsLetter(runes[i-1]) && i+1 < len(runes) && unicode.IsLetter(runes[i+1]):
		case (r == ',' || r == '.') && letters == 0 && i > 0 && i+1 < len(runes):
		default:
			return false
		}
	}
	return (letters == 0 || digits == 0 || letters+digits <= 6) && (hex < 7 || hex < letters)
}

// wrapped breaks Markdown into lines of about n columns: never within a code
// span, and never before what would begin a list.
func wrapped(s string, n int) []string {
	var lines []string
	line, inside := "", false
	for _, word := range strings.Fields(s) {
		begins := strings.TrimLeft(word, "0123456789") != word
		if line != "" && (inside || begins || cells(line)+1+cells(word) <= n) {
			line += " " + word
		} else {
			if line != "" {
				lines = append(lines, line)
			}
			line = word
		}
		inside = inside != (strings.Count(word, "`")%2 == 1)
	}
	return append(lines, line)
}
