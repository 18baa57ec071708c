package peel

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"strings"
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
	scanTime = 16_000_000_000
	// scanEnough is the evidence that a text needs: 2²⁵ places, 2⁵ ciphers
	// and modes, and a margin of 2³⁰.
	scanEnough = 60
)

// openedKey is a key of a scan that opened a layer.
type openedKey probeHit

// scan looks for keys in a file that open one of the layers: first texts and
// what they stand for, then the bytes at each place, with the cheapest
// ciphers first. It ends with the first piece of the file that holds a key.
// The result does not depend on the number of workers. skipped names the
// ciphers that were not tried with the bytes at each place.
func scan(ctx context.Context, file []byte, layers []sealed) (found []openedKey, skipped []string) {
	file = file[:min(len(file), scanBytes)]
	phases, skipped := scanPhases(file, layers)
	for _, ph := range phases {
		if got := scanPhase(ctx, file, layers, ph); len(got) > 0 || ctx.Err() != nil {
			return got, nil
		}
	}
	return nil, skipped
}

// phase is one pass over a file: it gives the keys in a piece to a prober.
type phase struct {
	name string
	// bytewise: the prober tries CFB of bytes only.
	bytewise bool
	keys     func(p *prober, piece []byte)
}

// scanPhases are the passes, the likeliest and cheapest first. Passes whose
// ciphers cannot have made the lengths at hand are left out, and so are those
// that a file of this size leaves no time for; skipped names them.
func scanPhases(file []byte, layers []sealed) (out []phase, skipped []string) {
	const all = kindAES | kindDES | kindTEA | kindRC4 | kindQQTEA | kindPoly | kindSM4 | kindXXTEA | kindChaCha
	out = []phase{
		{"texts", false, func(p *prober, piece []byte) { tryTexts(p, piece, all) }},
		{"digests of texts", false, tryDigests},
	}
	s := newSurprise(file)
	left := int64(scanTime)
	places := map[int]int64{}
	for _, r := range rawPasses() {
		fits := slices.ContainsFunc(layers, func(s sealed) bool { return len(s.b)%r.block == 0 })
		if !fits {
			continue
		}
		if _, counted := places[r.size]; !counted {
			places[r.size] = s.count(file, r.size)
		}
		cost := places[r.size] * int64(r.cost) * int64(1+len(layers)) / 2
		if cost > left {
			skipped = append(skipped, r.name)
			continue
		}
		left -= cost
		out = append(out, phase{r.name, r.bytewise, func(p *prober, piece []byte) {
			s.each(piece, r.size, func(from int) { p.try(piece[from:from+r.size], keyRef{at: from}, r.kinds) })
		}})
	}
	return out, skipped
}

// rawPass takes the bytes at each place as keys of some ciphers.
type rawPass struct {
	name     string
	size     int
	kinds    kinds
	block    int // the length of ciphertext is a multiple of it
	cost     int // nanoseconds for a key and a layer
	bytewise bool
}

func rawPasses() []rawPass {
	return []rawPass{
		{"aes-128", 16, kindAES, 1, 150, false},
		{"aes-256", 32, kindAES, 1, 150, false},
		{"chacha20-poly1305", 32, kindPoly, 1, 200, false},
		{"aes-192", 24, kindAES, 1, 150, false},
		{"des", 8, kindDES, 8, 100, false},
		{"3des", 24, kindDES, 8, 200, false},
		{"rc4", 16, kindRC4, 1, 350, false},
		{"tea, xtea, qqtea", 16, kindTEA | kindQQTEA, 8, 600, false},
		{"aes-128-cfb8", 16, kindAES, 1, 250, true},
		{"3des with two keys", 16, kindDES, 8, 200, false},
		{"rc4 with 64 bits", 8, kindRC4, 1, 350, false},
		{"rc4 with 256 bits", 32, kindRC4, 1, 350, false},
		{"rc4 with 40 bits", 5, kindRC4, 1, 350, false},
		{"aes-256-cfb8", 32, kindAES, 1, 250, true},
		{"sm4", 16, kindSM4, 1, 1200, false},
	}
}

// tryTexts takes the texts of a piece as keys.
func tryTexts(p *prober, piece []byte, k kinds) {
	keyTexts(piece, false, func(key []byte, how string, offset int) {
		if offset < scanPiece {
			p.try(key, keyRef{offset, how}, k)
		}
	})
}

// tryDigests takes what the texts of a piece stand for as keys. Digests that
// are cut or written in hex are for the ciphers of those who do such things.
func tryDigests(p *prober, piece []byte) {
	keyTexts(piece, true, func(key []byte, how string, offset int) {
		k := kindAES | kindDES | kindTEA | kindRC4 | kindQQTEA | kindPoly
		if !strings.HasSuffix(how, "md5") && !strings.HasSuffix(how, "padded") {
			k = kindAES | kindRC4 | kindPoly
		}
		if offset < scanPiece {
			p.try(key, keyRef{offset, how}, k)
		}
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

// compareHits orders hits: the likeliest first, then the longest.
func compareHits(a, b probeHit) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(len(b.plain), len(a.plain)))
}

// scanOne runs a phase over one piece.
func scanOne(file []byte, from int, layers []sealed, ph phase) []openedKey {
	var out []openedKey
	p := newProber(layers, false)
	p.bytewise = ph.bytewise
	p.hit = func(h probeHit) {
		if len(out) < cipherLimit {
			h.at += from
			out = append(out, openedKey(h))
		}
	}
	ph.keys(p, file[from:min(len(file), from+scanPiece+scanOverlap)])
	p.flush()
	slices.SortStableFunc(out, func(a, b openedKey) int { return compareHits(probeHit(a), probeHit(b)) })
	return out
}
