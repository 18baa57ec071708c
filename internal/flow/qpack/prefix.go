package qpack

import (
	"errors"
	"fmt"

	"golang.org/x/net/http2/hpack"
)

// errMore says that octets are missing at the end.
var errMore = errors.New("qpack: the octets end too early")

var errNumber = errors.New("qpack: a number is too large")

// number reads an integer whose first octet has room for it in its lowest
// bits (RFC 7541, section 5.1), and returns what follows.
func number(b []byte, bits int) (n uint64, rest []byte, err error) {
	if len(b) == 0 {
		return 0, nil, errMore
	}
	most := uint64(1)<<bits - 1
	n, b = uint64(b[0])&most, b[1:]
	if n < most {
		return n, b, nil
	}
	for shift := 0; len(b) > 0; shift += 7 {
		if shift > 56 {
			return 0, nil, errNumber
		}
		n += uint64(b[0]&0x7f) << shift
		if b[0]&0x80 == 0 {
			return n, b[1:], nil
		}
		b = b[1:]
	}
	return 0, nil, errMore
}

// text reads a string whose length, with the mark of Huffman's code before
// it, begins in the lowest bits of the first octet.
func text(b []byte, bits, most int) (s string, rest []byte, err error) {
	if len(b) == 0 {
		return "", nil, errMore
	}
	packed := b[0]>>bits&1 == 1
	n, b, err := number(b, bits)
	switch {
	case err != nil:
		return "", nil, err
	case n > uint64(most):
		return "", nil, fmt.Errorf("qpack: a string of %d octets; at most %d are read", n, most)
	case uint64(len(b)) < n:
		return "", nil, errMore
	case !packed:
		return string(b[:n]), b[n:], nil
	}
	if s, err = hpack.HuffmanDecodeToString(b[:n]); err != nil {
		return "", nil, fmt.Errorf("qpack: a string in Huffman's code: %w", err)
	}
	return s, b[n:], nil
}
