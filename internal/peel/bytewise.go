package peel

import (
	"fmt"
	"math/bits"
)

// bytewisePeeler tries all 256 keys of the ciphers that work byte by byte
// with a key of one byte: XOR, addition, and chains, where each byte also
// depends on the one before. What reads like text, or holds a known text, is
// a candidate.
type bytewisePeeler struct{}

func (bytewisePeeler) Name() string { return "bytewise" }

// bytewise is one such cipher. open sets out to the plaintext of b under k.
type bytewise struct {
	coat string
	open func(out, b []byte, k byte)
}

// bytewises is every cipher tried. Chains start with the key as the byte
// before the first; those of the 3.x word lists of TOM-Skype are "xor-chain"
// with the key 0x68.
func bytewises() []bytewise {
	return []bytewise{
		{"xor", func(out, b []byte, k byte) {
			for i, c := range b {
				out[i] = c ^ k
			}
		}},
		{"add", func(out, b []byte, k byte) {
			for i, c := range b {
				out[i] = c - k
			}
		}},
		{"xor-chain", func(out, b []byte, k byte) {
			for i, prev := 0, k; i < len(b); i++ {
				out[i], prev = (b[i]^k)-prev, b[i]
			}
		}},
		{"xor-chain:plain", func(out, b []byte, k byte) {
			for i, prev := 0, k; i < len(b); i++ {
				prev = (b[i] ^ k) - prev
				out[i] = prev
			}
		}},
		{"xor-chain:masked", func(out, b []byte, k byte) {
			for i, prev := 0, k; i < len(b); i++ {
				sum := b[i] ^ k
				out[i], prev = sum-prev, sum
			}
		}},
		{"xor-chain:xor", func(out, b []byte, k byte) {
			for i, prev := 0, byte(0); i < len(b); i++ {
				out[i], prev = b[i]^k^prev, b[i]
			}
		}},
		{"xor:counter", func(out, b []byte, k byte) {
			for i, c := range b {
				out[i] = c ^ (k + byte(i))
			}
		}},
		{"add:counter", func(out, b []byte, k byte) {
			for i, c := range b {
				out[i] = c - k - byte(i)
			}
		}},
		{"rotate-bits", func(out, b []byte, k byte) {
			for i, c := range b {
				if out[i] = bits.RotateLeft8(c, int(k)); k >= 8 {
					out[i] = bits.Reverse8(c)
				}
			}
		}},
		{"xor-chain:add", func(out, b []byte, k byte) {
			for i, prev := 0, k; i < len(b); i++ {
				out[i], prev = (b[i]^k)+prev, b[i]
			}
		}},
	}
}

// keys is how many keys there are: seven rotations, and all bits turned round.
func (w bytewise) keys() int {
	if w.coat == "rotate-bits" {
		return 9
	}
	return 256
}

const (
	bytewiseHead  = 96
	bytewiseWhole = 4096
)

func (bytewisePeeler) Peel(in Input) []Candidate {
	if !in.enciphered() || len(in.Bytes) > in.Limit {
		return nil
	}
	var out []Candidate
	head := in.Bytes[:min(len(in.Bytes), bytewiseHead)]
	buffer := make([]byte, min(len(in.Bytes), bytewiseWhole))
	before := max(0, evidence(uneven(head)))
	for _, w := range bytewises() {
		for k := range w.keys() {
			w.open(buffer, head, byte(k))
			score := likely(buffer[:len(head)], before)
			if score == 0 && len(in.Bytes) <= bytewiseWhole {
				w.open(buffer, in.Bytes, byte(k))
				if in.Cribs.Knows(buffer) {
					score = 0.97
				}
			}
			if score > 0 && (k != 0 || w.coat != "xor" && w.coat != "add" && w.coat != "rotate-bits") {
				if c := w.candidate(in, byte(k), score); c.Score > 0 {
					out = append(out, c)
				}
			}
		}
	}
	return bestBids(out)
}

// likely scores the beginning of a text by what evidence is gained: text in two
// bytes a character stays such text under many keys.
func likely(head []byte, before float64) float64 {
	if !promisingStart(head) || Plausible(head) < 0.9 {
		return 0
	}
	return belief(evidence(uneven(head)) - before)
}

// uneven leaves out the bytes that only repeat one of the two before: a run
// of any one byte is a run of letters under some key.
func uneven(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i, c := range b {
		if (i < 1 || c != b[i-1]) && (i < 2 || c != b[i-2]) {
			out = append(out, c)
		}
	}
	return out
}

// promisingStart rejects most wrong keys by the first bytes: text has no
// control characters, except for the zeros of UTF-16.
func promisingStart(head []byte) bool {
	control := 0
	for _, c := range head[:min(len(head), 16)] {
		if c != 0 && !isText(c) && c < 0x80 {
			control++
		}
	}
	return control <= 1
}

func (w bytewise) candidate(in Input, k byte, score float64) Candidate {
	plain := make([]byte, len(in.Bytes))
	w.open(plain, in.Bytes, k)
	if in.Cribs.Knows(plain) {
		score = 0.97
	} else if !plausibleThroughout(plain) {
		score = 0
	}
	return Candidate{Coats: []string{w.coat}, Bytes: plain, Score: score, Key: &Key{[]byte{k}, SourceDerived}, Whole: true}
}

// plausibleThroughout reports whether a text goes on as it begins: in its
// middle, and of a long one in most places. Programs have text here and there,
// of which a chain makes other signs.
func plausibleThroughout(plain []byte) bool {
	places, least := []int{4}, 0.8
	if len(plain) > bytewiseWhole {
		places, least = []int{4, 1, 2, 3, 5, 6, 7}, 0.9
	}
	good := 0
	for _, eighth := range places {
		part := plain[len(plain)*eighth/8:]
		part = part[:min(len(part), bytewiseHead)]
		if Plausible(part) >= least && (len(places) == 1 || 2*len(uneven(part)) > len(part)) {
			good++
		} else if eighth == 4 {
			return false
		}
	}
	return 4*good >= 3*len(places)
}

// openBytewise decrypts for Replay.
func openBytewise(coat string, key, b []byte) ([]byte, error) {
	if coat == "xor" {
		return openXOR(key, b), nil
	}
	for _, w := range bytewises() {
		if w.coat == coat && len(key) == 1 {
			out := make([]byte, len(b))
			w.open(out, b, key[0])
			return out, nil
		}
	}
	return nil, fmt.Errorf("%s does not take a key of %d bytes", coat, len(key))
}
