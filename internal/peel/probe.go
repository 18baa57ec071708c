package peel

import (
	"crypto/cipher"
	"slices"

	"golang.org/x/crypto/chacha20"
)

// prober tests many keys against a few layers. One block of each tells
// nearly every wrong key; what passes is decrypted further, and only then
// whole. A prober is not safe for concurrent use.
type prober struct {
	layers []sealed
	// hit is called with every key that may be right.
	hit func(layer int, coat string, plain []byte)
	// fast leaves out the modes that are rare and slow to test: streams of
	// old ciphers, feedback of bytes.
	fast bool

	key                 []byte
	head, stream, mixed [16]byte
	zero                [16]byte
}

// sealed is a layer that may be ciphertext.
type sealed struct {
	b  []byte
	in Input
	// least is the evidence in bits that a text needs to be believed.
	least float64
}

const probeHead = 64

// try tests one key with one lock on every layer.
func (p *prober) try(l *lock, key []byte) {
	block, err := l.make(key)
	if err != nil {
		return
	}
	p.key = key
	for i := range p.layers {
		b := p.layers[i].b
		if len(b)%l.size == 0 {
			p.tryBlocks(i, l, block)
		}
		if l.stream && len(b) > 4 && (!p.fast || l.name[:3] == "aes") {
			p.tryStreams(i, l, block)
		}
	}
}

// tryBlocks tests ECB and CBC.
func (p *prober) tryBlocks(i int, l *lock, block cipher.Block) {
	b, n := p.layers[i].b, l.size
	head := p.head[:n]
	block.Decrypt(head, b[:n])
	if likelyHead(head) {
		p.check(i, l, block, "ecb", "")
		p.check(i, l, block, "cbc", "")
	}
	for j := range head[:min(n, len(p.key))] {
		head[j] ^= p.key[j]
	}
	if likelyHead(head) {
		p.check(i, l, block, "cbc", "key")
	}
	if len(b) < 2*n {
		return
	}
	block.Decrypt(head, b[n:2*n])
	for j := range head {
		head[j] ^= b[j]
	}
	if likelyHead(head) {
		p.check(i, l, block, "cbc", "iv")
	}
}

// tryStreams tests the modes that make a stream. Their first blocks are the
// same, but for CFB of bytes, of which it is the first byte.
func (p *prober) tryStreams(i int, l *lock, block cipher.Block) {
	b, n := p.layers[i].b, l.size
	iv, stream := p.mixed[:n], p.stream[:n]
	block.Encrypt(stream, p.zero[:n])
	p.tryStream(i, l, block, "")
	clear(iv)
	copy(iv, p.key)
	block.Encrypt(stream, iv)
	p.tryStream(i, l, block, "key")
	if len(b) > n {
		block.Encrypt(stream, b[:n])
		p.tryStream(i, l, block, "iv")
	}
	if n != 16 || len(b) < ccmNonce+ccmTag+1 {
		return
	}
	body := b[ccmNonce : len(b)-ccmTag]
	clear(iv)
	copy(iv, b[:ccmNonce])
	iv[15] = 2
	block.Encrypt(stream, iv)
	if p.reads(body, stream) {
		p.whole(i, l.name+"-gcm")
	}
	counter := ccmCounter(b[:ccmNonce])
	counter[15] = 1
	copy(iv, counter[:])
	block.Encrypt(stream, iv)
	if p.reads(body, stream) {
		p.whole(i, l.name+"-ccm")
	}
}

// reads reports whether body begins like a text under a stream.
func (p *prober) reads(body, stream []byte) bool {
	head := p.head[:min(len(body), len(stream))]
	for j := range head {
		head[j] = body[j] ^ stream[j]
	}
	return likelyHead(head)
}

func (p *prober) tryStream(i int, l *lock, block cipher.Block, place string) {
	body := p.layers[i].b
	if place == "iv" {
		body = body[l.size:]
	}
	if p.reads(body, p.stream[:l.size]) {
		p.check(i, l, block, "ctr", place)
		p.check(i, l, block, "cfb", place)
		p.check(i, l, block, "ofb", place)
	}
	if p.fast || !likelyByte(body[0]^p.stream[0]) {
		return
	}
	var iv []byte
	switch place {
	case "iv":
		iv = p.layers[i].b[:l.size]
	case "key":
		iv = p.key[:min(l.size, len(p.key))]
	}
	if p.readsBytes(block, iv, body) {
		p.check(i, l, block, "cfb8", place)
	}
}

// readsBytes is reads for CFB of bytes; it stops at the first byte that is
// no text, mostly after a few.
func (p *prober) readsBytes(block cipher.Block, iv, body []byte) bool {
	n := block.BlockSize()
	register, stream := p.mixed[:n], p.stream[:n]
	clear(register)
	copy(register, iv)
	head := p.head[:min(n, len(body))]
	for j := range head {
		block.Encrypt(stream, register)
		if head[j] = body[j] ^ stream[0]; !likelyByte(head[j]) {
			return false
		}
		copy(register, register[1:])
		register[n-1] = body[j]
	}
	return likelyHead(head)
}

// check decrypts a little more, and if that reads well, the whole.
func (p *prober) check(i int, l *lock, block cipher.Block, mode, place string) {
	b := p.layers[i].b
	o := opening{mode, place, p.key}
	if len(b) > probeHead {
		head, err := openMode(block, o, b[:probeHead])
		if err != nil || !likelyStart(head) {
			return
		}
	}
	if plain, err := openMode(block, o, b); err == nil {
		p.judge(i, l.coat(mode, place), plain)
	}
}

// whole opens with a cipher that can tell a wrong key.
func (p *prober) whole(i int, coat string) {
	if plain, err := replayCipher(coat, &Key{Bytes: p.key}, p.layers[i].b); err == nil && len(plain) > 0 {
		p.hit(i, coat, plain)
	}
}

// judge believes a decryption whose evidence is enough.
func (p *prober) judge(i int, coat string, plain []byte) {
	if p.layers[i].believe(plain) {
		p.hit(i, coat, plain)
	}
}

// believe: a known text, enough bits, or a compressed stream that is sound to
// its end.
func (s *sealed) believe(plain []byte) bool {
	switch {
	case len(plain) == 0:
		return false
	case s.in.Cribs.Knows(plain):
		return true
	case readable(plain) && evidence(plain) >= s.least:
		return true
	case known(plain) && len(plain) > 16:
		in := s.in
		in.Bytes, in.Shape = plain, ShapeOf(plain)
		for _, c := range (compressPeeler{}).Peel(in) {
			if c.Offset == 0 && c.Note == "" && len(c.Bytes) > 8 {
				return true
			}
		}
	}
	return false
}

// tryOthers tests a key with the ciphers that are no block ciphers in a mode
// of their own: RC4, QQTEA and XXTEA, ChaCha20 with and without Poly1305.
func (p *prober) tryOthers(key []byte) {
	p.tryRC4(key)
	switch len(key) {
	case 16:
		p.tryQQTEA(key)
		for i := range p.layers {
			if b := p.layers[i].b; len(b) <= streamWhole {
				p.tryXXTEA(i, b)
			}
		}
	case chacha20.KeySize:
		p.tryChaCha(key)
	}
}

// tryPlaces is tryOthers for the bytes at every place of a file, without the
// rare and the slow.
func (p *prober) tryPlaces(key []byte) {
	switch len(key) {
	case chacha20.KeySize:
		p.tryPoly(key)
		return
	case 16:
		p.tryQQTEA(key)
	}
	p.tryRC4(key)
}

func (p *prober) tryRC4(key []byte) {
	p.key = key
	var box rc4Box
	box.schedule(key)
	p.stream = box.first()
	for i := range p.layers {
		if b := p.layers[i].b; p.reads(b, p.stream[:]) {
			p.checkAll(i, "rc4")
		}
	}
}

func (p *prober) tryQQTEA(key []byte) {
	p.key = key
	for i := range p.layers {
		b := p.layers[i].b
		if len(b)%8 != 0 || len(b) < 16 {
			continue
		}
		if head, err := openQQTEA(key, b, 16); err != nil || !likelyText(head) {
			continue
		}
		if head, err := openQQTEA(key, b, 24); err == nil && likelyHead(head[:min(len(head), 14)]) {
			p.checkAll(i, "qqtea")
		}
	}
}

// tryXXTEA has no first block to look at: the message is one.
func (p *prober) tryXXTEA(i int, b []byte) {
	if plain, err := openXXTEA(p.key, b); err == nil && likelyStart(plain) {
		p.judge(i, "xxtea", plain)
	}
}

// tryPoly tests ChaCha20 with Poly1305 alone.
func (p *prober) tryPoly(key []byte) {
	p.key = key
	for i := range p.layers {
		b := p.layers[i].b
		if len(b) < chacha20.NonceSize+ccmTag+1 {
			continue
		}
		p.stream = chachaBlock(key, b[:chacha20.NonceSize])
		if p.reads(b[chacha20.NonceSize:len(b)-ccmTag], p.stream[:]) {
			p.whole(i, "chacha20-poly1305")
		}
	}
}

func (p *prober) tryChaCha(key []byte) {
	p.key = key
	for i := range p.layers {
		b := p.layers[i].b
		if len(b) <= chacha20.NonceSize {
			continue
		}
		for _, coat := range []string{"chacha20-poly1305", "chacha20:iv", "chacha20:iv,1", "chacha20", "chacha20:1"} {
			head, err := openChaCha(coat, key, b[:min(len(b), 28)])
			if err != nil || !likelyHead(head[:min(len(head), 16)]) {
				continue
			}
			if coat == "chacha20-poly1305" {
				p.whole(i, coat)
				continue
			}
			p.checkAll(i, coat)
		}
	}
}

// checkAll decrypts the whole and judges it.
func (p *prober) checkAll(i int, coat string) {
	if plain, err := replayCipher(coat, &Key{Bytes: p.key}, p.layers[i].b); err == nil {
		p.judge(i, coat, plain)
	}
}

// openChaCha is ChaCha20 (RFC 8439): ":iv" has the nonce in front of the
// text, else it is zero; "1" begins with block 1, as Poly1305 needs it.
func openChaCha(coat string, key, b []byte) ([]byte, error) {
	nonce := make([]byte, chacha20.NonceSize)
	if coat != "chacha20" && coat != "chacha20:1" {
		if len(b) < len(nonce) {
			return nil, errBlocks
		}
		nonce, b = b[:len(nonce)], b[len(nonce):]
	}
	c, err := chacha20.NewUnauthenticatedCipher(key, nonce)
	if err != nil {
		return nil, err
	}
	if coat == "chacha20-poly1305" || coat == "chacha20:1" || coat == "chacha20:iv,1" {
		c.SetCounter(1)
	}
	out := make([]byte, len(b))
	c.XORKeyStream(out, b)
	return out, nil
}

// rc4Box is the state of RC4, made without allocating; openRC4 opens
// what passes.
type rc4Box [256]byte

func (s *rc4Box) schedule(key []byte) {
	for i := range s {
		s[i] = byte(i)
	}
	var j byte
	for i, k := 0, 0; i < 256; i++ {
		x := s[i]
		j += x + key[k]
		s[i], s[j] = s[j], x
		if k++; k == len(key) {
			k = 0
		}
	}
}

// first returns the first bytes of the stream; it uses the state up.
func (s *rc4Box) first() (out [16]byte) {
	var i, j byte
	for n := range out {
		i++
		x := s[i]
		j += x
		y := s[j]
		s[i], s[j] = y, x
		out[n] = s[x+y]
	}
	return out
}

// likelyText: no control characters, or the magic of a stream, or the zeros
// of UTF-16.
func likelyText(h []byte) bool {
	wrong := 0
	for _, c := range h {
		if !likelyByte(c) {
			wrong++
		}
	}
	return wrong == 0 || len(h) > 1 && (h[0] == 0x1f && h[1] == 0x8b || h[0] == 0x78) || wrong <= len(h)/2 && slices.Contains(h, 0) || len(h) >= 8 && likelyHan(h)
}

// likelyByte: a sign that texts begin with, or part of one.
func likelyByte(c byte) bool { return c >= 0x80 || isText(c) }

// likelyHead rejects most random blocks at once: a text has no control
// characters, except for the zeros of UTF-16; a stream has its magic.
func likelyHead(h []byte) bool {
	controls, zeros := 0, 0
	for _, c := range h {
		if c == 0 {
			zeros++
		} else if c < 0x20 && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			controls++
		}
	}
	switch {
	case controls == 0 && zeros == 0:
		return Plausible(h) > 0.75
	case known(h):
		return true
	case zeros >= len(h)/2-1 && controls == 0:
		return likelyWide(h)
	}
	return likelyHan(h)
}

// likelyHan: Han characters and ASCII in either order of UTF-16.
func likelyHan(h []byte) bool {
	for first := range 2 {
		ok := len(h) >= 8
		for i := first; ok && i < len(h)&^1; i += 2 {
			c := h[i]
			ok = c >= 0x4e && c <= 0x9f || c == 0 && isText(h[i^1]) || c == 0x30 || c == 0xff
		}
		if ok {
			return true
		}
	}
	return false
}

// likelyWide: ASCII in either order of UTF-16.
func likelyWide(h []byte) bool {
	odd, even := 0, 0
	for i, c := range h {
		if c != 0 {
			continue
		}
		if i%2 == 0 {
			even++
		} else {
			odd++
		}
	}
	return odd >= len(h)/2-1 && even <= 1 || even >= len(h)/2-1 && odd <= 1
}

// likelyStart is likelyHead for the first bytes of a longer text.
func likelyStart(b []byte) bool {
	if len(b) > probeHead {
		b = b[:probeHead]
	}
	return known(b) || Plausible(b) > 0.8 || len(b) >= 8 && likelyHan(b[:len(b)&^1])
}
