package peel

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// KeyFile is a program or another file in which keys may stand at any place.
type KeyFile struct {
	// Name becomes the source of the keys.
	Name  string
	Bytes []byte
}

const (
	// scanLayers is how many layers one scan of a file tries to open.
	scanLayers = 4
	// scanBytes is how much of a file is scanned.
	scanBytes = 64 << 20
	// scanPiece is what one worker takes at a time.
	scanPiece = 1 << 18
	// scanOverlap lets keys and texts stand across two pieces.
	scanOverlap = 1024
	// scanTime bounds the nominal cost of a scan, in nanoseconds of one
	// processor of 2020.
	scanTime = 24_000_000_000
	// scanEnough is the evidence that a text needs: 2²⁵ places, 2⁵ ciphers
	// and modes, and a margin of 2³⁰.
	scanEnough = 60
)

// opened is a key of a scan that opened a layer.
type openedKey struct {
	layer int
	coat  string
	key   []byte
	how   string
	at    int
	plain []byte
}

// scan looks for keys in a file that open one of the layers: first texts and
// what they stand for, then the bytes at each place, with the cheapest
// ciphers first. It ends with the first piece of the file that holds a key.
// The result does not depend on the number of workers. skipped names the
// ciphers that were not tried with the bytes at each place.
func scan(ctx context.Context, file []byte, layers []sealed) (found []openedKey, skipped []string) {
	file = file[:min(len(file), scanBytes)]
	phases, skipped := scanPhases(layers, len(file))
	for _, ph := range phases {
		if got := scanPhase(ctx, file, layers, ph); len(got) > 0 || ctx.Err() != nil {
			return got, nil
		}
	}
	return nil, skipped
}

// phase is one pass over a file: it gives the keys in a piece to a prober.
type phase func(p *prober, piece []byte, at func(offset int, how string))

// scanPhases are the passes, the likeliest and cheapest first. Passes whose
// ciphers cannot have made the lengths at hand are left out, and so are those
// that a file of this size leaves no time for; skipped names them.
func scanPhases(layers []sealed, size int) (out []phase, skipped []string) {
	all := []struct {
		name  string
		block int
		cost  int // nanoseconds for one place of a file and one layer
		pass  phase
	}{
		{"texts", 1, 1000, textPhase},
		{"aes-128", 1, 900, rawPhase(16, "aes-128")},
		{"aes-256", 1, 900, rawPhase(32, "aes-256")},
		{"chacha20-poly1305", 1, 300, rawPhase(32)},
		{"rc4", 1, 900, rawPhase(16)},
		{"tea, xtea", 8, 1800, rawPhase(16, "tea", "xtea")},
		{"aes-192", 1, 900, rawPhase(24, "aes-192")},
		{"des", 8, 2000, rawPhase(8, "des")},
		{"3des", 8, 4000, rawPhase(24, "3des")},
		{"rc4 with 64 bits", 1, 900, rawPhase(8)},
		{"rc4 with 40 bits", 1, 900, rawPhase(5)},
	}
	left := scanTime
	for _, p := range all {
		fits := slices.ContainsFunc(layers, func(s sealed) bool { return len(s.b)%p.block == 0 })
		if !fits {
			continue
		}
		if left -= p.cost * size; left < 0 && len(out) > 0 {
			skipped = append(skipped, p.name)
			left += p.cost * size
			continue
		}
		out = append(out, p.pass)
	}
	return out, skipped
}

// rawPhase takes the n bytes at each place as a key, if they look like one.
// Without names it tries the ciphers that are no block ciphers.
func rawPhase(n int, names ...string) phase {
	var tried []lock
	for _, l := range locks() {
		if slices.Contains(names, l.name) {
			tried = append(tried, l)
		}
	}
	return func(p *prober, piece []byte, at func(int, string)) {
		window := spread{need: n - 1 - n/6}
		for i := range piece {
			window.add(piece[i])
			from := i + 1 - n
			if from < 0 {
				continue
			}
			if from > 0 {
				window.drop(piece[from-1])
			}
			if window.distinct < window.need || from >= scanPiece {
				continue
			}
			at(from, "")
			for j := range tried {
				p.try(&tried[j], piece[from:i+1])
			}
			if len(tried) == 0 {
				p.tryPlaces(piece[from : i+1])
			}
		}
	}
}

// spread counts the different bytes of a window. Random keys have few that
// occur twice; code, tables and zeros have many.
type spread struct {
	counts         [256]uint16
	distinct, need int
}

func (s *spread) add(c byte) {
	if s.counts[c]++; s.counts[c] == 1 {
		s.distinct++
	}
}

func (s *spread) drop(c byte) {
	if s.counts[c]--; s.counts[c] == 0 {
		s.distinct--
	}
}

// textPhase takes the texts of a piece, and what they stand for, as keys of
// every cipher.
func textPhase(p *prober, piece []byte, at func(int, string)) {
	all := slices.DeleteFunc(locks(), func(l lock) bool { return l.keys == nil }) // Blowfish prepares a key in 20 µs
	keyTexts(piece, func(key []byte, how string, offset int) {
		if offset >= scanPiece {
			return
		}
		at(offset, how)
		for i := range all {
			if all[i].takes(len(key)) {
				p.try(&all[i], key)
			}
		}
		p.tryOthers(key)
	})
}

// scanPhase runs a phase over the pieces of a file on all processors.
func scanPhase(ctx context.Context, file []byte, layers []sealed, ph phase) []openedKey {
	pieces := (len(file) + scanPiece - 1) / scanPiece
	found := make([][]openedKey, pieces)
	var next, first atomic.Int64
	first.Store(int64(pieces))
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), pieces) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i > int(first.Load()) || i >= pieces || ctx.Err() != nil {
					return
				}
				found[i] = scanOne(file, i*scanPiece, layers, ph)
				for old := first.Load(); len(found[i]) > 0 && int64(i) < old; old = first.Load() {
					first.CompareAndSwap(old, int64(i))
				}
			}
		})
	}
	workers.Wait()
	for _, f := range found {
		if len(f) > 0 {
			return f
		}
	}
	return nil
}

// scanOne runs a phase over one piece.
func scanOne(file []byte, from int, layers []sealed, ph phase) []openedKey {
	var out []openedKey
	var offset int
	var how string
	p := &prober{layers: layers, fast: true}
	p.hit = func(layer int, coat string, plain []byte) {
		if len(out) < cipherLimit {
			out = append(out, openedKey{layer, coat, slices.Clone(p.key), how, from + offset, plain})
		}
	}
	ph(p, file[from:min(len(file), from+scanPiece+scanOverlap)], func(o int, h string) { offset, how = o, h })
	return out
}
