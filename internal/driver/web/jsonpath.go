package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// jsonPath is a way into a JSON value, as in data.items[*].text.
type jsonPath []jsonStep

// jsonStep is a name, an index, or all elements.
type jsonStep struct {
	name  string
	index int
	kind  byte // 'n', 'i' or '*'
}

var jsonStepForm = regexp.MustCompile(`^(?:\.?([\pL_$-][\pL\d_$-]*)|\.?(\d+)|\[(\d+)\]|\[["']([^"']*)["']\]|(\[\*\]|\.\*))`)

// parseJSONPath reads a path. "" and "$" are the value itself.
func parseJSONPath(path string) (jsonPath, error) {
	rest := strings.TrimPrefix(path, "$")
	out := jsonPath{}
	for rest != "" {
		m := jsonStepForm.FindStringSubmatch(rest)
		switch {
		case m == nil:
			return nil, fmt.Errorf("%q is no JSON path: write as in data.items[*].text", path)
		case m[5] != "":
			out = append(out, jsonStep{kind: '*'})
		case m[2] != "" || m[3] != "":
			n, err := strconv.Atoi(m[2] + m[3])
			if err != nil {
				return nil, fmt.Errorf("%q: %w", path, err)
			}
			out = append(out, jsonStep{kind: 'i', index: n})
		default:
			out = append(out, jsonStep{kind: 'n', name: m[1] + m[4]})
		}
		rest = rest[len(m[0]):]
	}
	return out, nil
}

// deepestJSON bounds what is walked.
const deepestJSON = 40

var errDeep = errors.New("the JSON path is too long")

// find gives the values that a path leads to, each as JSON.
func (p jsonPath) find(raw json.RawMessage) ([]json.RawMessage, error) {
	if len(p) > deepestJSON {
		return nil, errDeep
	}
	if len(p) == 0 {
		if !json.Valid(raw) {
			return nil, errors.New("not JSON")
		}
		return []json.RawMessage{raw}, nil
	}
	below, err := p[0].enter(raw)
	if err != nil {
		return nil, err
	}
	var out []json.RawMessage
	for _, v := range below {
		found, err := p[1:].find(v)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// enter takes one step. A step that leads nowhere gives nothing.
func (s jsonStep) enter(raw json.RawMessage) ([]json.RawMessage, error) {
	if !json.Valid(raw) {
		return nil, errors.New("not JSON")
	}
	var list []json.RawMessage
	if s.kind != 'n' && json.Unmarshal(raw, &list) == nil {
		switch {
		case s.kind == '*':
			return list, nil
		case s.index < len(list):
			return list[s.index : s.index+1], nil
		}
		return nil, nil
	}
	var object map[string]json.RawMessage
	if s.kind == 'n' && json.Unmarshal(raw, &object) == nil {
		if v, ok := object[s.name]; ok {
			return []json.RawMessage{v}, nil
		}
	}
	return nil, nil
}

// said is a JSON value as text: strings without their quotes.
func said(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// something reports whether a value says anything.
func something(raw json.RawMessage) bool {
	switch string(raw) {
	case "null", "false", `""`, "0", "[]", "{}":
		return false
	}
	return true
}
