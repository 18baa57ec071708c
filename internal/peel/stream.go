package peel

import (
	"crypto/rc4"
)

// streamPeeler tries every key as a key of RC4 and as a repeating XOR key.
type streamPeeler struct{}

func (streamPeeler) Name() string { return "stream" }

// streamWhole is the size up to which a stream is decrypted whole with each
// key, to look for needles; of longer ones only the beginning must read well.
const streamWhole = 4096

func (streamPeeler) Peel(in Input) []Candidate {
	if !in.enciphered() || len(in.Bytes) > in.Limit {
		return nil
	}
	var out []Candidate
	for i := range in.Keys {
		key := &in.Keys[i]
		if i%64 == 0 && in.Context.Err() != nil {
			break
		}
		for _, s := range streams() {
			if len(key.Bytes) < s.least || len(key.Bytes) > 256 {
				continue
			}
			if c, ok := tryStream(in, s, key); ok {
				out = append(out, c)
			}
		}
	}
	return bestBids(out)
}

// stream is a cipher that works byte by byte from the front.
type stream struct {
	name  string
	least int // shortest key worth trying
	open  func(key, b []byte) []byte
}

func streams() []stream {
	return []stream{{"rc4", 5, openRC4}, {"xor", 1, openXOR}}
}

func tryStream(in Input, s stream, key *Key) (Candidate, bool) {
	head := s.open(key.Bytes, in.Bytes[:min(len(in.Bytes), 48)])
	likely := known(head) || Plausible(head) > 0.9
	if !likely && len(in.Bytes) > streamWhole {
		return Candidate{}, false
	}
	plain := s.open(key.Bytes, in.Bytes)
	if !likely && !in.Cribs.Knows(plain) {
		return Candidate{}, false
	}
	score := in.believe(plain, 0)
	return Candidate{Coats: []string{s.name}, Bytes: plain, Score: score, Key: key, Whole: true}, score > 0
}

func openRC4(key, b []byte) []byte {
	c, err := rc4.NewCipher(key)
	if err != nil {
		return nil
	}
	out := make([]byte, len(b))
	c.XORKeyStream(out, b)
	return out
}

func openXOR(key, b []byte) []byte {
	out := make([]byte, len(b))
	if len(key) == 0 {
		return out
	}
	for i, j := 0, 0; i < len(b); i++ {
		out[i] = b[i] ^ key[j]
		if j++; j == len(key) {
			j = 0
		}
	}
	return out
}
