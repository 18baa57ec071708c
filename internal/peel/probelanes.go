package peel

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"slices"

	"example.org/telltale/internal/peel/keyspeed"
)

// aesLanes gathers keys of one size until there is one for each lane.
type aesLanes struct {
	kernel  *keyspeed.AES
	lock    *lock
	size, n int
	keys    [keyspeed.Lanes][32]byte
	refs    [keyspeed.Lanes]keyRef
	in, out keyspeed.Blocks
}

func (p *prober) tryAES(key []byte, ref keyRef) {
	a := p.aes[len(key)]
	a.kernel.Put(a.n, key)
	copy(a.keys[a.n][:], key)
	a.refs[a.n] = ref
	if a.n++; a.n == keyspeed.Lanes {
		p.flushAES(a)
	}
}

func (p *prober) flushAES(a *aesLanes) {
	if a.n == 0 {
		return
	}
	a.kernel.Expand(a.size)
	if p.bytewise {
		p.flushBytes(a)
	} else {
		for i := range p.ops[16] {
			p.runAES(a, &p.ops[16][i])
		}
		if p.deep {
			p.flushBytes(a)
		}
	}
	a.n = 0
}

// runAES puts one block through the cipher under every key.
func (p *prober) runAES(a *aesLanes, op *probeOp) {
	in := &a.in
	if op.byKey {
		in = a.kernel.Key()
	} else {
		a.in.Fill(op.in)
	}
	if op.encrypt {
		a.kernel.Encrypt(&a.out, in)
	} else {
		a.kernel.Decrypt(&a.out, in)
	}
	for i := range op.checks {
		c := &op.checks[i]
		for lane := range a.n {
			key := a.keys[lane][:a.size]
			if p.passes(c, a.out[lane][:], key) {
				p.confirm(a.lock, nil, key, a.refs[lane], c)
			}
		}
	}
}

// passes looks at an output.
func (p *prober) passes(c *probeCheck, out, key []byte) bool {
	if len(c.mask) == 16 && !p.deep && !c.tail && !p.glance(c, out, key) {
		return false
	}
	h := p.head[:len(c.mask)]
	subtle.XORBytes(h, out[:len(h)], c.mask)
	if c.byKey {
		subtle.XORBytes(h, h, key[:min(len(h), len(key))])
	}
	if c.tail {
		return padding(h) > 1
	}
	if p.deep && c.next > 0 {
		return true // eight bytes do not show how a stream begins; see passesOn
	}
	if !p.deep && len(h) >= 8 && unlikelyHead(h) {
		return false
	}
	return p.starts(h, len(p.layers[c.layer].b))
}

// glance is what passes does first, where most is rejected.
func (p *prober) glance(c *probeCheck, out, key []byte) bool {
	le := binary.LittleEndian
	x, y := le.Uint64(out)^le.Uint64(c.mask), le.Uint64(out[8:16])^le.Uint64(c.mask[8:16])
	if c.byKey {
		x, y = x^le.Uint64(key), y^le.Uint64(key[8:16])
	}
	return p.glances.likely(x, y)
}

// passesOn looks at the next block too, which the cipher made into out; p.head
// is still what the first gave.
func (p *prober) passesOn(c *probeCheck, mode string, out []byte) bool {
	b, n := p.layers[c.layer].b, len(c.mask)
	h := p.head[:2*n]
	for i := range n {
		h[n+i] = out[i]
		if mode == "cbc" {
			h[n+i] ^= b[c.from+i]
		}
	}
	return p.deep && p.starts(h, len(b)) || !unlikelyHead(h) && p.starts(h, len(b))
}

// aesLock is AES as a lock.
func aesLock(size int) *lock {
	return &lock{fmt.Sprintf("aes-%d", 8*size), false, []int{size}, 16, true, aes.NewCipher}
}

// desLanes is aesLanes for DES, and for triple DES.
type desLanes struct {
	kernel  *keyspeed.DES
	size, n int
	keys    [keyspeed.Wide][24]byte
	refs    [keyspeed.Wide]keyRef
	outs    [][keyspeed.Wide]uint64
}

func (p *prober) tryDES(key []byte, ref keyRef) {
	if len(key) > 8 && len(bytes.Trim(key[8:], "\x00")) == 0 {
		return // DES with the key in front, padded
	}
	d := p.des[len(key)]
	d.kernel.Put(d.n, key)
	copy(d.keys[d.n][:], key)
	d.refs[d.n] = ref
	if d.n++; d.n == keyspeed.Wide {
		p.flushDES(d)
	}
}

func (p *prober) flushDES(d *desLanes) {
	if d.n == 0 {
		return
	}
	d.kernel.Prepare(d.size)
	ops := p.ops[8]
	d.outs = slices.Grow(d.outs[:0], len(ops))[:len(ops)]
	for i := range ops {
		p.runDES(d, &ops[i], &d.outs[i])
	}
	for i := range ops {
		if op := &ops[i]; d.does(op) {
			p.readDES(d, op, &d.outs[i])
		}
	}
	d.n = 0
}

// does reports whether an operation is tried: DES, and not triple DES, is
// tried as a stream, but not with the key in front.
func (d *desLanes) does(op *probeOp) bool { return !op.encrypt || d.size == 8 && !op.byKey }

func (p *prober) runDES(d *desLanes, op *probeOp, out *[keyspeed.Wide]uint64) {
	if !d.does(op) {
		return
	}
	switch block := binary.BigEndian.Uint64(op.in); {
	case op.encrypt:
		d.kernel.Encrypt(out, block)
	case d.size == 8:
		d.kernel.Decrypt(out, block)
	default:
		d.kernel.DecryptTriple(out, block)
	}
}

// readDES looks at the output of an operation under each key.
func (p *prober) readDES(d *desLanes, op *probeOp, outs *[keyspeed.Wide]uint64) {
	var out, next [8]byte
	for i := range op.checks {
		c := &op.checks[i]
		for lane := range d.n {
			binary.BigEndian.PutUint64(out[:], outs[lane])
			key := d.keys[lane][:d.size]
			if !p.passes(c, out[:], key) {
				continue
			}
			if c.next > 0 {
				binary.BigEndian.PutUint64(next[:], d.outs[c.next][lane])
				if !slices.ContainsFunc(c.modes, func(mode string) bool { return p.passesOn(c, mode, next[:]) }) {
					continue
				}
			}
			p.confirm(p.desLock(d.size), nil, key, d.refs[lane], c)
		}
	}
}

func (p *prober) desLock(size int) *lock {
	if size == 8 {
		return &lock{"des", false, []int{8}, 8, true, des.NewCipher}
	}
	return &lock{"3des", false, []int{16, 24}, 8, true, newTripleDES}
}

// tryLock tests a key with a cipher of the standard kind, one by one.
func (p *prober) tryLock(l *lock, key []byte, ref keyRef) {
	ops := p.ops[l.size]
	if len(ops) == 0 || !l.stream && ops[0].encrypt {
		return
	}
	block, err := l.make(key)
	if err != nil {
		return
	}
	for i := range ops {
		if len(ops[i].checks) > 0 && (!ops[i].encrypt || l.stream) {
			p.tryOp(l, block, &ops[i], key, ref)
		}
	}
}

// tryOp runs one operation.
func (p *prober) tryOp(l *lock, block cipher.Block, op *probeOp, key []byte, ref keyRef) {
	var in, out [16]byte
	n := block.BlockSize()
	if op.byKey {
		copy(in[:n], key)
	} else {
		copy(in[:n], op.in)
	}
	if op.encrypt {
		block.Encrypt(out[:n], in[:n])
	} else {
		block.Decrypt(out[:n], in[:n])
	}
	for i := range op.checks {
		c := &op.checks[i]
		if !p.passes(c, out[:n], key) {
			continue
		}
		if c.next > 0 {
			block.Decrypt(in[:n], p.ops[n][c.next].in)
			if !slices.ContainsFunc(c.modes, func(mode string) bool { return p.passesOn(c, mode, in[:n]) }) {
				continue
			}
		}
		p.confirm(l, block, key, ref, c)
	}
}
