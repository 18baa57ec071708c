package peel

import (
	"fmt"
	"slices"

	"example.org/telltale/internal/peel/keyspeed"
)

// What is tried with passwords, on the few layers that nothing else opened.

const (
	// deriveLayers is how many layers are tried.
	deriveLayers = 2
	// deriveLeast is how long they must be, but for those that say that they
	// were salted.
	deriveLeast = 16
	// deriveBits is the evidence that a text needs: there are a hundred
	// recipes and thousands of passwords.
	deriveBits = 42
	// deriveTime bounds the nominal cost of one search in nanoseconds.
	deriveTime = 1_200_000_000
	// deriveTexts is how many texts of key files are tried with recipes of
	// many rounds, deriveMany with those of few.
	deriveTexts, deriveMany = 2000, 40000
)

// derive tries recipes on the next layer that stayed shut, cheap ones or slow
// ones; false: there is none.
func (s *search) derive(slow bool) bool {
	n := s.underivedNode(slow)
	if n == nil {
		return false
	}
	from := listed(s.job.Keys)
	if len(s.job.KeyFiles) > 0 && (slow || n.salted()) {
		if s.texts == nil {
			s.texts = textsOf(s.job.KeyFiles)
		}
		from = append(from, s.texts[:min(len(s.texts), deriveMany)]...)
	}
	on := s.layers([]*node{n})[0]
	on.least = deriveBits
	for _, r := range s.recipes(n, slow) {
		if r.salt.head+deriveLeast > len(on.b) && r.salt.head > 0 || s.ctx.Err() != nil {
			continue
		}
		some := from
		if r.rounds > 1 && len(some) > deriveTexts {
			some = some[:deriveTexts]
		}
		if s.deriveSpent += int64(len(some)) * r.cost(); s.deriveSpent > deriveTime && r.rounds > 1 {
			break
		}
		if hits := s.apply(r, some, on, n.salted()); len(hits) > 0 {
			s.takeDerived(n, hits, r, some)
			break
		}
	}
	return true
}

func (s *search) takeDerived(n *node, hits []probeHit, r recipe, from []secret) {
	n.unlocked = true
	for _, h := range hits {
		c := Candidate{Coats: []string{h.coat}, Bytes: h.plain, Score: h.score, Key: from[h.at].key(h.key, r), Whole: true}
		if r.salt.head > 0 {
			c.Coats = []string{fmt.Sprintf("salt:%d", r.salt.head), h.coat}
		}
		s.take(n, c)
	}
}

// salted reports whether a layer says that its key was made of a password.
func (n *node) salted() bool {
	return len(n.path) > 0 && n.path[len(n.path)-1] == coatSalted
}

// underivedNode is the likeliest layer that was not tried yet.
func (s *search) underivedNode(slow bool) *node {
	var best *node
	for _, n := range s.sealed {
		done := n.derives[0]
		if slow {
			done = n.derives[1]
		}
		if done || s.found.covers(n) || !n.salted() && (!s.passwords() || len(n.bytes) < deriveLeast || n.score < leastSure || !spread(n.bytes)) {
			continue
		}
		if best == nil || n.worth() > best.worth() {
			best = n
		}
	}
	if best == nil {
		return nil
	}
	stage := 0
	if slow {
		stage = 1
	}
	if s.derived[stage]++; s.derived[stage] > deriveLayers {
		return nil
	}
	best.derives[stage] = true
	return best
}

// passwords reports whether keys are to be tried as passwords on layers that do
// not say so.
// Where a key at hand opened something, keys are no passwords.
func (s *search) passwords() bool {
	byKey := func(f Find) bool {
		return f.Key != nil && f.Key.Source != SourceDerived && f.Key.Source != SourceCapture
	}
	return (s.job.Passwords || len(s.job.KeyFiles) > 0) && !slices.ContainsFunc(s.found.finds, byKey)
}

// spread reports whether the bytes may be a cipher's, as far as so few tell.
func spread(b []byte) bool {
	return len(b) < leastRest || noise(b) || codebook(b, ShapeOf(b)) != ""
}

// saltsFor are salts that may have been mixed in, the likeliest first.
func (s *search) saltsFor(n *node) []salt {
	if n.salted() {
		return []salt{{bytes: n.parent.bytes[len(saltedMagic):saltedHead], name: "the message's salt", given: true}}
	}
	var out []salt
	for _, b := range s.besides(n) {
		if len(out) < besideSalts {
			out = append(out, salt{bytes: b, name: "salt beside the message", given: true})
		}
	}
	for _, size := range []int{16, 8} {
		if len(n.bytes) >= size+deriveLeast {
			out = append(out, salt{bytes: n.bytes[:size], name: "salt in front", head: size, given: true})
		}
	}
	out = append(out, salt{name: "no salt"})
	for _, b := range []string{"salt", "\x00\x00\x00\x00\x00\x00\x00\x00", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "saltsalt", "12345678", "Salt", "SALT"} {
		out = append(out, salt{bytes: []byte(b), name: fmt.Sprintf("salt %q", b)})
	}
	return out
}

// besideSalts is how many values of a capture are tried as salts.
const besideSalts = 6

// recipes for a layer, in order.
func (s *search) recipes(n *node, slow bool) []recipe {
	salts := s.saltsFor(n)
	var out []recipe
	if !slow {
		for _, salt := range salts {
			for _, h := range []keyspeed.Hash{keyspeed.MD5, keyspeed.SHA256, keyspeed.SHA1, keyspeed.SHA512} {
				if salt.given || len(salt.bytes) == 0 {
					out = append(out, recipe{h, 0, salt})
				}
			}
			out = append(out, recipe{keyspeed.SHA1, 1, salt}, recipe{keyspeed.SHA256, 1, salt})
		}
		return out
	}
	for _, rounds := range roundsOf(n) {
		for _, salt := range salts {
			if salt.given || rounds == 1000 || len(salt.bytes) == 0 {
				out = append(out, recipe{keyspeed.SHA1, rounds, salt}, recipe{keyspeed.SHA256, rounds, salt})
			}
		}
	}
	if n.salted() { // as openssl does it
		slices.SortStableFunc(out, func(a, b recipe) int { return int(b.hash) - int(a.hash) })
	}
	return out
}

// roundsOf are the usual numbers of rounds, the likeliest first.
func roundsOf(n *node) []int {
	if n.salted() {
		return []int{10000, 1000, 4096, 2048, 1024, 100}
	}
	return []int{1000, 4096, 10000, 1024, 2048, 100, 5000, 2, 10}
}
