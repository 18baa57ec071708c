package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// field reads one value of the file; path names it, as in "app.files[0].path".
type field func(n ast.Node, path string)

// place is where a value stands.
type place struct {
	file         string
	line, column int
}

// reader walks the tree of a scenario file. It remembers where each value
// stood, so that later checks can point at it.
type reader struct {
	file     string
	dir      string // absolute folder that relative paths start from
	places   map[string]place
	problems Problems
}

// fail reports a problem with the value at path.
func (r *reader) fail(path, fix, what string, args ...any) {
	r.problems.report(path, fix, what, args...)
}

// object reads a mapping of known fields.
func (r *reader) object(fields map[string]field) field {
	return func(n ast.Node, path string) {
		m, ok := n.(*ast.MappingNode)
		if !ok {
			r.mismatch(n, path, "fields, as in name: value")
			return
		}
		for _, kv := range m.Values {
			key := kv.Key.GetToken().Value
			at := join(path, key)
			_, again := r.places[at]
			r.note(at, kv.Key)
			read, known := fields[key]
			switch {
			case !known:
				hint := suggest(key, slices.Sorted(maps.Keys(fields)))
				if hint == "" {
					hint = "the fields here are " + strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
				}
				r.fail(at, hint, "unknown field %q", clip(key))
			case again:
				r.fail(at, "take one of them out", "the field %q is set twice", key)
			case kv.Value == nil || kv.Value.Type() == ast.NullType:
				r.fail(at, "write one, or take the line out", "the field %q has no value", key)
			default:
				r.noteValue(at, kv.Value)
				read(kv.Value, at)
			}
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// list reads a sequence; entry is told the place in the list.
func (r *reader) list(reset func(), entry func(i int) field) field {
	return func(n ast.Node, path string) {
		seq, ok := n.(*ast.SequenceNode)
		if !ok {
			r.mismatch(n, path, "a list, as in [one, two]")
			return
		}
		reset()
		for i, v := range seq.Values {
			at := fmt.Sprintf("%s[%d]", path, i)
			r.noteValue(at, v)
			entry(i)(v, at)
		}
	}
}

// texts reads a list of texts.
func (r *reader) texts(dst *[]string) field {
	return r.list(func() { *dst = nil }, func(int) field {
		return func(n ast.Node, path string) {
			// A bad entry keeps its number, so that later ones keep theirs.
			*dst = append(*dst, "")
			r.text(&(*dst)[len(*dst)-1])(n, path)
		}
	})
}

func (r *reader) text(dst *string) field {
	return func(n ast.Node, path string) {
		switch v := n.(type) {
		case *ast.StringNode:
			*dst = v.Value
		case *ast.LiteralNode:
			*dst = v.Value.Value
		default:
			r.mismatch(n, path, "text")
		}
	}
}

func (r *reader) flag(dst *bool) field {
	return func(n ast.Node, path string) {
		if v, ok := n.(*ast.BoolNode); ok {
			*dst = v.Value
			return
		}
		r.mismatch(n, path, "true or false")
	}
}

func (r *reader) integer(dst *int) field {
	return func(n ast.Node, path string) {
		v, err := strconv.Atoi(n.GetToken().Value)
		if n.Type() != ast.IntegerType || err != nil {
			r.mismatch(n, path, "a whole number")
			return
		}
		*dst = v
	}
}

func (r *reader) unsigned(dst *uint64) field {
	return func(n ast.Node, path string) {
		v, err := strconv.ParseUint(n.GetToken().Value, 10, 64)
		if n.Type() != ast.IntegerType || err != nil {
			r.mismatch(n, path, "a whole number from 0 to 18446744073709551615")
			return
		}
		*dst = v
	}
}

func (r *reader) number(dst *float64) field {
	return func(n ast.Node, path string) {
		v, err := strconv.ParseFloat(n.GetToken().Value, 64)
		if n.Type() != ast.FloatType && n.Type() != ast.IntegerType || err != nil {
			r.mismatch(n, path, "a number")
			return
		}
		*dst = v
	}
}

func (r *reader) span(dst *time.Duration) field {
	return func(n ast.Node, path string) {
		v, ok := n.(*ast.StringNode)
		if !ok {
			r.mismatch(n, path, `a duration with its unit, such as "6s" or "1m30s"`)
			return
		}
		d, err := time.ParseDuration(v.Value)
		if err != nil {
			r.fail(path, `write one such as "6s", "1m30s" or "250ms"`, "%q is not a duration", clip(v.Value))
			return
		}
		*dst = d
	}
}

// mismatch reports a value of the wrong kind.
func (r *reader) mismatch(n ast.Node, path, want string) {
	value, name := clip(n.GetToken().Value), path
	if name == "" {
		name = "the file"
	}
	switch n.Type() {
	case ast.MappingType, ast.MappingValueType:
		r.fail(path, "write "+want, "%s holds fields", name)
	case ast.SequenceType:
		r.fail(path, "write "+want, "%s is a list", name)
	case ast.IntegerType, ast.FloatType, ast.BoolType, ast.NullType, ast.InfinityType, ast.NanType:
		if want == "text" {
			r.fail(path, fmt.Sprintf("put it in quotes: %q", value), "%s is %s, which YAML does not read as text", name, value)
			return
		}
		r.fail(path, "write "+want, "%s is %s", name, value)
	default:
		r.fail(path, "write "+want, "%s is %q", name, value)
	}
}

func (r *reader) note(path string, n ast.Node) {
	pos := n.GetToken().Position
	r.places[path] = place{r.file, pos.Line, pos.Column}
}

// noteValue notes where a value begins. A mapping's own token is its first
// colon, so its first key is taken.
func (r *reader) noteValue(path string, n ast.Node) {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		n = m.Values[0].Key
	}
	r.note(path, n)
}
