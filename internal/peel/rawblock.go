package peel

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/snappy"
)

// openSnappyBlock reads a Snappy block without frames. Its length in front
// and every element must be right.
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
		return nil, err
	}
	return bytes.NewReader(plain), nil
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
	if err != nil || len(out) <= len(b) {
		return nil, errLZ4
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
