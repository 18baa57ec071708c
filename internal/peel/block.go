package peel

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"slices"
)

// blockPeeler tries every key with every block cipher that takes its length,
// in ECB and in CBC (IV of zeros, in front of the ciphertext, or the key's
// first bytes). One block at each end tells nearly every wrong key; what
// passes is decrypted whole.
type blockPeeler struct{}

func (blockPeeler) Name() string { return "block" }

// suite is a block cipher with one length of key.
type suite struct {
	name string
	keys int
	make func(key []byte) (cipher.Block, error)
}

func suites() []suite {
	return []suite{
		{"des", 8, des.NewCipher},
		{"3des", 24, des.NewTripleDESCipher},
		{"3des", 16, func(k []byte) (cipher.Block, error) {
			return des.NewTripleDESCipher(append(slices.Clone(k), k[:8]...))
		}},
		{"aes-128", 16, aes.NewCipher},
		{"aes-192", 24, aes.NewCipher},
		{"aes-256", 32, aes.NewCipher},
	}
}

// cipherLimit bounds the candidates of one cipher peeler for one layer.
const cipherLimit = 16

func (blockPeeler) Peel(in Input) []Candidate {
	if !in.enciphered() || len(in.Bytes)%8 != 0 || len(in.Bytes) > in.Limit {
		return nil
	}
	var out []Candidate
	all := suites()
	for i := range in.Keys {
		if i%64 == 0 && in.Context.Err() != nil {
			break
		}
		key := &in.Keys[i]
		for _, s := range all {
			if s.keys != len(key.Bytes) {
				continue
			}
			if block, err := s.make(key.Bytes); err == nil && len(in.Bytes)%block.BlockSize() == 0 {
				out = append(out, tryModes(in, s.name, block, key)...)
			}
		}
	}
	return bestBids(out)
}

// enciphered reports whether the bytes may be ciphertext at all.
func (in Input) enciphered() bool {
	if n := len(in.Under); n > 0 && isCipher(in.Under[n-1]) {
		return false // under two ciphers at once anything fits
	}
	return len(in.Bytes) >= 6 && in.Best < sure && in.Sure > 0.4 && !in.Derived && !in.Shape.Text() && in.Shape.Entropy > 1.5
}

// bestBids keeps the best candidates.
func bestBids(out []Candidate) []Candidate {
	slices.SortStableFunc(out, func(a, b Candidate) int { return cmp.Compare(b.Score, a.Score) })
	return out[:min(len(out), cipherLimit)]
}

// mode is how blocks are chained: the block before the first one, and how
// many blocks of the ciphertext are the IV.
type mode struct {
	coat  string
	chain bool
	iv    []byte
	skip  int
}

func modes(name string, size int, b, key []byte) []mode {
	m := []mode{{name + "-ecb", false, nil, 0}, {name + "-cbc", true, make([]byte, size), 0}}
	if len(b) >= 2*size {
		m = append(m, mode{name + "-cbc:iv", true, b[:size], size})
	}
	return append(m, mode{name + "-cbc:key", true, key[:size], 0})
}

// tryModes tests one prepared key in every mode.
func tryModes(in Input, name string, block cipher.Block, key *Key) []Candidate {
	size := block.BlockSize()
	var out []Candidate
	for _, m := range modes(name, size, in.Bytes, key.Bytes) {
		body := in.Bytes[m.skip:]
		head := m.open(block, body[:size], m.iv)
		before := m.iv
		if len(body) > size {
			before = body[len(body)-2*size : len(body)-size]
		}
		tail := m.open(block, body[len(body)-size:], before)
		if !promising(head, tail) {
			continue
		}
		plain := unpad(m.open(block, body, m.iv), size)
		if score := in.believe(plain, padding(tail)); score > 0 {
			out = append(out, Candidate{Coats: []string{m.coat}, Bytes: plain, Score: score, Key: key, Whole: true})
		}
	}
	return out
}

// open decrypts whole blocks.
func (m mode) open(block cipher.Block, b, iv []byte) []byte {
	out := make([]byte, len(b))
	if m.chain {
		cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, b)
		return out
	}
	for i := 0; i < len(b); i += block.BlockSize() {
		block.Decrypt(out[i:], b[i:])
	}
	return out
}

// promising: the padding of the last block, or the text or the magic of the
// first, says that the key may be right.
func promising(head, tail []byte) bool {
	return padding(tail) > 0 || known(head) || Plausible(head) > 0.8
}

// padding returns the number of bytes of PKCS #7 padding, 0 if it is wrong.
func padding(block []byte) int {
	n := int(block[len(block)-1])
	if n == 0 || n > len(block) {
		return 0
	}
	for _, c := range block[len(block)-n:] {
		if int(c) != n {
			return 0
		}
	}
	return n
}

// unpad takes PKCS #7 padding off, or else zero bytes at the end.
func unpad(plain []byte, size int) []byte {
	if len(plain) == 0 {
		return plain
	}
	if n := padding(plain[max(0, len(plain)-size):]); n > 0 {
		return plain[:len(plain)-n]
	}
	for cut := 0; cut < size && len(plain) > 0 && plain[len(plain)-1] == 0; cut++ {
		plain = plain[:len(plain)-1]
	}
	return plain
}

// believe scores a decryption: 0 if chance explains it. Each byte of padding
// is as good as eight bits.
func (in Input) believe(plain []byte, padding int) float64 {
	if len(plain) == 0 {
		return 0
	}
	if in.Cribs.Knows(plain) {
		return 0.99
	}
	if readable(plain) {
		if score := belief(evidence(plain) + 8*float64(padding)); score > 0 {
			return score
		}
	}
	switch {
	case known(plain) && len(plain) > 16:
		return 0.8
	case padding > 1:
		return 0.2
	}
	return 0
}
