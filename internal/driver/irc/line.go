package irc

import (
	"errors"
	"fmt"
	"strings"
)

const (
	// longestLine bounds a line of the server, tags included: 8191 bytes of
	// tags (message-tags) and 512 of message, with room for servers that
	// allow more.
	longestLine = 32 << 10
	// mostParams of one line; RFC 1459 has 15, some servers send more.
	mostParams = 64
)

// line is one message of the protocol.
type line struct {
	tags map[string]string
	// source is who it comes from, as in "nick!user@host" or a server's name.
	source  string
	command string
	params  []string
}

var errEmptyLine = errors.New("an empty line")

// parse reads one line without its end.
func parse(s string) (line, error) {
	var l line
	s = strings.TrimLeft(s, " ")
	if rest, ok := strings.CutPrefix(s, "@"); ok {
		tags, after, _ := strings.Cut(rest, " ")
		l.tags = parseTags(tags)
		s = strings.TrimLeft(after, " ")
	}
	if rest, ok := strings.CutPrefix(s, ":"); ok {
		source, after, _ := strings.Cut(rest, " ")
		l.source = source
		s = strings.TrimLeft(after, " ")
	}
	command, rest, _ := strings.Cut(s, " ")
	if command == "" {
		return line{}, errEmptyLine
	}
	l.command = strings.ToUpper(command)
	var err error
	l.params, err = parseParams(rest)
	return l, err
}

func parseParams(s string) (params []string, err error) {
	for {
		s = strings.TrimLeft(s, " ")
		if s == "" {
			return params, nil
		}
		if len(params) == mostParams {
			return nil, fmt.Errorf("a line of over %d parameters", mostParams)
		}
		if rest, ok := strings.CutPrefix(s, ":"); ok {
			return append(params, rest), nil
		}
		var word string
		word, s, _ = strings.Cut(s, " ")
		params = append(params, word)
	}
}

// parseTags reads what stands between @ and the first space (IRCv3
// message-tags).
func parseTags(s string) map[string]string {
	tags := map[string]string{}
	for tag := range strings.SplitSeq(s, ";") {
		if name, value, _ := strings.Cut(tag, "="); name != "" {
			tags[name] = unescapeTag(value)
		}
	}
	return tags
}

func unescapeTag(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			break // a lone backslash at the end is dropped
		}
		b.WriteByte(unescaped(s[i]))
	}
	return b.String()
}

func unescaped(c byte) byte {
	switch c {
	case ':':
		return ';'
	case 's':
		return ' '
	case 'r':
		return '\r'
	case 'n':
		return '\n'
	}
	return c
}

// nick is the nick of the source; a server's name is returned as it is.
func (l line) nick() string {
	nick, _, _ := strings.Cut(l.source, "!")
	return nick
}

// server reports whether the line comes from a server and not from a user.
func (l line) server() bool {
	return !strings.ContainsAny(l.source, "!@")
}

// param is the parameter with that number from 0, or empty.
func (l line) param(i int) string {
	if i >= 0 && i < len(l.params) {
		return l.params[i]
	}
	return ""
}

// last is the last parameter, which holds the words for people.
func (l line) last() string {
	return l.param(len(l.params) - 1)
}

// numeric is the number of a reply, or 0.
func (l line) numeric() int {
	if len(l.command) != 3 {
		return 0
	}
	n := 0
	for _, c := range l.command {
		if c < '0' || c > '9' {
			return 0
		}
		n = 10*n + int(c-'0')
	}
	return n
}
