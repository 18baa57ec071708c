package peel

import (
	"bufio"
	"compress/lzw"
	"errors"
	"io"
)

var errLZW = errors.New("not a compress stream")

// compressReader reads the .Z format of the Unix program compress.
type compressReader struct {
	r     *bufio.Reader
	block bool // code 256 clears the table
	most  uint // the widest code, in bits

	width, bits, held uint
	chunk             int // bytes left of the run of eight codes
	next              int
	prefix            []uint16
	suffix            []byte
	last              int
	first             byte
	ready             []byte
	err               error
}

const clearCode = 256

func openCompress(r io.Reader) (io.Reader, error) {
	z := &compressReader{r: bufio.NewReader(r)}
	var head [3]byte
	if _, err := io.ReadFull(z.r, head[:]); err != nil {
		return nil, err
	}
	z.block, z.most = head[2]&0x80 != 0, uint(head[2]&0x1f)
	if z.most < 9 || z.most > 16 || head[2]&0x60 != 0 {
		return nil, errLZW
	}
	z.prefix, z.suffix = make([]uint16, 1<<z.most), make([]byte, 1<<z.most)
	z.clear()
	return z, nil
}

func (z *compressReader) clear() {
	z.next, z.last = clearCode+b2i(z.block), -1
	z.widen(9)
}

// widen changes the width of codes. What is left of a run of eight codes of
// the old width is padding.
func (z *compressReader) widen(width uint) {
	for ; z.chunk > 0; z.chunk-- {
		if _, err := z.r.ReadByte(); err != nil {
			break // the next code finds the end
		}
	}
	z.width, z.bits, z.held = width, 0, 0
}

func (z *compressReader) code() (int, error) {
	for z.bits < z.width {
		if z.chunk == 0 {
			z.chunk = int(z.width)
		}
		b, err := z.r.ReadByte()
		if err != nil {
			return 0, err
		}
		z.chunk--
		z.held |= uint(b) << z.bits
		z.bits += 8
	}
	c := z.held & (1<<z.width - 1)
	z.held >>= z.width
	z.bits -= z.width
	return int(c), nil
}

func (z *compressReader) Read(p []byte) (int, error) {
	for len(z.ready) == 0 {
		if z.err != nil {
			return 0, z.err
		}
		z.err = z.step()
	}
	n := copy(p, z.ready)
	z.ready = z.ready[n:]
	return n, nil
}

// step decodes one code into ready.
func (z *compressReader) step() error {
	code, err := z.code()
	switch {
	case err != nil:
		return err
	case z.block && code == clearCode:
		z.clear()
		return nil
	case code > z.next || code == z.next && z.last < 0 || z.last < 0 && code > 255:
		return errLZW
	}
	z.ready = z.expand(code)
	z.first = z.ready[0]
	if z.last >= 0 && z.next < 1<<z.most {
		z.prefix[z.next], z.suffix[z.next] = uint16(z.last), z.first
		z.next++
		if z.next == 1<<z.width && z.width < z.most {
			z.widen(z.width + 1)
		}
	}
	z.last = code
	return nil
}

// expand writes out what a code stands for; one that is about to be defined
// is the last one with its own first byte behind it.
func (z *compressReader) expand(code int) []byte {
	var back []byte
	if code == z.next {
		back = append(back, z.first)
		code = z.last
	}
	for ; code > clearCode; code = int(z.prefix[code]) {
		back = append(back, z.suffix[code])
	}
	back = append(back, byte(code))
	for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
		back[i], back[j] = back[j], back[i]
	}
	return back
}

// lzwStart finds the clear code in front, in the order of bits of TIFF and
// PDF (most significant first) or of GIF.
func lzwStart(order lzw.Order) func([]byte) []int {
	return func(b []byte) []int {
		msb := len(b) > 8 && b[0] == 0x80 && b[1] < 0x80
		lsb := len(b) > 8 && b[0] == 0 && b[1]&1 == 1
		if order == lzw.MSB && msb || order == lzw.LSB && lsb {
			return []int{0}
		}
		return nil
	}
}

func openLZW(order lzw.Order) func(io.Reader) (io.Reader, error) {
	return func(r io.Reader) (io.Reader, error) { return lzw.NewReader(r, order, 8), nil }
}
