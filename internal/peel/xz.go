package peel

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// lzmaReader serves what a decoder puts out. more decodes a little further;
// io.EOF ends it.
type lzmaReader struct {
	d    lzmaDecoder
	at   int
	more func() error
	err  error
}

func (z *lzmaReader) Read(p []byte) (int, error) {
	for z.at == len(z.d.out) {
		if z.err != nil {
			return 0, z.err
		}
		z.err = z.more()
	}
	n := copy(p, z.d.out[z.at:])
	z.at += n
	return n, nil
}

const lzmaStride = 4096 // symbols decoded at once

// symbols decodes until out is size long (-1: until the end marker).
func (z *lzmaReader) symbols(size int64) (done bool, err error) {
	for range lzmaStride {
		if size >= 0 && int64(len(z.d.out)) >= size {
			z.d.out = z.d.out[:size]
			return true, nil
		}
		if done, err := z.d.symbol(); done || err != nil {
			return done, err
		}
	}
	return false, nil
}

// lzmaStarts finds headers of the old .lzma format: the usual properties, a
// dictionary of a usual size, and a length that is unknown or small.
func lzmaStarts(b []byte) []int {
	var at []int
	for _, i := range magic("\x5d\x00")(b) {
		if lzmaHead(b[i:]) {
			at = append(at, i)
		}
	}
	return at
}

func lzmaHead(b []byte) bool {
	if len(b) < 19 || b[13] != 0 {
		return false
	}
	dict, size := binary.LittleEndian.Uint32(b[1:]), binary.LittleEndian.Uint64(b[5:])
	for dict > 3 && dict&1 == 0 {
		dict >>= 1
	}
	return (dict <= 3 || dict == 1<<32-1) && (size == 1<<64-1 || size < 1<<40)
}

// openLZMA reads the header of 13 bytes: properties, dictionary, length.
func openLZMA(r io.Reader) (io.Reader, error) {
	br := bufio.NewReader(r)
	var head [13]byte
	if _, err := io.ReadFull(br, head[:]); err != nil {
		return nil, err
	}
	return newLZMA(br, head[0], int64(binary.LittleEndian.Uint64(head[5:])))
}

// openLzip reads the header of lzip: magic, version, dictionary.
func openLzip(r io.Reader) (io.Reader, error) {
	br := bufio.NewReader(r)
	if _, err := br.Discard(6); err != nil {
		return nil, err
	}
	return newLZMA(br, 0x5d, -1)
}

func newLZMA(r *bufio.Reader, props byte, size int64) (io.Reader, error) {
	z := &lzmaReader{}
	if err := z.d.props(props); err != nil {
		return nil, err
	}
	z.d.reset()
	if err := z.d.rc.start(r); err != nil {
		return nil, err
	}
	z.more = func() error {
		done, err := z.symbols(size)
		if done && err == nil {
			return io.EOF
		}
		return err
	}
	return z, nil
}

// xzReader reads the .xz format. Check sums are not checked: a copy with a
// wrong one is still a copy.
type xzReader struct {
	lzmaReader
	r     *bufio.Reader
	check int   // bytes of the check sum behind a block
	used  int64 // bytes of the current block
	// left is how long out is at the end of the current chunk; raw says that
	// the chunk is stored; inBlock that a block was begun.
	left         int64
	raw, inBlock bool
	packed       int64 // where in the block the chunk ends
	ready        bool  // properties were seen
}

var errXZ = errors.New("not an xz stream")

func openXZ(r io.Reader) (io.Reader, error) {
	z := &xzReader{r: bufio.NewReader(r)}
	var head [12]byte
	if _, err := io.ReadFull(z.r, head[:]); err != nil {
		return nil, err
	}
	if head[6] != 0 || head[7] > 15 {
		return nil, errXZ
	}
	z.check = [16]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}[head[7]]
	z.more = z.step
	return z, nil
}

// ReadByte counts what the block has used.
func (z *xzReader) ReadByte() (byte, error) {
	b, err := z.r.ReadByte()
	if err == nil {
		z.used++
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

// step reads a block's head, a chunk's head or a part of a chunk.
func (z *xzReader) step() error {
	switch {
	case !z.inBlock:
		return z.blockHead()
	case int64(len(z.d.out)) >= z.left:
		return z.chunkHead()
	case z.raw:
		b, err := z.ReadByte()
		if err == nil {
			z.d.out = append(z.d.out, b)
		}
		return err
	}
	done, err := z.symbols(z.left)
	if err == nil && done {
		err = z.skip(z.packed - z.used)
	}
	return err
}

func (z *xzReader) skip(n int64) error {
	for ; n > 0; n-- {
		if _, err := z.ReadByte(); err != nil {
			return err
		}
	}
	return nil
}

// blockHead reads the head of a block, and ends at the index. The only filter
// may be LZMA2.
func (z *xzReader) blockHead() error {
	size, err := z.ReadByte()
	if err != nil {
		return err
	}
	if size == 0 {
		return io.EOF
	}
	head := make([]byte, (int(size)+1)*4-1)
	for i := range head {
		if head[i], err = z.ReadByte(); err != nil {
			return err
		}
	}
	fields := bytes.NewReader(head[1:])
	for range int(head[0]>>6&1) + int(head[0]>>7&1) {
		if _, err := binary.ReadUvarint(fields); err != nil {
			return errXZ
		}
	}
	if id, err := binary.ReadUvarint(fields); err != nil || id != 0x21 || head[0]&3 != 0 {
		return errXZ
	}
	z.inBlock, z.used, z.left, z.ready = true, 0, int64(len(z.d.out)), false
	return nil
}

// chunkHead reads the head of an LZMA2 chunk, and at the last one what is
// behind the block.
func (z *xzReader) chunkHead() error {
	control, err := z.ReadByte()
	if err != nil {
		return err
	}
	if control == 0 {
		z.inBlock = false
		return z.skip(-z.used&3 + int64(z.check))
	}
	var size [4]byte
	n := 2
	if control >= 0x80 {
		n = 4
	}
	for i := range n {
		if size[i], err = z.ReadByte(); err != nil {
			return err
		}
	}
	z.left = int64(len(z.d.out)) + int64(binary.BigEndian.Uint16(size[:])) + 1
	if z.raw = control < 0x80; z.raw {
		if control > 2 {
			return errXZ
		}
		return nil
	}
	z.left += int64(control&0x1f) << 16
	return z.chunkState(control>>5&3, int64(binary.BigEndian.Uint16(size[2:]))+1)
}

// chunkState sets back what a chunk's head asks for.
func (z *xzReader) chunkState(kind byte, packed int64) error {
	if kind >= 2 {
		props, err := z.ReadByte()
		if err != nil {
			return err
		}
		if err := z.d.props(props); err != nil || z.d.lc+z.d.lp > 4 {
			return errXZ
		}
		z.ready = true
	}
	if !z.ready {
		return errXZ
	}
	if kind >= 1 {
		z.d.reset()
	}
	z.packed = z.used + packed
	return z.d.rc.start(z)
}
