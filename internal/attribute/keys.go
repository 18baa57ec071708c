package attribute

import (
	"fmt"
	"strings"

	"example.org/telltale"
)

// appFile begins the sources of keys that were found in the app's own files.
const appFile = "app-file:"

func layersOf(copies []Copy) []telltale.Layer {
	out := make([]telltale.Layer, 0, len(copies))
	for _, c := range copies {
		out = append(out, c.Layer)
	}
	return out
}

// nameKeys says in a finding about where a key is to be had which place that
// was. A key found in several places opens with each of them alone.
func (s *statement) nameKeys(f *telltale.Finding, layers []telltale.Layer) {
	keys := map[string]bool{}
	for _, l := range layers {
		if l.Key != "" {
			keys[l.Key] = true
		}
	}
	var same, others []string
	add := func(key, source string) {
		switch {
		case f.Claim.Detail == telltale.WeakKeyInApp && !strings.HasPrefix(source, appFile),
			f.Claim.Detail == telltale.WeakKeyBeside && !keyFrom(source, f.Claim.Host):
		case keys[key]:
			same = append(same, source)
		case f.Claim.Detail == telltale.WeakKeyBeside:
			others = append(others, source)
		}
	}
	if f.Claim.Detail != telltale.WeakKeyInApp && f.Claim.Detail != telltale.WeakKeyBeside {
		return
	}
	for _, l := range s.rec.Layers {
		add(l.Key, l.KeySource)
	}
	for _, v := range s.rec.Visits {
		for _, r := range v.Recovered {
			if r.Records > 0 {
				add(r.Key, r.KeySource)
			}
		}
	}
	what := "it opens them"
	if len(same) == 0 {
		same, what = others, "it opens the records kept there"
	}
	if f.Keys = bounded(same); len(f.Keys) > 0 {
		f.Statement += fmt.Sprintf(" Taken from %s alone, %s.", placeOf(f.Keys[0]), what)
	}
}

// placeOf names a source of keys: a file, or an address.
func placeOf(source string) string {
	name, _, _ := strings.Cut(source, " (")
	if file, ok := strings.CutPrefix(name, appFile); ok {
		return "the app's file " + file
	}
	if _, address, ok := strings.Cut(name, ":"); ok {
		return address
	}
	return name
}
