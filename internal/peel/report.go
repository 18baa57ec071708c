package peel

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"example.org/telltale/internal/peel/match"
)

// claim is a place of the job's bytes that a probe's copy was found in. A
// second path to the same copy is not reported.
type claim struct{ from, until int }

// findings gathers finds while the search runs.
type findings struct {
	finds  []Find
	lists  []listFind
	claims map[string][]claim
	// whole are hits in a layer that another coat explains as a whole, as in
	// a message or in a compressed stream. What is under the coat tells more;
	// what it does not tell is reported at the end, the deepest layers first.
	whole []func()
}

type listFind struct {
	find        Find
	from, until int
}

const (
	hitLimit  = 4096
	findLimit = 10000
)

// hits finds the needles in a layer, and their digests.
func (s *search) hits(n *node) []match.Hit {
	hits := append(s.cribs.set.Find(n.bytes, hitLimit), s.cribs.hashes().find(n.bytes)...)
	if s.salts < saltLayers && !n.derived() && n.score >= saltScore {
		found, tried := s.cribs.salted(n.bytes, s.job.Keys)
		for _, h := range found {
			hits = append(hits, h.Hit)
			if h.key != nil {
				s.salt[saltPlace{h.Form, h.At, n.id}] = h.key
			}
		}
		if tried {
			s.salts++
		}
	}
	return hits
}

// saltPlace is where a salted digest stands, in which layer.
type saltPlace struct {
	form string
	at   int
	id   uint64
}

// report states the hits in a layer, now or at the end.
func (s *search) report(n *node, hits []match.Hit, later bool) {
	for _, group := range bySpelling(n.bytes, hits) {
		if later {
			s.found.whole = append(s.found.whole, func() { s.state(n, group) })
			continue
		}
		s.state(n, group)
	}
}

// spelling is how the text of some hits is to be read: in which form, from
// which place of the layer on.
type spelling struct {
	form  string
	start int
	hits  []match.Hit
}

// bySpelling splits hits by the form they were found in, and by where one must
// begin to read them, in order of first hit.
func bySpelling(b []byte, hits []match.Hit) []*spelling {
	var groups []*spelling
	forms := map[string]*phases{}
	for _, h := range hits {
		form, shift := wideForm(h, b)
		if forms[form] == nil {
			charset, _, _ := strings.Cut(form, " ")
			forms[form] = newPhases(charset, b)
		}
		start := forms[form].startOf(h.At + shift)
		i := slices.IndexFunc(groups, func(g *spelling) bool { return g.form == form && g.start == start })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &spelling{form: form, start: start})
		}
		groups[i].hits = append(groups[i].hits, h)
	}
	return groups
}

// state reports the hits of one spelling, except where each probe was found in
// this place before.
func (s *search) state(n *node, r *spelling) {
	fresh, hits := false, r.hits
	for _, h := range hits {
		if s.found.claim(s.cribs.needles[h.Needle], s.place(n, h)) {
			fresh = true
		}
	}
	if !fresh || len(s.found.finds) >= findLimit {
		return
	}
	f := n.find()
	f.Score = needleScore(n.key)
	if key := s.salt[saltPlace{hits[0].Form, hits[0].At, n.id}]; key != nil {
		f.Key = key
	}
	if n.raw {
		f.Offset = n.offset + hits[0].At
	}
	if r.form != match.UTF8 {
		f.Steps, f.Path = slices.Clone(f.Steps), slices.Clone(f.Path)
		f.Bytes = n.bytes[r.start:]
		for _, form := range formsOf(r.form) {
			f.Steps = append(f.Steps, f.Bytes)
			f.Path = append(f.Path, form)
			f.Bytes = decodeForm(form, f.Bytes)
		}
	}
	slices.SortFunc(hits, func(a, b match.Hit) int { return cmp.Compare(a.Needle, b.Needle) })
	for _, h := range hits {
		needle := s.cribs.needles[h.Needle]
		if !slices.Contains(f.Probes, needle.Probe) {
			f.Probes = append(f.Probes, needle.Probe)
		}
		f.Needles = append(f.Needles, needle.Text)
	}
	s.found.finds = append(s.found.finds, f)
}

// formsOf splits the form of a hit into a charset and an alteration.
func formsOf(form string) []string {
	if charset, altered, ok := strings.Cut(form, " "); ok && match.IsForm(altered) {
		return []string{charset, altered}
	}
	return []string{form}
}

// wideForm tells the byte orders of UTF-16 and UTF-32 apart: Latin text in one
// order, amid other Latin text, holds the same text in the other, some bytes
// on. The ends of the bytes decide; without them it is little-endian. shift is
// how far on the text begins if the other order is meant.
func wideForm(h match.Hit, b []byte) (form string, shift int) {
	unit := unitOf(h.Form)
	if unit < 2 || !oneInUnit(b[h.At:h.At+unit]) {
		return h.Form, 0
	}
	other := b[max(0, h.At-unit+1):h.At]
	if strings.HasPrefix(h.Form[len("utf-16"):], "be") {
		other = b[h.At+h.Len : min(len(b), h.At+h.Len+unit-1)]
	}
	if len(other) < unit-1 || len(bytes.Trim(other, "\x00")) > 0 {
		return h.Form, 0 // the other order does not hold the text
	}
	from, until := h.At, h.At+h.Len
	for from > 0 && (b[from-1] == 0) == (b[from-1+unit] == 0) {
		from--
	}
	for until < len(b) && (b[until] == 0) == (b[until-unit] == 0) {
		until++
	}
	charset, _, _ := strings.Cut(h.Form, " ")
	order := func(end string) string { return strings.Replace(h.Form, charset, charset[:len(charset)-2]+end, 1) }
	form, big := order("le"), from == 0 && b[0] == 0 || until == len(b) && b[until-1] != 0
	if big {
		form = order("be")
	}
	if from == h.At && until == h.At+h.Len || form == h.Form {
		return h.Form, 0 // nothing around it, or no doubt
	}
	if !big {
		return form, unit - 1
	}
	return form, 1
}

// oneInUnit reports whether one byte of a unit is not zero, as in Latin text.
func oneInUnit(unit []byte) bool { return bytes.Count(unit, []byte{0}) == len(unit)-1 }

// needleScore: the needle proves the path. A key that was computed from the
// needle proves a little less than one that was found.
func needleScore(key *Key) float64 {
	if key != nil && key.Source == SourceDerived {
		return 0.95
	}
	return 0.99
}

func (n *node) find() Find {
	return Find{Path: n.path, Offset: n.offset, Key: n.key, Steps: n.steps, Bytes: n.bytes}
}

// place is the part of the job's bytes that a hit claims.
func (s *search) place(n *node, h match.Hit) claim {
	if n.raw {
		return claim{from: n.offset + h.At, until: n.offset + h.At + h.Len}
	}
	return claim{from: n.from, until: n.from + max(n.length, 1)}
}

// claim books a place for a probe; false if it overlaps an earlier claim.
func (f *findings) claim(needle Needle, c claim) bool {
	if f.claims == nil {
		f.claims = map[string][]claim{}
	}
	id := needle.Probe
	if id == "" {
		id = "text:" + needle.Text
	}
	for _, old := range f.claims[id] {
		if c.from < old.until && old.from < c.until {
			return false
		}
	}
	f.claims[id] = append(f.claims[id], c)
	return true
}

// decodeForm turns bytes into UTF-8.
func decodeForm(form string, b []byte) []byte {
	charset := match.Charset(form)
	if charset == nil {
		return b // a digest or an altered text: there is nothing under it
	}
	out, err := charset.NewDecoder().Bytes(b)
	if err != nil {
		return b
	}
	return out
}

// result sorts what was found.
func (s *search) result() Result {
	for _, state := range slices.Backward(s.found.whole) {
		state()
	}
	finds := s.found.finds
	for _, l := range s.found.bestLists() {
		finds = append(finds, l.find)
	}
	slices.SortStableFunc(finds, func(a, b Find) int { return cmp.Compare(b.Score, a.Score) })
	for _, n := range s.repeating {
		if !n.unlocked && !slices.ContainsFunc(finds, func(f Find) bool { return f.passed(n.bytes) }) {
			s.note(NoteECB, n.offset, codebook(n.bytes, ShapeOf(n.bytes)))
		}
	}
	return Result{Finds: finds, Notes: s.notes, Rests: s.rests()}
}

// passed reports whether a coat was taken off these bytes on the way.
func (f *Find) passed(b []byte) bool {
	return slices.ContainsFunc(f.Steps, func(step []byte) bool { return bytes.Equal(step, b) })
}

// bestLists drops every list that overlaps a better one.
func (f *findings) bestLists() []listFind {
	slices.SortStableFunc(f.lists, func(a, b listFind) int { return cmp.Compare(b.find.Score, a.find.Score) })
	var kept []listFind
	for _, l := range f.lists {
		clash := slices.ContainsFunc(kept, func(k listFind) bool { return l.from < k.until && k.from < l.until })
		if !clash {
			kept = append(kept, l)
		}
	}
	return kept
}
