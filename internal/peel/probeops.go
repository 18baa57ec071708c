package peel

import "slices"

// probeOp is one block that goes through the cipher, under each key, and what
// its output is looked at for.
type probeOp struct {
	encrypt bool
	// byKey: the key itself goes through (its first bytes).
	byKey  bool
	in     []byte
	checks []probeCheck
}

// probeCheck is one way to read the beginning of a layer, or its end.
type probeCheck struct {
	layer int
	// mask goes over the output; its length is what is looked at.
	mask []byte
	// byKey: the key goes over it too.
	byKey bool
	// tail: it is the last block; its padding is looked at.
	tail bool
	// from is where the block stands in the layer, next the operation for the
	// block behind it; 0: none.
	from, next int
	modes      []string
	place      string
}

// blockOps are the operations for ciphers with blocks of n bytes. Blocks and
// their places are the same for all keys.
func (p *prober) blockOps(n int) []probeOp {
	var out opList
	for i := range p.layers {
		b := p.layers[i].b
		if len(b)%n == 0 && len(b) >= n {
			out.blocks(i, b, n, p.deep)
		}
		if len(b) > 4 && (n == 16 || p.deep) {
			out.streams(i, b, n)
		}
		if n == 16 && len(b) > ccmNonce+ccmTag {
			out.tagged(i, b[:ccmNonce], b[ccmNonce:], "")
		}
		for _, iv := range p.layers[i].ivs {
			out.beside(i, b, iv, n)
		}
	}
	return out
}

// beside are the modes with an IV or a nonce that stands beside the message.
func (l *opList) beside(i int, b, iv []byte, n int) {
	place := ivPlace(iv)
	if len(iv) == n && len(b)%n == 0 && len(b) >= n {
		next := 0
		if n == 8 && len(b) >= 2*n {
			next = l.op(probeOp{in: b[n : 2*n]})
		}
		l.add(probeOp{in: b[:n]}, probeCheck{layer: i, mask: iv, modes: []string{"cbc"}, place: place, next: next})
	}
	if len(iv) == n && n == 16 && len(b) > 4 {
		l.add(probeOp{encrypt: true, in: iv}, probeCheck{layer: i, mask: b[:min(n, len(b))], modes: streamModes(), place: place})
	}
	if len(iv) == gcmNonce && n == 16 && len(b) > ccmTag {
		l.tagged(i, iv, b, place)
	}
}

func streamModes() []string { return []string{"ctr", "cfb", "ofb", "cfb8"} }

type opList []probeOp

// add puts a check to the operation with the same input.
func (l *opList) add(op probeOp, c probeCheck) {
	i := l.op(op)
	(*l)[i].checks = append((*l)[i].checks, c)
}

// op returns the place of an operation, which may be new.
func (l *opList) op(op probeOp) int {
	i := slices.IndexFunc(*l, func(o probeOp) bool {
		return o.encrypt == op.encrypt && o.byKey == op.byKey && string(o.in) == string(op.in)
	})
	if i < 0 {
		i = len(*l)
		*l = append(*l, op)
	}
	return i
}

// blocks are ECB and CBC; the last blocks are looked at only where deep.
func (l *opList) blocks(i int, b []byte, n int, deep bool) {
	first, last := probeOp{in: b[:n]}, probeOp{in: b[len(b)-n:]}
	none := make([]byte, n)
	block := func(at int) probeOp { return probeOp{in: b[at : at+n]} }
	next := 0
	l.op(first)
	if n == 8 && len(b) >= 2*n { // eight bytes tell little
		next = l.op(block(n))
	}
	l.add(first, probeCheck{layer: i, mask: none, modes: []string{"ecb", "cbc"}, next: next})
	l.add(first, probeCheck{layer: i, mask: none, byKey: true, modes: []string{"cbc"}, place: "key", next: next})
	if len(b) >= 2*n {
		if next = 0; n == 8 && len(b) >= 3*n {
			next = l.op(block(2 * n))
		}
		l.add(block(n), probeCheck{layer: i, mask: b[:n], modes: []string{"cbc"}, place: "iv", from: n, next: next})
	}
	if !deep {
		return
	}
	l.add(last, probeCheck{layer: i, mask: none, tail: true, modes: []string{"ecb"}})
	if len(b) == n {
		return
	}
	before := b[len(b)-2*n : len(b)-n]
	for _, place := range []string{"", "key", "iv"} {
		l.add(last, probeCheck{layer: i, mask: before, tail: true, modes: []string{"cbc"}, place: place})
	}
}

// streams are the modes that make a stream: their first blocks are the same,
// but for CFB of bytes, of which it is the first byte.
func (l *opList) streams(i int, b []byte, n int) {
	modes := streamModes()
	head := b[:min(n, len(b))]
	l.add(probeOp{encrypt: true, in: make([]byte, n)}, probeCheck{layer: i, mask: head, modes: modes})
	l.add(probeOp{encrypt: true, byKey: true, in: nil}, probeCheck{layer: i, mask: head, modes: modes, place: "key"})
	if len(b) > n+4 {
		l.add(probeOp{encrypt: true, in: b[:n]}, probeCheck{layer: i, mask: b[n:min(2*n, len(b))], modes: modes, place: "iv"})
	}
}

// tagged are the modes that can tell a wrong key; a block does it sooner. b is
// what stands behind the nonce.
func (l *opList) tagged(i int, nonce, b []byte, place string) {
	body := b[:len(b)-ccmTag]
	body = body[:min(16, len(body))]
	counter := make([]byte, 16)
	copy(counter, nonce)
	counter[15] = 2
	l.add(probeOp{encrypt: true, in: counter}, probeCheck{layer: i, mask: body, modes: []string{"gcm"}, place: place})
	if place == "" {
		ccm := ccmCounter(nonce)
		ccm[15] = 1
		l.add(probeOp{encrypt: true, in: ccm[:]}, probeCheck{layer: i, mask: body, modes: []string{"ccm"}})
	}
}
