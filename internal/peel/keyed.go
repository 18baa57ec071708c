package peel

import (
	"bytes"
	"cmp"
	"io"
	"slices"

	"github.com/andybalholm/brotli"
)

// keyedPeeler tries every key with every cipher and mode: AES, DES, TEA, SM4
// and Blowfish in blocks and as streams, those that authenticate, RC4 and
// ChaCha20, QQTEA and XXTEA, repeating XOR.
type keyedPeeler struct{}

func (keyedPeeler) Name() string { return "keyed" }

// keyring keeps for one search what every layer needs.
type keyring struct {
	fish     fishTank
	inflater io.ReadCloser
	unbrotli *brotli.Reader
	source   bytes.Reader
	head     [512]byte
}

// fishKeys is how many keys Blowfish is tried with.
const fishKeys = 1200

// Peel makes, within a search, only the quick tests. The slow ones are for
// layers that nothing else opens; see search.deepen.
func (keyedPeeler) Peel(in Input) []Candidate {
	if len(in.Keys) == 0 || !in.enciphered() || len(in.Bytes) > in.Limit {
		return nil
	}
	return in.tryKeys(in.ring == nil)
}

// tryKeys tries all keys. Where deep, rare modes and plaintexts that are no
// text count too.
func (in Input) tryKeys(deep bool) []Candidate {
	var out []Candidate
	p := newProber([]sealed{{b: in.Bytes, in: in, least: enough, ivs: in.ivs}}, deep)
	if in.ring != nil {
		p.fish = in.ring.fish
	}
	p.hit = func(h probeHit) {
		out = append(out, Candidate{Coats: []string{h.coat}, Bytes: h.plain, Score: h.score, Key: &in.Keys[h.at], Whole: true})
	}
	all := kindAES | kindDES | kindTEA | kindSM4 | kindRC4 | kindQQTEA | kindXXTEA | kindPoly | kindChaCha | kindXOR
	p.tryAll(in, all, len(in.Keys))
	if deep && bestOf(out) < 0.9 {
		p.tryAll(in, kindFish, fishKeys)
	}
	return bestBids(out)
}

// tryAll tries the first n keys.
func (p *prober) tryAll(in Input, k kinds, n int) {
	for i := range in.Keys[:min(n, len(in.Keys))] {
		if i%64 == 0 && (p.proved || in.Context.Err() != nil) {
			return
		}
		p.try(in.Keys[i].Bytes, keyRef{at: i}, k)
	}
	p.flush()
}

// enciphered reports whether the bytes may be ciphertext at all.
func (in Input) enciphered() bool {
	if slices.ContainsFunc(in.Under, isCipher) {
		return false // under two ciphers at once anything fits
	}
	return len(in.Bytes) >= 6 && in.Best < sure && in.Sure > 0.4 && !in.Derived && !in.Shape.Text() && in.Shape.Entropy > 1.5
}

// cipherLimit bounds the candidates of one cipher peeler for one layer.
const cipherLimit = 16

// bestBids keeps the best candidates.
func bestBids(out []Candidate) []Candidate {
	slices.SortStableFunc(out, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(len(b.Bytes), len(a.Bytes)))
	})
	return out[:min(len(out), cipherLimit)]
}

func bestOf(out []Candidate) float64 {
	best := 0.0
	for _, c := range out {
		best = max(best, c.Score)
	}
	return best
}
