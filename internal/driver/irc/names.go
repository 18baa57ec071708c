package irc

import (
	"strconv"
	"strings"
)

// features are what the server says of itself (005, RPL_ISUPPORT).
type features struct {
	casemap string
	network string
	version string
	nickLen int
	userLen int
	hostLen int
	// lineLen is the length of a line with its end.
	lineLen int
}

// usual holds until the server says otherwise.
func usual() features {
	return features{casemap: "rfc1459", nickLen: 30, userLen: 18, hostLen: 63, lineLen: 512}
}

// take reads the tokens of one 005 line.
func (f *features) take(tokens []string) {
	for _, token := range tokens {
		name, value, _ := strings.Cut(token, "=")
		switch name {
		case "CASEMAPPING":
			f.casemap = value
		case "NETWORK":
			f.network = value
		case "NICKLEN", "MAXNICKLEN":
			f.nickLen = number(value, f.nickLen, 1, 100)
		case "USERLEN":
			f.userLen = number(value, f.userLen, 1, 100)
		case "HOSTLEN":
			f.hostLen = number(value, f.hostLen, 1, 255)
		case "LINELEN":
			f.lineLen = number(value, f.lineLen, 512, 16<<10)
		}
	}
}

// number reads a number within its bounds, or keeps what was.
func number(s string, was, least, most int) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return was
	}
	return n
}

// fold writes a nick or a channel as the server compares it.
func (f features) fold(s string) string {
	return fold(s, f.casemap)
}

// fold follows CASEMAPPING: ASCII letters always, and in rfc1459 the
// Scandinavian brackets too, which were letters once.
func fold(s, casemap string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case casemap == "ascii":
			return r
		case r >= '[' && r <= ']':
			return r + '{' - '['
		case r == '^' && casemap != "strict-rfc1459" && casemap != "rfc1459-strict":
			return '~'
		}
		return r
	}, s)
}

// isChannel reports whether a target is a channel's name.
func isChannel(target string) bool {
	return target != "" && strings.ContainsRune("#&+!", rune(target[0]))
}
