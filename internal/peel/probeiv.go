package peel

// tryIV tests a key of AES, DES or triple DES with an IV that the coat has to
// state, as it stands elsewhere or was made together with the key. More bytes
// than an IV has may be given.
func (p *prober) tryIV(key, iv []byte, ref keyRef) {
	switch len(key) {
	case 8:
		p.tryLockIV(p.desLock(8), key, iv, ref)
	case 24:
		p.tryLockIV(p.desLock(24), key, iv, ref)
		p.tryLockIV(aesLock(24), key, iv, ref)
	case 16, 32:
		p.tryLockIV(aesLock(len(key)), key, iv, ref)
	}
}

func (p *prober) tryLockIV(l *lock, key, iv []byte, ref keyRef) {
	n := l.size
	if len(iv) < n {
		return
	}
	block, err := l.make(key)
	if err != nil {
		return
	}
	iv = iv[:n]
	check := func(out []byte, c probeCheck) {
		if p.passes(&c, out, key) {
			c.place = ivPlace(iv)
			p.confirm(l, block, key, ref, &c)
		}
	}
	var out [16]byte
	for i := range p.layers {
		b := p.layers[i].b
		if len(b) >= n && len(b)%n == 0 {
			block.Decrypt(out[:n], b[:n])
			check(out[:n], probeCheck{layer: i, mask: iv, modes: []string{"cbc"}})
		}
		if len(b) > 4 {
			block.Encrypt(out[:n], iv)
			check(out[:n], probeCheck{layer: i, mask: b[:min(n, len(b))], modes: streamModes()})
		}
	}
}
