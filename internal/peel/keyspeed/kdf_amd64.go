package keyspeed

import (
	"encoding/binary"
	"hash"
)

//go:generate go run gen_kdf.go

// kdfLanes is how many passwords are worked on at once.
const kdfLanes = 16

// wide are up to sixteen words, each of all lanes.
type wide [16][kdfLanes]uint32

// sha1x16 and sha256x16 put one block of each lane through the compression
// function. They need AVX-512.
//
//go:noescape
func sha1x16(state, block *wide)

//go:noescape
func sha256x16(state, block *wide)

// hmacLanes are HMACs with the keys of all lanes.
type hmacLanes struct {
	compress     func(state, block *wide)
	words        int
	start        []uint32
	inner, outer wide // the states once the key was read
	block, state wide
}

func newHMACLanes(h Hash) *hmacLanes {
	if h == SHA1 {
		return &hmacLanes{compress: sha1x16, words: 5, start: []uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}}
	}
	return &hmacLanes{compress: sha256x16, words: 8, start: []uint32{
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	}}
}

// keys sets the keys, at most one for each lane. Long ones are hashed.
func (l *hmacLanes) keys(h Hash, keys [][]byte) {
	for _, pad := range []struct {
		byte
		to *wide
	}{{0x36, &l.inner}, {0x5c, &l.outer}} {
		for lane := range kdfLanes {
			var b [64]byte
			if lane < len(keys) {
				copy(b[:], shortKey(h, keys[lane]))
			}
			for i := range b {
				b[i] ^= pad.byte
			}
			for w := range 16 {
				l.block[w][lane] = binary.BigEndian.Uint32(b[4*w:])
			}
		}
		for w, x := range l.start {
			pad.to[w] = [kdfLanes]uint32{}
			for lane := range pad.to[w] {
				pad.to[w][lane] = x
			}
		}
		l.compress(pad.to, &l.block)
	}
}

func shortKey(h Hash, key []byte) []byte {
	if len(key) <= 64 {
		return key
	}
	d := h.New()
	d.Write(key)
	return d.Sum(nil)
}

// first is the HMAC of a message that is the same for all lanes, in state.
func (l *hmacLanes) first(keys [][]byte, mac func(key []byte) hash.Hash, message []byte) {
	for lane, k := range keys {
		m := mac(k)
		m.Write(message)
		for w, sum := 0, m.Sum(nil); w < l.words; w++ {
			l.state[w][lane] = binary.BigEndian.Uint32(sum[4*w:])
		}
	}
}

// pad readies the block for messages of one digest behind one block of key.
func (l *hmacLanes) pad() {
	for w := l.words; w < 16; w++ {
		fill := uint32(0)
		switch w {
		case l.words:
			fill = 1 << 31
		case 15:
			fill = uint32(512 + 32*l.words)
		}
		for lane := range l.block[w] {
			l.block[w][lane] = fill
		}
	}
}

// next makes of the digests in state their HMACs.
func (l *hmacLanes) next() {
	for _, from := range []*wide{&l.inner, &l.outer} {
		copy(l.block[:l.words], l.state[:l.words])
		copy(l.state[:l.words], from[:l.words])
		l.compress(&l.state, &l.block)
	}
}
