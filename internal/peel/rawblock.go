package peel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/snappy"
)

// openSnappyBlock reads a Snappy block without frames. Its length in front
// and every element must be right; one that is cut gives what is there.
func openSnappyBlock(r io.Reader) (io.Reader, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	n, err := snappy.DecodedLen(b)
	if err != nil || n > layerLimit || n > 64*len(b) {
		return nil, snappy.ErrCorrupt
	}
	plain, err := snappy.Decode(nil, b)
	if err != nil {
		plain = snappyCut(b, n)
		if len(plain) == 0 {
			return nil, err
		}
		return cutReader(plain), nil
	}
	return bytes.NewReader(plain), nil
}

// cutReader gives bytes and then says that the stream was cut.
func cutReader(b []byte) io.Reader {
	return io.MultiReader(bytes.NewReader(b), cutEnd{})
}

type cutEnd struct{}

func (cutEnd) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// snappyCut decodes the elements of a block up to its end, which comes before
// n bytes are out; nil if one is wrong.
func snappyCut(b []byte, n int) []byte {
	_, head := binary.Uvarint(b)
	out := make([]byte, 0, min(n, 1<<20))
	for i := head; i < len(b); {
		tag := int(b[i])
		size, back, extra := tag>>2+1, 0, tag&3
		switch tag & 3 {
		case 0:
			extra = max(0, size-60)
			size = min(size, 61)
		case 1:
			size = tag>>2&7 + 4
		case 3:
			extra = 4
		}
		if i+1+extra > len(b) {
			return out
		}
		for k := range extra {
			back |= int(b[i+1+k]) << (8 * k)
		}
		i += 1 + extra
		switch tag & 3 {
		case 0:
			if extra > 0 {
				size = back + 1
			}
			if size > len(b)-i {
				return append(out, b[i:]...)
			}
			out = append(out, b[i:i+size]...)
			i += size
			continue
		case 1:
			back |= tag >> 5 << 8
		}
		if back <= 0 || back > len(out) || len(out)+size > n {
			return nil
		}
		for range size {
			out = append(out, out[len(out)-back])
		}
	}
	return out
}

// openLZ4Block reads an LZ4 block without a frame, with or without its
// unpacked length in front.
func openLZ4Block(r io.Reader) (io.Reader, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if len(b) > 8 {
		size := uint64(binary.LittleEndian.Uint32(b))
		if out, err := lz4Sequences(nil, b[4:]); err == nil && uint64(len(out)) == size {
			return bytes.NewReader(out), nil
		}
	}
	out, err := lz4Sequences(nil, b)
	if errors.Is(err, io.ErrUnexpectedEOF) && len(out) > len(b) {
		return cutReader(out), nil
	}
	if err == nil && len(out) > len(b) {
		return bytes.NewReader(out), nil
	}
	if len(b) > 12 { // cut behind its length
		size := uint64(binary.LittleEndian.Uint32(b))
		out, err := lz4Sequences(nil, b[4:])
		if errors.Is(err, io.ErrUnexpectedEOF) && uint64(len(out)) < size && size < layerLimit {
			return cutReader(out), nil
		}
	}
	return nil, errLZ4
}

// openLZ4Legacy reads the frames of the first program lz4: blocks of up to
// 8 MiB behind their lengths.
func openLZ4Legacy(r io.Reader) (io.Reader, error) {
	b, err := io.ReadAll(io.LimitReader(r, layerLimit))
	if err != nil || len(b) < 8 {
		return nil, errLZ4
	}
	var out []byte
	for b = b[4:]; len(b) > 4; {
		size := int(binary.LittleEndian.Uint32(b))
		if size <= 0 || size > layerLimit {
			break // another frame
		}
		cut := size > len(b)-4
		block, err := lz4Sequences(nil, b[4:4+min(size, len(b)-4)])
		if out = append(out, block...); cut || err != nil || len(out) > layerLimit {
			return cutReader(out), nil
		}
		b = b[4+size:]
	}
	return bytes.NewReader(out), nil
}

// shortFront is front for formats that are read at one go.
func shortFront(b []byte) []int {
	if len(b) > 1<<20 {
		return nil
	}
	return front(b)
}
