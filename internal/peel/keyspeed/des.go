package keyspeed

import "encoding/binary"

//go:generate go run gen_des.go 30
//go:generate go run gen_desasm.go

// Wide is how many keys of DES are worked on side by side.
const Wide = 512

// DES encrypts and decrypts one block under Wide keys: each bit of a word
// belongs to one key, and the S-boxes are circuits of and, or and exclusive or
// (Biham, "A fast new DES implementation in software", 1997). Set the keys
// with Put, then call Prepare. It is not safe for concurrent use.
type DES struct {
	level level
	put   [3][Wide]uint64
	keys  [3]planes
	plan  plan
	l, r  half
	// lanes is how many keys were put, used how many groups were prepared.
	lanes, used int
}

// groups of 64 keys share words; a plane has a word for each.
const groups = Wide / 64

// planes have the bits of 64-bit blocks, one plane a bit, half those of one
// side.
type (
	planes [64][groups]uint64
	half   [32][groups]uint64
)

// plan says for each round where in the key the plane of each input is, in
// bytes.
type plan [16][48]uint16

const planeSize = groups * 8

// fewGroups are done one by one in less time than all at once.
const fewGroups = 2

// NewDES returns a kernel for the processor at hand.
func NewDES() *DES { return newDES(bestDES()) }

func newDES(l level) *DES {
	d := &DES{level: l}
	var cd [56]uint8
	for i, bit := range permutedChoice1 {
		cd[i] = bit - 1
	}
	for round, shift := range keyShifts {
		for range shift {
			c0, d0 := cd[0], cd[28]
			copy(cd[:27], cd[1:28])
			copy(cd[28:55], cd[29:])
			cd[27], cd[55] = c0, d0
		}
		for i, bit := range permutedChoice2 {
			d.plan[round][i] = uint16(cd[bit-1]) * planeSize
		}
	}
	return d
}

// Put sets the key of a lane: 8 bytes, or 16 or 24 for EDE.
func (d *DES) Put(lane int, key []byte) {
	d.lanes = max(d.lanes, lane+1)
	for i := 0; i*8 < len(key); i++ {
		d.put[i][lane] = binary.BigEndian.Uint64(key[8*i:])
	}
}

// Prepare turns the keys, of 8, 16 or 24 bytes, into planes; EDE with two
// keys has the first as the third. Lanes above the last that was put since it
// was called before give nothing of use.
func (d *DES) Prepare(size int) {
	d.used, d.lanes = (d.lanes+63)/64, 0
	for i := range size / 8 {
		for g := range d.used {
			words := [64]uint64(d.put[i][64*g:])
			transpose(&words)
			for n, w := range words {
				d.keys[i][n][g] = w
			}
		}
	}
	if size == 16 {
		d.keys[2] = d.keys[0]
	}
}

// Decrypt decrypts the same block under each key.
func (d *DES) Decrypt(out *[Wide]uint64, block uint64) {
	d.load(block)
	d.run(0, true)
	d.store(out)
}

// Encrypt encrypts the same block under each key.
func (d *DES) Encrypt(out *[Wide]uint64, block uint64) {
	d.load(block)
	d.run(0, false)
	d.store(out)
}

// DecryptTriple is Decrypt for EDE.
func (d *DES) DecryptTriple(out *[Wide]uint64, block uint64) {
	d.load(block)
	d.run(2, true)
	d.swap()
	d.run(1, false)
	d.swap()
	d.run(0, true)
	d.store(out)
}

// swap makes the output of one pass the input of the next: between them the
// final and the initial permutation cancel.
func (d *DES) swap() { d.l, d.r = d.r, d.l }

func (d *DES) run(key int, inverse bool) {
	if d.level == avx512 && d.used > fewGroups {
		d.runFast(key, inverse)
		return
	}
	var l, r [32]uint64
	var k [64]uint64
	for g := range d.used {
		gather(l[:], d.l[:], g)
		gather(r[:], d.r[:], g)
		gather(k[:], d.keys[key][:], g)
		for i := 0; i < 16; i += 2 {
			first, second := i, i+1
			if inverse {
				first, second = 15-i, 14-i
			}
			round(&l, &r, &k, &d.plan[first])
			round(&r, &l, &k, &d.plan[second])
		}
		for i := range l {
			d.l[i][g], d.r[i][g] = l[i], r[i]
		}
	}
}

// gather takes the words of one group.
func gather(to []uint64, from [][groups]uint64, group int) {
	for i := range to {
		to[i] = from[i][group]
	}
}

// load puts the bits of a block, permuted, into all lanes.
func (d *DES) load(block uint64) {
	for i := range 32 {
		l, r := -(block >> (64 - initialBit(i)) & 1), -(block >> (64 - initialBit(i+32)) & 1)
		for g := range groups {
			d.l[i][g], d.r[i][g] = l, r
		}
	}
}

// initialBit is the initial permutation (FIPS 46-3): the bit, from 1, that
// comes to place i.
func initialBit(i int) int {
	row, column := i/8, i%8
	if row < 4 {
		return 58 + 2*row - 8*column
	}
	return 57 + 2*(row-4) - 8*column
}

// store undoes the permutation and turns planes into blocks.
func (d *DES) store(out *[Wide]uint64) {
	for g := range d.used {
		words := (*[64]uint64)(out[64*g:])
		for i := range 32 {
			words[initialBit(i)-1] = d.r[i][g]
			words[initialBit(i+32)-1] = d.l[i][g]
		}
		transpose(words)
	}
}

// transpose mirrors a matrix of 64 by 64 bits; the highest bit of the first
// word stays (Warren, "Hacker's Delight", section 7-3). So word n becomes the
// plane of bit n+1 of FIPS 46-3, and back.
func transpose(m *[64]uint64) {
	mask := uint64(0x00000000ffffffff)
	for j := 32; j != 0; j, mask = j>>1, mask^mask<<(uint(j)>>1) {
		for k := 0; k < 64; k = (k + j + 1) &^ j {
			t := (m[k&63] ^ m[(k+j)&63]>>uint(j)) & mask
			m[k&63] ^= t
			m[(k+j)&63] ^= t << uint(j)
		}
	}
}

var (
	keyShifts       = [16]uint8{1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1}
	permutedChoice1 = [56]uint8{57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
		63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4}
	permutedChoice2 = [48]uint8{14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
		41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32}
)
