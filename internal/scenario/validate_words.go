package scenario

import (
	"fmt"
	"maps"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.org/telltale"
)

func (ps *Problems) checkWords(s telltale.Scenario) {
	if len(s.Words) == 0 {
		ps.report("words", "list the candidates under words, or in the file that words_file names", "there is no word to test")
	}
	ps.checkList("words", s.Words)
	ps.checkList("controls", s.Controls)
	ps.checkList("exclude", s.Exclude)
	for i, control := range s.Controls {
		for _, word := range s.Words {
			if word == "" || !strings.Contains(control, word) {
				continue
			}
			how := "holds the candidate"
			if control == word {
				how = "is the candidate"
			}
			ps.report(fmt.Sprintf("controls[%d]", i), "a control must be known to be harmless: take it out", "the control %q %s %q", clip(control), how, clip(word))
			break
		}
	}
}

// checkList checks words one by one, and that none comes twice.
func (ps *Problems) checkList(list string, words []string) {
	first := make(map[string]int, len(words))
	for i, w := range words {
		at := fmt.Sprintf("%s[%d]", list, i)
		if j, twice := first[w]; twice {
			ps.report(at, "take one of them out", "%q is in %s twice (entries %d and %d)", clip(w), list, j+1, i+1)
			continue
		}
		first[w] = i
		if what, fix := badWord(w); what != "" {
			ps.report(at, fix, "the word %q %s", clip(w), what)
		}
	}
}

// badWord says why a word cannot be typed as it stands.
func badWord(w string) (what, fix string) {
	switch {
	case w == "":
		return "is empty", "take the entry out"
	case !utf8.ValidString(w):
		return "is not UTF-8", "save the file as UTF-8"
	case strings.ContainsFunc(w, lineEnding):
		return "holds a line break or another control character", "a message is one line: replace it"
	case strings.TrimFunc(w, unicode.IsSpace) != w:
		return "begins or ends with a blank", "apps cut those off: take it out"
	case utf8.RuneCountInString(w) > maxRunes:
		return "is longer than 10,000 characters", "shorten it"
	}
	return "", ""
}

// lineEnding reports characters that would end or spoil a typed line.
func lineEnding(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

func (ps *Problems) checkHosts(s telltale.Scenario) {
	ps.checkPatterns("channel", s.Channel)
	ps.checkPatterns("scope", s.Scope)
	for _, host := range slices.Sorted(maps.Keys(s.Names)) {
		at := fmt.Sprintf("names[%q]", host)
		if what := badHost(host, ".-_:"); what != "" {
			ps.report(at, "write a plain host name in lower case", "the name %q %s", clip(host), what)
		}
		if what := badAddress(s.Names[host]); what != "" {
			ps.report(at, `write "host:port", as in "127.0.0.1:8080"`, "the address %q %s", clip(s.Names[host]), what)
		}
	}
}

func (ps *Problems) checkPatterns(list string, patterns []string) {
	for i, p := range patterns {
		at := fmt.Sprintf("%s[%d]", list, i)
		switch what := badPattern(p); {
		case what != "":
			ps.report(at, `write host names such as "relay*.example.org"`, "the host pattern %q %s", clip(p), what)
		case slices.Contains(patterns[:i], p):
			ps.report(at, "take one of them out", "the host pattern %q is in %s twice", clip(p), list)
		}
	}
}

// badPattern says what is wrong with a host pattern; "" if nothing is.
func badPattern(p string) string {
	if what := badHost(p, ".-_:*?[]^!"); what != "" {
		return what
	}
	if _, err := path.Match(p, "host"); err != nil {
		return "is malformed: a bracket is not closed"
	}
	// A pattern without a letter of its own would take in the whole network.
	if !strings.ContainsFunc(p, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }) {
		return "would match every host"
	}
	return ""
}

// badHost refuses addresses with scheme, port or path, upper case, and
// anything outside letters, digits and extra.
func badHost(h, extra string) string {
	if h == "" {
		return "is empty"
	}
	if name, port, ok := strings.Cut(h, ":"); ok && !strings.Contains(port, ":") {
		if _, err := strconv.Atoi(port); err == nil && name != "" {
			return "has a port"
		}
	}
	if strings.Contains(h, "/") {
		return "is more than a host name"
	}
	for _, r := range h {
		switch {
		case r >= 'A' && r <= 'Z':
			return "has capital letters"
		case r > 127:
			return "is not in its ASCII form (xn--…)"
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', strings.ContainsRune(extra, r):
		default:
			return fmt.Sprintf("holds %q", r)
		}
	}
	return ""
}

// badAddress says what is wrong with an address; "" if nothing is.
func badAddress(a string) string {
	host, port, err := net.SplitHostPort(a)
	if err != nil {
		host, port = a, "1"
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return "has no valid port"
	}
	return badHost(host, ".-_:")
}
