package keyspeed

// Streams is how many keys of RC4 are worked on in turn.
const Streams = 8

// RC4 makes the first bytes of the streams of a few keys. Each step of its
// schedule waits for the one before; steps of several keys fill the gaps. It
// is not safe for concurrent use.
type RC4 struct {
	keys  [Streams][256]byte // repeated to the end
	boxes [Streams][256]byte
	x     [Streams]byte
	i     byte
}

// Put sets the key of a stream: 1 to 256 bytes.
func (c *RC4) Put(stream int, key []byte) {
	k := &c.keys[stream]
	for n := copy(k[:], key); n < len(k); n *= 2 {
		copy(k[n:], k[:n])
	}
}

// Schedule makes the boxes; the streams are at their beginning.
func (c *RC4) Schedule() {
	c.i, c.x = 0, [Streams]byte{}
	c.boxes[0] = identity
	c.boxes[1] = identity
	c.boxes[2] = identity
	c.boxes[3] = identity
	c.boxes[4] = identity
	c.boxes[5] = identity
	c.boxes[6] = identity
	c.boxes[7] = identity
	b, k := &c.boxes, &c.keys
	var j0, j1, j2, j3, j4, j5, j6, j7 byte
	for i := range 256 {
		x0 := b[0][i]
		j0 += x0 + k[0][i]
		x1 := b[1][i]
		j1 += x1 + k[1][i]
		x2 := b[2][i]
		j2 += x2 + k[2][i]
		x3 := b[3][i]
		j3 += x3 + k[3][i]
		x4 := b[4][i]
		j4 += x4 + k[4][i]
		x5 := b[5][i]
		j5 += x5 + k[5][i]
		x6 := b[6][i]
		j6 += x6 + k[6][i]
		x7 := b[7][i]
		j7 += x7 + k[7][i]
		b[0][i], b[0][j0] = b[0][j0], x0
		b[1][i], b[1][j1] = b[1][j1], x1
		b[2][i], b[2][j2] = b[2][j2], x2
		b[3][i], b[3][j3] = b[3][j3], x3
		b[4][i], b[4][j4] = b[4][j4], x4
		b[5][i], b[5][j5] = b[5][j5], x5
		b[6][i], b[6][j6] = b[6][j6], x6
		b[7][i], b[7][j7] = b[7][j7], x7
	}
}

// Next returns the next byte of each stream.
func (c *RC4) Next() (out [Streams]byte) {
	c.i++
	for s := range c.boxes {
		b := &c.boxes[s]
		x := b[c.i]
		c.x[s] += x
		y := b[c.x[s]]
		b[c.i], b[c.x[s]] = y, x
		out[s] = b[x+y]
	}
	return out
}

// identity is the box that every schedule begins with.
var identity = [256]byte{
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
	32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
	48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
	64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79,
	80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95,
	96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111,
	112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
	128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143,
	144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159,
	160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 174, 175,
	176, 177, 178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191,
	192, 193, 194, 195, 196, 197, 198, 199, 200, 201, 202, 203, 204, 205, 206, 207,
	208, 209, 210, 211, 212, 213, 214, 215, 216, 217, 218, 219, 220, 221, 222, 223,
	224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239,
	240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255,
}
