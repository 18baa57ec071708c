package peel

import "slices"

// believe scores a decryption: 0 if chance explains it. A known text proves
// it; else it must be text of enough evidence (each byte of padding is as
// good as eight bits), or a compressed stream that is sound to its end. Where
// deep, texts in a container and sound padding count too.
func (s *sealed) believe(plain []byte, padding int, deep bool) float64 {
	if len(plain) == 0 {
		return 0
	}
	if s.in.Cribs.Knows(plain) { // some modes mend themselves behind a wrong beginning
		return 0.97 + 0.02*Plausible(plain[:min(len(plain), probeHead)])
	}
	if readable(plain) {
		if bits := evidence(plain) + 8*float64(padding); bits >= s.least {
			return belief(bits)
		}
	}
	if s.sound(plain, deep) {
		return 0.8
	}
	if !deep {
		return 0
	}
	if bits := held(s.in, plain) + 8*float64(padding); bits >= s.least {
		return 0.9 * belief(bits)
	}
	if padding > 1 {
		return 0.2
	}
	return 0
}

// believeXOR is believe for repeating XOR with a key at hand: where the key has
// zeros, what could be read before can be read after. So only what is gained
// counts.
func (s *sealed) believeXOR(plain []byte) float64 {
	if s.in.Cribs.Knows(plain) {
		return 0.97 + 0.02*Plausible(plain[:min(len(plain), probeHead)])
	}
	if !readable(plain) {
		return 0
	}
	return belief(evidence(plain) - max(0, evidence(s.b)))
}

// unmarkedLeast is how long a stream without magic must be: shorter noise ends
// cleanly now and then.
const unmarkedLeast = 40

// sound reports whether b is a compressed stream that inflates to its end, or
// begins with text. Where deep, the stream may have no magic.
func (s *sealed) sound(b []byte, deep bool) bool {
	if len(b) <= 16 {
		return false
	}
	marked := known(b)
	deep = deep && len(b) >= unmarkedLeast
	for _, f := range formats() {
		switch {
		case marked && (f.sure || f.name == "zlib") && slices.Contains(f.starts(b[:16]), 0):
		case deep && f.name == "deflate" && likelyDeflate(b, len(b)), deep && f.name == "brotli" && likelyBrotli(b, len(b)):
		default:
			continue
		}
		if f.name == "deflate" && !s.in.ring.inflates(b, len(b)) {
			continue
		}
		c, ok := f.peel(b, s.in.Limit)
		if !ok || len(c.Bytes) <= 8 {
			continue
		}
		if s.in.Cribs.Has(c.Bytes) || c.Note == "" && (marked || c.Score >= 0.8) || c.Note == NoteTruncated && len(c.Bytes) >= 32 && evidence(c.Bytes) >= s.least {
			return true
		}
	}
	return false
}

// held is the evidence of the texts that stand in a container, and of its
// form.
func held(in Input, b []byte) float64 {
	if !likelyContainer(b, len(b)) {
		return 0
	}
	in.Bytes, in.Shape, in.Best = b, ShapeOf(b), 0
	best := 0.0
	for _, k := range []struct {
		peeler Peeler
		form   float64 // bits
	}{
		{protobufPeeler{}, 8}, {asn1Peeler{}, 20}, {bsonPeeler{}, 32}, {zipPeeler{}, 24}, {tarPeeler{}, 32}, {bplistPeeler{}, 48}, {sqlitePeeler{}, 48},
		{itemPeelers()[0], 12}, {itemPeelers()[1], 12},
	} {
		bits := 0.0
		for _, c := range k.peeler.Peel(in) {
			if c.Score < 0.7 {
				continue
			}
			bits = max(bits, 1)
			if known(c.Bytes) {
				bits += 14
			} else if readable(c.Bytes) {
				bits += max(0, evidence(c.Bytes))
			}
		}
		if bits > 0 {
			best = max(best, bits+k.form)
		}
	}
	return best
}

// likelyContainer reports whether b, the first bytes of size, may begin a
// binary container.
func likelyContainer(b []byte, size int) bool {
	if len(b) < 8 {
		return false
	}
	switch c := b[0]; {
	case known(b):
		return true
	case c == 0x30 && asn1Fits(b, size):
		return true
	case c >= 0x81 && c <= 0x8f || c == 0xde: // MessagePack: a map, whose first key is a text
		if c == 0xde {
			b = b[2:]
		}
		return b[1] >= 0xa1 && b[1] <= 0xbf && isText(b[2])
	case c >= 0xa1 && c <= 0xb7 || c == 0xbf: // CBOR: the same
		if b[1] >= 0x61 && b[1] <= 0x77 && isText(b[2]) {
			return true
		}
	case int(c)|int(b[1])<<8 == size && b[2] == 0: // BSON
		return true
	}
	return likelyFields(b, size) || likelyMember(b)
}

// asn1Fits: the length is that of the rest, but for padding.
func asn1Fits(b []byte, size int) bool {
	_, head, n, ok := asn1Head(b)
	return ok && head+n <= size && head+n > size-17
}

// likelyMember: a name and then zeros, as tar begins.
func likelyMember(b []byte) bool {
	n := 0
	for n < len(b) && isText(b[n]) {
		n++
	}
	for _, c := range b[n:] {
		if c != 0 {
			return false
		}
	}
	return n >= 4
}

// likelyFields walks the fields of Protocol Buffers as far as b goes.
func likelyFields(b []byte, size int) bool {
	for at := 0; at < len(b); {
		tag := int(b[at])
		if at++; tag >= 0x80 {
			if at == len(b) {
				return true
			}
			tag = tag&0x7f | int(b[at])<<7
			if at++; tag >= 1<<12 {
				return false
			}
		}
		if tag>>3 == 0 {
			return false
		}
		switch tag & 7 {
		case 0:
			for n := 0; at < len(b) && b[at] >= 0x80; n++ {
				if at++; n == 9 {
					return false
				}
			}
			at++
		case 1:
			at += 8
		case 5:
			at += 4
		case 2:
			n := 0
			for shift := 0; at < len(b); shift += 7 {
				c := int(b[at])
				n |= c & 0x7f << shift
				if at++; c < 0x80 || shift > 21 {
					break
				}
			}
			if n > size-at {
				return false
			}
			at += n
		default:
			return false
		}
	}
	return true
}

// likelyStream reports whether b, the first bytes of size, may begin a
// deflate or Brotli stream, which have no magic.
func likelyStream(b []byte, size int) bool {
	if len(b) < 12 {
		return false
	}
	return likelyDeflate(b, size) || likelyBrotli(b, size)
}
