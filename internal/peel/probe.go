package peel

import (
	"crypto/cipher"
	"crypto/subtle"
	"slices"

	"example.org/telltale/internal/peel/keyspeed"
)

// prober tests many keys against a few layers. One block of each tells
// nearly every wrong key; what passes is decrypted further, and only then
// whole. Keys of AES and DES are gathered and tested side by side, so
// [prober.flush] must be called behind the last. A prober is not safe for
// concurrent use.
type prober struct {
	layers []sealed
	// hit is called with every key that may be right.
	hit func(probeHit)
	// deep tries the modes that are rare and slow to test, and believes
	// plaintexts that are no text: for lists of keys, not for the bytes at
	// every place of a file.
	deep bool

	ops     map[int][]probeOp // by the size of block
	aes     map[int]*aesLanes // by the size of key
	des     map[int]*desLanes
	rc4     *rc4Lanes
	others  []lock
	fish    fishTank
	stream  [16]byte
	head    [probeHead]byte
	zero    [16]byte
	qq      tea
	feeds   []byteFeed
	spent   int
	glances *glances
	// proved: a key was found that makes a known text readable.
	proved bool
	// bytewise tries CFB of bytes, and nothing else of AES.
	bytewise bool
}

// sealed is a layer that may be ciphertext.
type sealed struct {
	b  []byte
	in Input
	// least is the evidence in bits that a text needs to be believed.
	least float64
	// ivs are values beside the layer that may be its IV or nonce.
	ivs [][]byte
}

// keyRef says where a key stands: in a file, or in a list.
type keyRef struct {
	at  int
	how string
}

// probeHit is a key that opens a layer, and what is in it.
type probeHit struct {
	layer int
	coat  string
	key   []byte
	keyRef
	plain []byte
	score float64
}

const probeHead = 64

// kinds are sets of ciphers to try a key with.
type kinds uint

const (
	kindAES kinds = 1 << iota
	kindDES
	kindTEA // and XTEA
	kindSM4
	kindFish
	kindRC4
	kindQQTEA
	kindXXTEA
	kindPoly   // ChaCha20 with its tag
	kindChaCha // and without
	kindXOR
)

func newProber(layers []sealed, deep bool) *prober {
	p := &prober{layers: layers, deep: deep, glances: newGlances(), aes: map[int]*aesLanes{}, des: map[int]*desLanes{}, rc4: &rc4Lanes{}}
	p.feeds = p.byteFeeds()
	p.ops = map[int][]probeOp{8: p.blockOps(8), 16: p.blockOps(16)}
	for _, size := range []int{16, 24, 32} {
		p.aes[size] = &aesLanes{kernel: keyspeed.NewAES(), lock: aesLock(size), size: size}
	}
	for _, size := range []int{8, 16, 24} {
		p.des[size] = &desLanes{kernel: keyspeed.NewDES(), size: size}
	}
	for _, l := range locks() {
		if l.name == "tea" || l.name == "xtea" || l.name == "sm4" {
			p.others = append(p.others, l.reused())
		}
	}
	return p
}

// reused is a lock of TEA that takes the new key into the cipher it made for
// the last one.
func (l lock) reused() lock {
	block, err := l.make(make([]byte, 16))
	if t, ok := block.(*tea); ok && err == nil {
		l.make = func(key []byte) (cipher.Block, error) {
			t.put(key)
			return t, nil
		}
	}
	return l
}

// try tests a key with all the ciphers asked for that take its length. The
// bytes of the key may be changed once it returns.
func (p *prober) try(key []byte, ref keyRef, k kinds) {
	n := len(key)
	if k&kindAES != 0 && (n == 16 || n == 24 || n == 32) {
		p.tryAES(key, ref)
	}
	if k&kindDES != 0 && (n == 8 || n == 16 || n == 24) && len(p.ops[8]) > 0 {
		p.tryDES(key, ref)
	}
	if k&(kindTEA|kindSM4) != 0 && n == 16 {
		for i := range p.others {
			if l := &p.others[i]; k&kindTEA != 0 && l.size == 8 || k&kindSM4 != 0 && l.size == 16 {
				p.tryLock(l, key, ref)
			}
		}
	}
	if k&kindFish != 0 && n >= keyLeast && n <= 56 {
		p.tryFish(key, ref)
	}
	p.tryStreams(key, ref, k)
}

// flush tests the keys that still wait.
func (p *prober) flush() {
	p.flushRC4(p.rc4)
	for _, size := range []int{8, 16, 24, 32} {
		if a := p.aes[size]; a != nil {
			p.flushAES(a)
		}
		if d := p.des[size]; d != nil {
			p.flushDES(d)
		}
	}
}

// confirm decrypts with a key that passed a check: a little more, and if that
// reads well, the whole. block may be nil.
func (p *prober) confirm(l *lock, block cipher.Block, key []byte, ref keyRef, c *probeCheck) {
	if block == nil {
		var err error
		if block, err = l.make(key); err != nil {
			return
		}
	}
	b := p.layers[c.layer].b
	for _, mode := range c.modes {
		if mode == "gcm" || mode == "ccm" {
			p.confirmTag(l, block, tagProbe{c, key, ref, mode})
			continue
		}
		o := opening{mode, c.place, key}
		if !c.tail && !p.begins(c.layer, block, o) || !p.affords(len(b)) {
			continue
		}
		if plain, pad, err := openPadded(block, o, b); err == nil {
			p.judge(probeHit{c.layer, l.coat(mode, c.place), slices.Clone(key), ref, plain, 0}, pad)
		}
	}
}

// confirmTag opens with a mode whose tag tells a wrong key. It costs much, so
// a little more is looked at before: where the first block (in p.head) is no
// magic, the second must do for text; where deep, the first four must do.
func (p *prober) confirmTag(l *lock, block cipher.Block, t tagProbe) {
	b := p.layers[t.check.layer].b
	if nonce, err := statedIV(t.check.place, gcmNonce); err == nil {
		b = slices.Concat(nonce, b)
	}
	open, counter := openGCM, [16]byte{15: 3}
	copy(counter[:], b[:ccmNonce])
	if t.mode == "ccm" {
		open, counter = openCCM, ccmCounter(b[:ccmNonce])
		counter[15] = 2
	}
	body := b[ccmNonce : len(b)-ccmTag]
	if p.deep && len(body) > probeHead {
		counter[15]--
		if head := openCTR(block, counter[:], body[:probeHead]); !p.starts(head, len(body)) {
			return
		}
	} else if !p.deep && len(body) >= 32 && !known(p.head[:16]) {
		block.Encrypt(counter[:], counter[:])
		if subtle.XORBytes(counter[:], counter[:], body[16:32]); unlikelyHead(counter[:]) {
			return
		}
	}
	if plain, err := open(block, b); err == nil && len(plain) > 0 {
		p.hit(probeHit{t.check.layer, l.coat(t.mode, t.check.place), slices.Clone(t.key), t.keyRef, plain, 0.99})
	}
}

// tagProbe is a key that passed the check of a mode with a tag.
type tagProbe struct {
	check *probeCheck
	key   []byte
	keyRef
	mode string
}

// deepBytes is how much is decrypted whole of one layer with all keys of a
// list: what may begin a container is one plaintext in six.
const deepBytes = 32 << 20

// affords counts what is decrypted whole.
func (p *prober) affords(n int) bool {
	p.spent += n
	return !p.deep || p.spent <= deepBytes
}

// begins opens a little, and then a little more.
func (p *prober) begins(layer int, block cipher.Block, o opening) bool {
	b := p.layers[layer].b
	for _, n := range []int{3 * block.BlockSize(), probeHead + block.BlockSize()} {
		if len(b) <= n {
			break
		}
		if head, err := openMode(block, o, b[:n]); err != nil || !p.starts(head, len(b)) {
			return false
		}
	}
	n := holdsHead + block.BlockSize()
	if !p.deep || len(b) <= n {
		return true
	}
	head, err := openMode(block, o, b[:n])
	return err == nil && p.layers[layer].holds(head, len(b))
}

// judge believes a decryption whose evidence is enough.
func (p *prober) judge(h probeHit, padding int) {
	s := &p.layers[h.layer]
	if h.coat == "xor" {
		h.score = s.believeXOR(h.plain)
	} else {
		h.score = s.believe(h.plain, padding, p.deep)
	}
	if h.score > 0 && len(h.plain) <= s.in.Limit {
		p.proved = p.proved || h.score >= 0.97 && h.coat != "xor"
		p.hit(h)
	}
}

// starts reports whether the first bytes of a plaintext of size bytes may be
// right.
func (p *prober) starts(h []byte, size int) bool {
	return likelyHead(h) || p.deep && (!controls(h) || likelyContainer(h, size) || likelyStream(h, size))
}
