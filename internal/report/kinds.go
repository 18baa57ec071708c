package report

import "example.org/telltale"

// kindWords names a kind of finding for readers.
func (x *index) kindWords(k telltale.Kind) string {
	if key := "kind." + string(k); x.Has(key) {
		return x.Say(key)
	}
	return cut(string(k), 60)
}

// verdictWords and the others say constants of the vocabulary in words; what
// is none of them stays as it is.
func (x *index) verdictWords(v telltale.Verdict) string { return x.known("verdict.", string(v)) }

// effectOf says in words what happens to a message in a cell.
func (x *index) effectOf(c telltale.Cell) string { return x.known("cell.", string(c)) }

// directionWords says a direction in words.
func (x *index) directionWords(d telltale.Direction) string { return x.known("direction.", string(d)) }

// known says a constant by its key.
func (x *index) known(prefix, name string) string {
	if x.Has(prefix + name) {
		return x.Say(prefix + name)
	}
	return cut(name, 60)
}
