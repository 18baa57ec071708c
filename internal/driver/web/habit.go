package web

import (
	"encoding/json"
	"maps"
	"mime"
	"slices"
	"strings"
	"unicode"
)

// habit learns what answers usually look like, so that a block page is known
// where nobody has described one. Services whose answers vary have none.
type habit struct {
	shape string
	times int
}

// enough answers of one shape, in a row, make a habit.
const enough = 3

// set reports whether there is a habit.
func (h *habit) set() bool { return h.times >= enough }

// learn takes an answer in.
func (h *habit) learn(shape string) {
	switch {
	case h.set():
	case h.times > 0 && h.shape == shape:
		h.times++
	default:
		h.shape, h.times = shape, 1
	}
}

// odd reports whether an answer is not what it usually is.
func (h *habit) odd(shape string) bool { return h.set() && h.shape != shape }

// shape is what answers of one kind have in common: type and title of a page,
// or the names in a JSON object.
func (r *response) shape() string {
	kind, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	if m := title.FindStringSubmatch(r.body[:min(len(r.body), 64<<10)]); m != nil {
		return kind + " " + clip(m[1])
	}
	var object map[string]json.RawMessage
	if strings.Contains(kind, "json") && json.Unmarshal([]byte(r.body), &object) == nil {
		return kind + " " + clip(strings.Join(slices.Sorted(maps.Keys(object)), " "))
	}
	return kind
}

// wording is the shape of an answer to a text, and how short ones begin,
// numbers left out: "message 17 stored".
func (r *response) wording() string {
	if len(r.body) > 1000 {
		return r.shape()
	}
	words := strings.Map(func(c rune) rune {
		if unicode.IsDigit(c) {
			return -1
		}
		return c
	}, tags.ReplaceAllString(r.body, " "))
	if strings.HasPrefix(strings.TrimSpace(words), "{") {
		return r.shape()
	}
	return r.shape() + " " + clip(words)
}
