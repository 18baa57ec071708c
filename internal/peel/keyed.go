package peel

import "slices"

// keyedPeeler tries every key with the ciphers and modes that the block, the
// feedback and the stream peeler leave out: TEA, XTEA, XXTEA, QQTEA, SM4,
// Blowfish, streams of DES, AES in OFB and CCM, ChaCha20 without a tag.
type keyedPeeler struct{}

func (keyedPeeler) Name() string { return "keyed" }

func (keyedPeeler) Peel(in Input) []Candidate {
	if len(in.Keys) == 0 || !in.enciphered() || len(in.Bytes) > in.Limit || len(in.Bytes) < 8 {
		return nil
	}
	var out []Candidate
	p := &prober{layers: []sealed{{in.Bytes, in, enough}}}
	var key *Key
	p.hit = func(_ int, coat string, plain []byte) {
		if score := in.believe(plain, 0); score > 0 && len(plain) <= in.Limit {
			out = append(out, Candidate{Coats: []string{coat}, Bytes: plain, Score: score, Key: key, Whole: true})
		}
	}
	all := locks()
	for i := range in.Keys {
		key = &in.Keys[i]
		if i%64 == 0 && in.Context.Err() != nil {
			break
		}
		for j := range all {
			if all[j].takes(len(key.Bytes)) {
				p.try(&all[j], key.Bytes)
			}
		}
		if n := len(key.Bytes); slices.Contains([]int{16, 32}, n) {
			p.tryOthers(key.Bytes)
		}
		if in.Best = bestOf(out); in.Best >= 0.99 {
			break
		}
	}
	return bestBids(out)
}

func bestOf(out []Candidate) float64 {
	best := 0.0
	for _, c := range out {
		best = max(best, c.Score)
	}
	return best
}
