package peel

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"math/bits"
)

// The Tiny Encryption Algorithm and its relatives are short enough to be
// written into any program, and so they were, in both byte orders.
const teaDelta = 0x9E3779B9

// tea is TEA (Wheeler and Needham, 1994) of some number of rounds, or XTEA
// (1997), as a cipher.Block of 8 bytes with a key of 16.
type tea struct {
	key    [4]uint32
	rounds int
	order  binary.ByteOrder
	xtea   bool
}

func newTEA(key []byte, rounds int, order binary.ByteOrder, xtea bool) (cipher.Block, error) {
	if len(key) != 16 {
		return nil, errors.New("TEA takes a key of 16 bytes")
	}
	t := &tea{rounds: rounds, order: order, xtea: xtea}
	t.put(key)
	return t, nil
}

// put sets the key.
func (t *tea) put(key []byte) {
	for i := range t.key {
		t.key[i] = t.order.Uint32(key[4*i:])
	}
}

func (t *tea) BlockSize() int { return 8 }

func (t *tea) Encrypt(dst, src []byte) {
	y, z, sum := t.order.Uint32(src), t.order.Uint32(src[4:]), uint32(0)
	for range t.rounds {
		if t.xtea {
			y += ((z<<4 ^ z>>5) + z) ^ (sum + t.key[sum&3])
			sum += teaDelta
			z += ((y<<4 ^ y>>5) + y) ^ (sum + t.key[sum>>11&3])
			continue
		}
		sum += teaDelta
		y += (z<<4 + t.key[0]) ^ (z + sum) ^ (z>>5 + t.key[1])
		z += (y<<4 + t.key[2]) ^ (y + sum) ^ (y>>5 + t.key[3])
	}
	t.order.PutUint32(dst, y)
	t.order.PutUint32(dst[4:], z)
}

func (t *tea) Decrypt(dst, src []byte) {
	y, z := t.order.Uint32(src), t.order.Uint32(src[4:])
	sum := uint32(uint64(teaDelta) * uint64(t.rounds))
	k0, k1, k2, k3 := t.key[0], t.key[1], t.key[2], t.key[3]
	if t.xtea {
		key := t.key
		for range t.rounds {
			z -= ((y<<4 ^ y>>5) + y) ^ (sum + key[sum>>11&3])
			sum -= teaDelta
			y -= ((z<<4 ^ z>>5) + z) ^ (sum + key[sum&3])
		}
	} else {
		for range t.rounds {
			z -= (y<<4 + k2) ^ (y + sum) ^ (y>>5 + k3)
			y -= (z<<4 + k0) ^ (z + sum) ^ (z>>5 + k1)
			sum -= teaDelta
		}
	}
	t.order.PutUint32(dst, y)
	t.order.PutUint32(dst[4:], z)
}

// openQQTEA opens TEA of 16 rounds chained in both directions, as instant
// messengers of the 2000s used it: one byte whose low three bits count the
// padding, that and two more random bytes, the text, seven zeros. At most
// limit bytes are decrypted; then the zeros are not looked at.
func openQQTEA(key, b []byte, limit int) ([]byte, error) {
	if len(b) < 16 || len(b)%8 != 0 {
		return nil, errors.New("qqtea: not two whole blocks or more")
	}
	block, err := newTEA(key, 16, binary.BigEndian, false)
	if err != nil {
		return nil, err
	}
	n := min(len(b), limit&^7)
	out := make([]byte, n)
	var mixed, before [8]byte
	for i := 0; i < n; i += 8 {
		for j := range before {
			mixed[j] = before[j] ^ b[i+j]
		}
		block.Decrypt(before[:], mixed[:])
		for j := range before {
			out[i+j] = before[j]
			if i > 0 {
				out[i+j] ^= b[i+j-8]
			}
		}
	}
	from := 3 + int(out[0]&7)
	if n < len(b) {
		return out[min(from, n):], nil
	}
	until := n - 7
	if from > until {
		return nil, errors.New("qqtea: wrong padding")
	}
	for _, c := range out[until:] {
		if c != 0 {
			return nil, errors.New("qqtea: does not end in zeros")
		}
	}
	return out[from:until], nil
}

// openXXTEA opens Block TEA (Wheeler and Needham, 1998), which takes the
// whole message as one block of little-endian words. Implementations for web
// applications put the length of the text into the last word; it is taken
// off where it fits.
func openXXTEA(key, b []byte) ([]byte, error) {
	if len(key) != 16 || len(b) < 8 || len(b)%4 != 0 {
		return nil, errors.New("xxtea takes a key of 16 bytes and two whole words or more")
	}
	var k [4]uint32
	for i := range k {
		k[i] = binary.LittleEndian.Uint32(key[4*i:])
	}
	v := make([]uint32, len(b)/4)
	for i := range v {
		v[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	rounds := uint32(6 + 52/len(v))
	y := v[0]
	for sum := rounds * teaDelta; sum != 0; sum -= teaDelta {
		e := sum >> 2 & 3
		for p := len(v) - 1; p >= 0; p-- {
			z := v[(p+len(v)-1)%len(v)]
			v[p] -= ((z>>5 ^ y<<2) + (y>>3 ^ z<<4)) ^ ((sum ^ y) + (k[uint32(p)&3^e] ^ z))
			y = v[p]
		}
	}
	out := make([]byte, 0, len(b))
	for _, w := range v {
		out = binary.LittleEndian.AppendUint32(out, w)
	}
	if n := int(v[len(v)-1]); bits.Len32(v[len(v)-1]) < 31 && n <= len(out)-4 && n > len(out)-8 {
		out = out[:n]
	}
	return out, nil
}
