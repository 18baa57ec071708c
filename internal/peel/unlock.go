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

// unlock looks for keys in the key files once nothing else is left to do. It
// reports whether there is something new in the queue.
func (s *search) unlock() bool {
	if s.scanned || len(s.sealed) == 0 || s.ctx.Err() != nil {
		return false
	}
	s.scanned = true
	slices.SortStableFunc(s.sealed, func(a, b *node) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(len(b.bytes), len(a.bytes)))
	})
	nodes := apart(s.sealed)
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
		out = append(out, sealed{n.bytes, in, scanEnough})
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
