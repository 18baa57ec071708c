package casefile

import (
	"slices"

	"example.org/telltale"
)

// Digests lists every blob that the record names, each once, sorted.
func Digests(r *telltale.Record) []telltale.Digest {
	named := map[telltale.Digest]bool{}
	for _, f := range r.Flows {
		for _, m := range f.Messages {
			named[m.Bytes] = true
		}
	}
	for _, l := range r.Layers {
		named[l.Bytes] = true
		for _, step := range l.Steps {
			named[step] = true
		}
	}
	for _, f := range r.App.Files {
		if f.Harvest {
			named[f.Digest] = true
		}
	}
	delete(named, "")
	return sortedDigests(named)
}

func sortedDigests(set map[telltale.Digest]bool) []telltale.Digest {
	out := make([]telltale.Digest, 0, len(set))
	for d := range set {
		out = append(out, d)
	}
	slices.Sort(out)
	return out
}
