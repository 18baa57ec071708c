package scenario

import (
	"encoding/json"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"example.org/telltale"
)

// raw reads settings that only a driver understands, and remembers where each
// of them stands: the driver names them by their path.
func (r *reader) raw(dst *json.RawMessage) field {
	return func(n ast.Node, path string) {
		if n.Type() != ast.MappingType {
			r.mismatch(n, path, "settings, as in server: chat.example.org")
			return
		}
		r.noteAll(n, path)
		var value any
		if err := yaml.NodeToValue(n, &value); err != nil {
			r.fail(path, "write it as plain YAML", "the settings cannot be read: %v", err)
			return
		}
		data, err := json.Marshal(value)
		if err != nil {
			r.fail(path, "write it as plain YAML", "the settings cannot be read: %v", err)
			return
		}
		*dst = data
	}
}

// noteAll remembers the places of everything under a node.
func (r *reader) noteAll(n ast.Node, path string) {
	switch v := n.(type) {
	case *ast.MappingNode:
		for _, kv := range v.Values {
			at := join(path, kv.Key.GetToken().Value)
			if _, twice := r.places[at]; twice {
				r.note(at, kv.Key)
				r.fail(at, "take one of them out", "the setting %q is there twice", clip(kv.Key.GetToken().Value))
			}
			r.note(at, kv.Key)
			r.noteAll(kv.Value, at)
		}
	case *ast.SequenceNode:
		for i, item := range v.Values {
			at := fmt.Sprintf("%s[%d]", path, i)
			r.noteValue(at, item)
			r.noteAll(item, at)
		}
	}
}

// Checker finds what drivers and sensors cannot use in a scenario, which this
// package does not know: kinds, and their options.
type Checker func(s telltale.Scenario) []Problem

// LoadWith reads a scenario file as [Load] does and has the checker look at
// it; the problems are placed by their Path.
func LoadWith(path string, check Checker) (telltale.Scenario, error) {
	return load(path, check)
}
