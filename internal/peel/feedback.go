package peel

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// feedbackPeeler tries every key with the modes that turn a block cipher
// into a stream (CTR, CFB with AES), and with ciphers that authenticate
// (AES-GCM and ChaCha20-Poly1305: 12 bytes of nonce in front, the tag behind,
// no associated data), where a wrong key cannot pass.
type feedbackPeeler struct{}

func (feedbackPeeler) Name() string { return "feedback" }

func (feedbackPeeler) Peel(in Input) []Candidate {
	if !in.enciphered() || len(in.Bytes) > in.Limit || len(in.Bytes) < 12 {
		return nil
	}
	var out []Candidate
	for i := range in.Keys {
		if i%64 == 0 && in.Context.Err() != nil {
			break
		}
		key := &in.Keys[i]
		if c, ok := authenticated(in.Bytes, key); ok {
			return []Candidate{c}
		}
		block, err := aes.NewCipher(key.Bytes)
		if err != nil {
			continue
		}
		for _, f := range feedbacks(len(key.Bytes), in.Bytes, key.Bytes) {
			if c, ok := f.try(in, block, key); ok {
				out = append(out, c)
			}
		}
	}
	return bestBids(out)
}

// feedback is one way to make a stream.
type feedback struct {
	coat string
	open func(block cipher.Block, iv, b []byte) []byte
	iv   []byte
	skip int
}

func feedbacks(keyLength int, b, key []byte) []feedback {
	kinds := []struct {
		name string
		open func(block cipher.Block, iv, b []byte) []byte
	}{{"ctr", openCTR}, {"cfb", openCFB}, {"cfb8", openCFB8}}
	ivs := []struct {
		suffix string
		iv     []byte
		skip   int
	}{{"", make([]byte, aes.BlockSize), 0}, {":key", key[:aes.BlockSize], 0}}
	if len(b) > aes.BlockSize {
		ivs = append(ivs, struct {
			suffix string
			iv     []byte
			skip   int
		}{":iv", b[:aes.BlockSize], aes.BlockSize})
	}
	var out []feedback
	for _, kind := range kinds {
		for _, iv := range ivs {
			out = append(out, feedback{fmt.Sprintf("aes-%d-%s%s", 8*keyLength, kind.name, iv.suffix), kind.open, iv.iv, iv.skip})
		}
	}
	return out
}

// try opens the first bytes, and if they read like something, the rest.
func (f feedback) try(in Input, block cipher.Block, key *Key) (Candidate, bool) {
	body := in.Bytes[f.skip:]
	head := f.open(block, f.iv, body[:min(len(body), 2*aes.BlockSize)])
	if !known(head) && Plausible(head) < 0.9 {
		return Candidate{}, false
	}
	plain := f.open(block, f.iv, body)
	score := in.believe(plain, 0)
	return Candidate{Coats: []string{f.coat}, Bytes: plain, Score: score, Key: key, Whole: true}, score > 0
}

func openCTR(block cipher.Block, iv, b []byte) []byte {
	out := make([]byte, len(b))
	cipher.NewCTR(block, iv).XORKeyStream(out, b)
	return out
}

// openCFB and openCFB8 are cipher feedback over blocks and over bytes (NIST
// SP 800-38A, section 6.3).
func openCFB(block cipher.Block, iv, b []byte) []byte {
	out := make([]byte, len(b))
	stream := make([]byte, len(iv))
	for i, before := 0, iv; i < len(b); i += len(iv) {
		block.Encrypt(stream, before)
		end := min(i+len(iv), len(b))
		for j := i; j < end; j++ {
			out[j] = b[j] ^ stream[j-i]
		}
		before = b[i:end]
	}
	return out
}

func openCFB8(block cipher.Block, iv, b []byte) []byte {
	out := make([]byte, len(b))
	register := append(append(make([]byte, 0, len(iv)+len(b)), iv...), b...)
	stream := make([]byte, len(iv))
	for i := range b {
		block.Encrypt(stream, register[i:i+len(iv)])
		out[i] = b[i] ^ stream[0]
	}
	return out
}

// authenticated opens b with the ciphers that can tell a wrong key.
func authenticated(b []byte, key *Key) (Candidate, bool) {
	for _, name := range []string{"gcm", "chacha20-poly1305"} {
		if name == "gcm" {
			name = fmt.Sprintf("aes-%d-gcm", 8*len(key.Bytes))
		}
		if plain, err := openAEAD(name, key.Bytes, b); err == nil && len(plain) > 0 {
			return Candidate{Coats: []string{name}, Bytes: plain, Score: 0.99, Key: key, Whole: true}, true
		}
	}
	return Candidate{}, false
}

func openAEAD(coat string, key, b []byte) ([]byte, error) {
	var aead cipher.AEAD
	var err error
	if coat == "chacha20-poly1305" {
		aead, err = chacha20poly1305.New(key)
	} else {
		var block cipher.Block
		if block, err = aes.NewCipher(key); err == nil {
			aead, err = cipher.NewGCM(block)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", coat, err)
	}
	if len(b) < aead.NonceSize()+aead.Overhead() {
		return nil, fmt.Errorf("%s: %d bytes are too few", coat, len(b))
	}
	return aead.Open(nil, b[:aead.NonceSize()], b[aead.NonceSize():], nil)
}
