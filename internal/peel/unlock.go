package peel

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// sealed reports whether a layer is worth a scan of whole files for its key.
func (in Input) sealed() bool {
	return in.enciphered() && len(in.Bytes) >= 8 && len(in.Bytes) <= 1<<20 && in.Shape.Entropy > 2.5 && in.Shape.Printable < 0.8
}

const (
	// deepLayers is how many layers all listed keys are tried on with all
	// that a key can be tried with; deepKeys is how many keys on how many
	// layers are tried if that is more.
	deepLayers = 6
	deepKeys   = 24000
)

// unlock does what takes long, once nothing else is left to do: the slow tests
// of listed keys, keys made of passwords, the search for keys in the key files.
// It reports whether there is something new in the queue.
func (s *search) unlock() bool {
	for _, step := range []func() bool{s.deepen, func() bool { return s.derive(false) }, s.scanFiles, func() bool { return s.derive(true) }} {
		for s.ctx.Err() == nil && step() {
			if s.queue.Len() > 0 {
				return true
			}
		}
	}
	return false
}

// deepen tries the listed keys once more on the likeliest layer that stayed
// shut; false: there is none, or enough was done.
func (s *search) deepen() bool {
	if len(s.job.Keys) == 0 || s.deep >= max(deepLayers, deepKeys/len(s.job.Keys)) {
		return false
	}
	var best *node
	for _, n := range s.sealed {
		if !n.deepened && !n.salted() && (best == nil || n.worth() > best.worth()) && !s.found.covers(n) {
			best = n
		}
	}
	if best == nil {
		return false
	}
	best.deepened = true
	s.deep++
	in := s.input(best, ShapeOf(best.bytes))
	in.Limit, in.ivs = layerLimit, s.ivs(best)
	for _, c := range in.tryKeys(true) {
		best.unlocked = true
		s.take(best, c)
	}
	return true
}

// worth is how likely a layer is to be a message: its score, less for the short
// runs that a coding seems to have in other bytes.
func (n *node) worth() float64 { return n.score * min(1, float64(len(n.bytes))/24) }

// covers reports whether a copy was found where a layer comes from.
func (f *findings) covers(n *node) bool {
	for _, claims := range f.claims {
		if slices.ContainsFunc(claims, func(c claim) bool { return c.from < n.from+n.length && n.from < c.until }) {
			return true
		}
	}
	return false
}

// scanFiles looks for keys in the key files. It reports whether there is
// something new in the queue.
func (s *search) scanFiles() bool {
	if s.scanned || len(s.sealed) == 0 {
		return false
	}
	s.scanned = true
	slices.SortStableFunc(s.sealed, func(a, b *node) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(len(b.bytes), len(a.bytes)))
	})
	nodes := apart(slices.DeleteFunc(slices.Clone(s.sealed), (*node).salted))
	if len(nodes) == 0 {
		return false
	}
	for _, f := range s.job.KeyFiles {
		if len(f.Bytes) > scanBytes {
			s.note(NoteLimit, 0, fmt.Sprintf("%s: keys were looked for in the first %d bytes", f.Name, scanBytes))
		}
		found, skipped := scan(s.ctx, f.Bytes, s.layers(nodes))
		for _, o := range found {
			nodes[o.layer].unlocked = true
			s.take(nodes[o.layer], o.candidate(f.Name))
		}
		if len(skipped) > 0 {
			s.note(NoteLimit, 0, fmt.Sprintf("%s is too large to try the bytes at each place as keys of %s", f.Name, strings.Join(skipped, ", ")))
		}
		if s.queue.Len() > 0 {
			return true
		}
	}
	return false
}

// apart keeps the best layers, but none that was read from where a better one
// was: another reading of the same bytes.
func apart(nodes []*node) []*node {
	var kept []*node
	for _, n := range nodes {
		clash := slices.ContainsFunc(kept, func(k *node) bool {
			return n.from < k.from+max(k.length, 1) && k.from < n.from+max(n.length, 1)
		})
		if !clash {
			kept = append(kept, n)
		}
		if len(kept) == scanLayers {
			break
		}
	}
	return kept
}

func (s *search) layers(nodes []*node) []sealed {
	out := make([]sealed, 0, len(nodes))
	for _, n := range nodes {
		in := Input{Bytes: n.bytes, Under: n.path, Cribs: s.cribs, Context: context.WithoutCancel(s.ctx), Sure: n.score, Limit: layerLimit}
		out = append(out, sealed{n.bytes, in, scanEnough, s.ivs(n)})
	}
	return out
}

// candidate of a key at a place in a file.
func (o openedKey) candidate(file string) Candidate {
	source := fmt.Sprintf("%s+%#x", file, o.at)
	if o.how != "" {
		source += " (" + o.how + ")"
	}
	return Candidate{Coats: []string{o.coat}, Bytes: o.plain, Score: o.score, Key: &Key{o.key, source}, Whole: true}
}
