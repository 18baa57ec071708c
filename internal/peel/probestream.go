package peel

import (
	"bytes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"slices"
	"strings"

	"golang.org/x/crypto/chacha20"

	"example.org/telltale/internal/peel/keyspeed"
)

// tryStreams tests a key with the ciphers that are no block ciphers in a
// mode: RC4, ChaCha20 with and without Poly1305, QQTEA and XXTEA, XOR.
func (p *prober) tryStreams(key []byte, ref keyRef, k kinds) {
	n := len(key)
	if k&kindRC4 != 0 && n >= keyLeast && n <= 256 {
		p.tryRC4(key, ref)
	}
	if k&kindXOR != 0 && n >= 1 && n <= 256 {
		p.tryXOR(key, ref)
	}
	if k&kindQQTEA != 0 && n == 16 {
		p.tryQQTEA(key, ref)
	}
	if k&kindXXTEA != 0 && n == 16 {
		p.tryXXTEA(key, ref)
	}
	if n != chacha20.KeySize {
		return
	}
	if k&kindPoly != 0 {
		p.tryPoly(key, ref)
	}
	if k&kindChaCha != 0 {
		p.tryChaCha(key, ref)
	}
}

// reads reports whether body begins like a text under a stream.
func (p *prober) reads(body, stream []byte) bool {
	head := p.head[:min(len(body), len(stream))]
	subtle.XORBytes(head, body[:len(head)], stream)
	if !p.deep && len(head) >= 8 && unlikelyHead(head) {
		return false
	}
	return p.starts(head, len(body))
}

// all decrypts a layer with a key that passed a look at its beginning.
func (p *prober) all(layer int, coat string, key []byte, ref keyRef) {
	b := p.layers[layer].b
	if !p.goesOn(layer, coat, key) {
		return
	}
	if !p.affords(len(b)) {
		return
	}
	plain, err := replayCipher(coat, &Key{Bytes: key}, b)
	if err != nil || len(plain) == 0 {
		return
	}
	h := probeHit{layer, coat, slices.Clone(key), ref, plain, 0.99}
	if coat == "chacha20-poly1305" {
		p.hit(h)
		return
	}
	p.judge(h, 0)
}

// goesOn opens a little of a long layer, and then a little more.
func (p *prober) goesOn(layer int, coat string, key []byte) bool {
	b, tag := p.layers[layer].b, 0
	switch coat {
	case "qqtea":
		return true
	case "chacha20-poly1305":
		coat, tag = "chacha20:iv,1", ccmTag
	}
	for _, n := range []int{probeHead, holdsHead} {
		if n += chacha20.NonceSize; len(b) < 2*n {
			break
		}
		head, err := replayCipher(coat, &Key{Bytes: key}, b[:n])
		if err != nil || !p.starts(head, len(b)-tag) || p.deep && n > holdsHead && !p.layers[layer].holds(head, len(b)-tag) {
			return false
		}
	}
	return true
}

// rc4Lanes gathers keys of RC4.
type rc4Lanes struct {
	kernel keyspeed.RC4
	n      int
	keys   [keyspeed.Streams][]byte
	refs   [keyspeed.Streams]keyRef
	heads  [keyspeed.Streams][16]byte
}

func (p *prober) tryRC4(key []byte, ref keyRef) {
	r := p.rc4
	r.kernel.Put(r.n, key)
	r.keys[r.n] = append(r.keys[r.n][:0], key...)
	r.refs[r.n] = ref
	if r.n++; r.n == keyspeed.Streams {
		p.flushRC4(r)
	}
}

func (p *prober) flushRC4(r *rc4Lanes) {
	if r.n == 0 {
		return
	}
	r.kernel.Schedule()
	for j := range len(r.heads[0]) {
		next := r.kernel.Next()
		for lane := range r.n {
			r.heads[lane][j] = next[lane]
		}
	}
	for lane := range r.n {
		for i := range p.layers {
			if p.reads(p.layers[i].b, r.heads[lane][:]) {
				p.all(i, "rc4", r.keys[lane], r.refs[lane])
			}
		}
	}
	r.n = 0
}

// tryXOR takes the key as one of repeating XOR.
func (p *prober) tryXOR(key []byte, ref keyRef) {
	for i := range p.stream {
		p.stream[i] = key[i%len(key)]
	}
	if len(bytes.Trim(key, "\x00")) == 0 {
		return
	}
	for i := range p.layers {
		if p.reads(p.layers[i].b, p.stream[:]) {
			p.all(i, "xor", key, ref)
		}
	}
}

func (p *prober) tryQQTEA(key []byte, ref keyRef) {
	for i := range p.layers {
		b := p.layers[i].b
		if len(b)%8 != 0 || len(b) < 16 {
			continue
		}
		if !p.deep {
			if !p.readsQQTEA(key, b) {
				continue
			}
		} else if head, err := openQQTEA(key, b, 32); err != nil || !p.starts(head, len(b)) {
			continue
		}
		p.all(i, "qqtea", key, ref)
	}
}

// readsQQTEA looks at the text in the first two blocks: see [openQQTEA].
func (p *prober) readsQQTEA(key, b []byte) bool {
	t := &p.qq
	t.rounds, t.order = 16, binary.BigEndian
	t.put(key)
	var head [16]byte
	t.Decrypt(head[:8], b[:8])
	for i := range 8 {
		head[8+i] = b[8+i] ^ head[i]
	}
	t.Decrypt(head[8:], head[8:])
	for i := range 8 {
		head[8+i] ^= b[i]
	}
	from := 3 + int(head[0]&7)
	if text := head[from:]; !likelyText(text) {
		return false
	}
	more, err := openQQTEA(key, b, 32)
	return err == nil && likelyHead(more[:min(len(more), 14)])
}

// tryXXTEA has no first block to look at: the message is one.
func (p *prober) tryXXTEA(key []byte, ref keyRef) {
	for i := range p.layers {
		b := p.layers[i].b
		if len(b) > xxteaMost {
			continue
		}
		if plain, err := openXXTEA(key, b); err == nil && likelyStart(plain) {
			p.judge(probeHit{i, "xxtea", slices.Clone(key), ref, plain, 0}, 0)
		}
	}
}

const xxteaMost = 2048

// tryPoly tests ChaCha20 with Poly1305 alone.
func (p *prober) tryPoly(key []byte, ref keyRef) {
	for i := range p.layers {
		b := p.layers[i].b
		if len(b) < chacha20.NonceSize+ccmTag+1 {
			continue
		}
		p.stream = chachaBlock(key, b, 1)
		if p.reads(b[chacha20.NonceSize:len(b)-ccmTag], p.stream[:]) {
			p.all(i, "chacha20-poly1305", key, ref)
		}
	}
}

// tryChaCha tests ChaCha20 without a tag.
func (p *prober) tryChaCha(key []byte, ref keyRef) {
	for i := range p.layers {
		b := p.layers[i].b
		if len(b) <= chacha20.NonceSize {
			continue
		}
		for block := range uint32(2) {
			suffix := []string{"", "1"}[block]
			p.stream = chachaBlock(key, b, block)
			if p.reads(b[chacha20.NonceSize:], p.stream[:]) {
				p.all(i, strings.TrimSuffix("chacha20:iv,"+suffix, ","), key, ref)
			}
			p.stream = chachaBlock(key, p.zero[:], block)
			if p.reads(b, p.stream[:]) {
				p.all(i, strings.TrimSuffix("chacha20:"+suffix, ":"), key, ref)
			}
		}
	}
}

// fishTank keeps Blowfish ciphers by the place of their keys in a list: one
// takes longer to make than a hundred other tests.
type fishTank map[int]cipher.Block

func (p *prober) tryFish(key []byte, ref keyRef) {
	if len(p.ops[8]) == 0 {
		return
	}
	block := p.fish[ref.at]
	l := &lock{"blowfish", false, nil, 8, true, newBlowfish}
	if block == nil {
		var err error
		if block, err = l.make(key); err != nil {
			return
		}
		if p.fish != nil {
			p.fish[ref.at] = block
		}
	}
	for i := range p.ops[8] {
		p.tryOp(l, block, &p.ops[8][i], key, ref)
	}
}
