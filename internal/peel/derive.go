package peel

import (
	"fmt"
	"runtime"
	"slices"
	"sync"

	"example.org/telltale/internal/peel/keyspeed"
)

// recipe makes keys of passwords: with EVP_BytesToKey, as OpenSSL and what was
// written after it do, or with PBKDF2 (RFC 8018).
type recipe struct {
	hash   keyspeed.Hash
	rounds int // of PBKDF2; 0: EVP_BytesToKey
	salt   salt
}

// salt is what is mixed in, and where it comes from.
type salt struct {
	bytes []byte
	name  string
	// head is how many bytes in front of the message it takes up.
	head int
	// given: it stands in the capture, and is not just usual.
	given bool
}

// derivedBytes of key and IV are made: the longest of both.
const derivedBytes = 48

// String is what stands behind the source of a key.
func (r recipe) String() string {
	how := "EVP_BytesToKey " + r.hash.String()
	if r.rounds > 0 {
		how = fmt.Sprintf("PBKDF2 %s, %d rounds", r.hash, r.rounds)
	}
	return how + ", " + r.salt.name
}

// cost of one password, in nanoseconds of one processor with wide registers.
func (r recipe) cost() int64 {
	blocks := int64((derivedBytes + r.hash.Size() - 1) / r.hash.Size())
	round := int64(18)
	if r.hash == keyspeed.SHA256 {
		round = 31
	}
	return 8000 + int64(r.rounds)*round*blocks
}

// make gives key and IV for each password.
func (r recipe) make(passwords [][]byte) [][]byte {
	if r.rounds > 0 {
		return keyspeed.PBKDF2(r.hash, passwords, r.salt.bytes, r.rounds, derivedBytes)
	}
	out := make([][]byte, len(passwords))
	for i, p := range passwords {
		out[i] = keyspeed.EVP(r.hash, p, r.salt.bytes, derivedBytes)
	}
	return out
}

// derivePiece is what one worker takes at a time.
const derivePiece = 64

// apply tries all passwords with one recipe on a layer, and returns what the
// first pieces of them open. The result does not depend on the number of
// workers.
func (s *search) apply(r recipe, from []secret, on sealed, deep bool) []probeHit {
	on.b = on.b[r.salt.head:]
	pieces := (len(from) + derivePiece - 1) / derivePiece
	found := make([][]probeHit, pieces)
	next := make(chan int, pieces)
	for i := range pieces {
		next <- i
	}
	close(next)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), pieces) {
		workers.Go(func() {
			for i := range next {
				if s.ctx.Err() == nil {
					found[i] = applyTo(r, from[i*derivePiece:min(len(from), (i+1)*derivePiece)], on, deep)
				}
			}
		})
	}
	workers.Wait()
	for i, f := range found {
		for j := range f {
			f[j].at += i * derivePiece
		}
		if len(f) > 0 {
			return f
		}
	}
	return nil
}

// applyTo tries a piece of the passwords.
func applyTo(r recipe, from []secret, on sealed, deep bool) []probeHit {
	p := newProber([]sealed{on}, deep)
	var out []probeHit
	p.hit = func(h probeHit) {
		if len(out) < cipherLimit {
			out = append(out, h)
		}
	}
	texts := make([][]byte, len(from))
	for i := range from {
		texts[i] = from[i].text
	}
	for i, made := range r.make(texts) {
		for _, n := range []int{32, 16, 24, 8} {
			p.try(made[:n], keyRef{at: i}, kindAES|kindDES|kindRC4|kindPoly)
			p.tryIV(made[:n], made[n:], keyRef{at: i})
		}
	}
	p.flush()
	slices.SortStableFunc(out, compareHits)
	return out
}
