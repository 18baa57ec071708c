package peel

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// lz4Reader reads the LZ4 frame format. Check sums are not checked: a copy
// with a wrong check sum is still a copy.
type lz4Reader struct {
	r      *bufio.Reader
	sums   bool // a check sum follows each block
	window []byte
	ready  []byte
	err    error
}

const (
	lz4Window = 64 << 10
	lz4Block  = 4 << 20
)

var errLZ4 = errors.New("not an LZ4 frame")

// openLZ4 reads the frame's head.
func openLZ4(r io.Reader) (io.Reader, error) {
	br := bufio.NewReader(r)
	var head [6]byte
	if _, err := io.ReadFull(br, head[:]); err != nil {
		return nil, err
	}
	flags := head[4]
	if flags>>6 != 1 {
		return nil, errLZ4
	}
	skip := 1 // check sum of the head
	if flags&8 != 0 {
		skip += 8
	}
	if flags&1 != 0 {
		skip += 4
	}
	if _, err := br.Discard(skip); err != nil {
		return nil, err
	}
	return &lz4Reader{r: br, sums: flags&16 != 0}, nil
}

func (z *lz4Reader) Read(p []byte) (int, error) {
	for len(z.ready) == 0 {
		if z.err != nil {
			return 0, z.err
		}
		z.err = z.next()
	}
	n := copy(p, z.ready)
	z.ready = z.ready[n:]
	return n, nil
}

// next decodes one block into ready.
func (z *lz4Reader) next() error {
	var head [4]byte
	if _, err := io.ReadFull(z.r, head[:]); err != nil {
		return io.ErrUnexpectedEOF
	}
	size := binary.LittleEndian.Uint32(head[:])
	if size == 0 {
		return io.EOF
	}
	stored := size>>31 != 0
	size &^= 1 << 31
	if size > lz4Block {
		return errLZ4
	}
	block := make([]byte, size)
	n, err := io.ReadFull(z.r, block)
	if stored {
		z.ready = block[:n]
		z.keep(z.ready)
	} else if bad := z.decode(block[:n]); bad != nil && err == nil {
		return bad
	}
	if err != nil {
		return io.ErrUnexpectedEOF
	}
	if z.sums {
		_, err = z.r.Discard(4)
	}
	return err
}

func (z *lz4Reader) keep(b []byte) {
	z.window = append(z.window, b...)
	if len(z.window) > lz4Window {
		z.window = append([]byte(nil), z.window[len(z.window)-lz4Window:]...)
	}
}

// decode unpacks one block behind the window; what was unpacked before an
// error stays in ready.
func (z *lz4Reader) decode(b []byte) error {
	out, err := lz4Sequences(append([]byte(nil), z.window...), b)
	z.ready = out[len(z.window):]
	z.keep(z.ready)
	return err
}

// lz4Sequences appends the literals and matches of a block to out.
func lz4Sequences(out, b []byte) ([]byte, error) {
	limit := len(out) + lz4Block
	for i := 0; i < len(b); {
		token := b[i]
		i++
		literals, i2 := lz4Length(int(token>>4), b, i)
		i = i2
		if i+literals > len(b) {
			return append(out, b[min(i, len(b)):]...), io.ErrUnexpectedEOF
		}
		out = append(out, b[i:i+literals]...)
		i += literals
		if i == len(b) {
			return out, nil
		}
		if i+2 > len(b) {
			return out, io.ErrUnexpectedEOF
		}
		back := int(b[i]) | int(b[i+1])<<8
		n, i3 := lz4Length(int(token&15), b, i+2)
		i = i3
		n += 4
		if back == 0 || back > len(out) || len(out)+n > limit {
			return out, errLZ4
		}
		for range n {
			out = append(out, out[len(out)-back])
		}
	}
	return out, nil
}

// lz4Length reads a length that goes on while bytes are 255.
func lz4Length(n int, b []byte, i int) (length, next int) {
	if n < 15 {
		return n, i
	}
	for i < len(b) {
		c := b[i]
		i++
		n += int(c)
		if c < 255 {
			break
		}
	}
	return n, i
}
