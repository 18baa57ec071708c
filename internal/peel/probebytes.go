package peel

// CFB of bytes shows only its first byte in the first block; each further
// byte takes a block of its own. So the keys go on side by side until each
// has shown a byte that stands in no text.

// byteFeed is one way in which CFB of bytes may begin.
type byteFeed struct {
	layer int
	place string
	iv    []byte // nil with place "key": the key
	body  []byte
}

func (p *prober) byteFeeds() []byteFeed {
	var out []byteFeed
	for i := range p.layers {
		b := p.layers[i].b
		if len(b) < 8 {
			continue
		}
		out = append(out, byteFeed{i, "", make([]byte, 16), b}, byteFeed{i, "key", nil, b})
		if len(b) >= 24 {
			out = append(out, byteFeed{i, "iv", b[:16], b[16:]})
		}
	}
	return out
}

// flushBytes tests the gathered keys with CFB of bytes.
func (p *prober) flushBytes(a *aesLanes) {
	for i := range p.feeds {
		f := &p.feeds[i]
		for lane := range a.n {
			if copy(a.in[lane][:], f.iv) == 0 {
				copy(a.in[lane][:], a.keys[lane][:])
			}
		}
		p.feedBytes(a, f)
	}
}

func (p *prober) feedBytes(a *aesLanes, f *byteFeed) {
	n := min(16, len(f.body))
	live := uint32(1)<<a.n - 1
	var heads [16][16]byte
	for j := 0; j < n && live != 0; j++ {
		a.kernel.Encrypt(&a.out, &a.in)
		for lane := range a.n {
			if live>>lane&1 == 0 {
				continue
			}
			h := &heads[lane]
			h[j] = f.body[j] ^ a.out[lane][0]
			if !p.deep && isControl(h[j]) && h[j] != 0 && !known(h[:j+1]) && !startsGzip(h[:j+1]) {
				live &^= 1 << lane
			}
			copy(a.in[lane][:], a.in[lane][1:])
			a.in[lane][15] = f.body[j]
		}
	}
	for lane := range a.n {
		if live>>lane&1 != 0 && p.starts(heads[lane][:n], len(f.body)) {
			c := probeCheck{layer: f.layer, modes: []string{"cfb8"}, place: f.place}
			p.confirm(a.lock, nil, a.keys[lane][:a.size], a.refs[lane], &c)
		}
	}
}

// startsGzip: what comes first in a gzip stream, control characters and all.
func startsGzip(h []byte) bool {
	const magic = "\x1f\x8b\x08"
	return len(h) > len(magic) && string(h[:3]) == magic || len(h) <= len(magic) && string(h) == magic[:len(h)]
}
