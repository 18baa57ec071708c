package peel

import (
	"fmt"
	"unicode/utf8"
)

// field is one value inside a container.
type field struct {
	name string
	// bytes of the value; at is where it stands in the container.
	bytes []byte
	at    int
	// length is how much of the container it takes up: 0 for len(bytes).
	length int
}

const shortestField = 6 // a shorter value holds no copy

// fieldBids offers the fields of a container one by one: "coat:NAME", the
// second of a name "coat:NAME#2". A score of 0.8 or more says that the format
// is certain.
func fieldBids(in Input, coat string, fields []field, score float64) []Candidate {
	var out []Candidate
	count := map[string]int{}
	size := 0
	for _, f := range fields {
		name := coat + ":" + f.name
		if count[name]++; count[name] > 1 {
			name = fmt.Sprintf("%s#%d", name, count[name])
		}
		if size += len(f.bytes); len(f.bytes) < shortestField || size > 2*in.Limit || len(f.bytes) > in.Limit {
			continue
		}
		if f.length == 0 {
			f.length = len(f.bytes)
		}
		out = append(out, Candidate{Coats: []string{name}, Bytes: f.bytes, Offset: f.at, Length: f.length, Score: score, Whole: score >= 0.8, Part: true})
		if len(out) >= partLimit {
			break
		}
	}
	return out
}

// nameOf makes a name of a short printable text, and else of nothing.
func nameOf(b []byte) string {
	if len(b) == 0 || len(b) > 32 || !utf8.Valid(b) {
		return ""
	}
	for _, c := range b {
		if c <= ' ' || c == ':' || c == '#' || c == 0x7f {
			return ""
		}
	}
	return string(b)
}
