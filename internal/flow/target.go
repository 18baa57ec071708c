package flow

import (
	"net"
	"strconv"
	"strings"
)

// Target is a request target taken apart, nothing decoded.
type Target struct {
	// Scheme and Host are set for the absolute form; Host is lower case,
	// without brackets. In the authority form of CONNECT only Host and Port.
	Scheme string
	Host   string
	// Port as asked for, or that of the scheme, or 0.
	Port int
	// Path begins with a slash, or is "*"; empty if there is none.
	Path string
	// Origin is the target without scheme and authority: path and query.
	Origin string
	// Query without the question mark, and its pairs in order.
	Query string
	Pairs []Pair
}

// Pair is one name=value of a query, still percent-encoded.
type Pair struct {
	Name, Value string
	// Offset of Value in the target as given.
	Offset int
}

// maxPairs bounds the pairs of one query.
const maxPairs = 1000

// ParseTarget takes apart a target in absolute or origin form.
func ParseTarget(s string) Target {
	t := Target{Origin: s}
	skip := 0
	if scheme, rest, found := strings.Cut(s, "://"); found && isScheme(scheme) {
		authority := rest
		if cut := strings.IndexAny(rest, "/?#"); cut >= 0 {
			authority = rest[:cut]
		}
		t.Scheme = strings.ToLower(scheme)
		t.Host, t.Port = SplitAuthority(authority, schemePort(t.Scheme))
		skip = len(scheme) + 3 + len(authority)
		t.Origin = s[skip:]
		if !strings.HasPrefix(t.Origin, "/") {
			t.Origin = "/" + t.Origin
			skip--
		}
	}
	t.Path, t.Query, _ = strings.Cut(t.Origin, "?")
	t.Pairs = pairs(t.Query, skip+len(t.Path)+1)
	return t
}

// SplitAuthority splits "user@host:port" into host, lower case and without
// brackets, and port. Without a usable port it returns otherwise.
func SplitAuthority(s string, otherwise int) (host string, port int) {
	s = s[strings.LastIndexByte(s, '@')+1:]
	host, digits, err := net.SplitHostPort(s)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	}
	port = otherwise
	if n, err := strconv.ParseUint(digits, 10, 16); err == nil && n > 0 {
		port = int(n)
	}
	return strings.ToLower(host), port
}

func schemePort(scheme string) int {
	switch scheme {
	case "http", "ws":
		return 80
	case "https", "wss":
		return 443
	}
	return 0
}

func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(s[i]))) {
			return false
		}
	}
	return s != ""
}

func pairs(query string, at int) []Pair {
	var all []Pair
	for query != "" && len(all) < maxPairs {
		part, rest, _ := strings.Cut(query, "&")
		name, value, found := strings.Cut(part, "=")
		if part != "" {
			offset := at + len(name)
			if found {
				offset++
			}
			all = append(all, Pair{Name: name, Value: value, Offset: offset})
		}
		at += len(part) + 1
		query = rest
	}
	return all
}
