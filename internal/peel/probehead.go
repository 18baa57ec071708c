package peel

import (
	"bytes"
	"errors"
	"io"
	"math/bits"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
)

// With a list of keys all sorts of plaintext are believed, of which some show
// little at their beginning: containers, and streams without a magic. So of a
// long layer a few hundred bytes are looked at before it is decrypted whole.

// holdsHead is how much that is. Noise of that length can be told from the
// rest.
const holdsHead = 256

// holds reports whether h, the first bytes of a plaintext of size bytes, may
// go on as they began.
func (s *sealed) holds(h []byte, size int) bool {
	switch {
	case likelyHead(h[:min(len(h), probeHead)]) || !controls(h) || !noise(h):
		return true
	case likelyContainer(h, size):
		return magicWithin(h)
	case likelyDeflate(h, size):
		return s.in.ring.inflates(h, size)
	case likelyBrotli(h, size):
		return s.in.ring.unbrotlis(h, size)
	}
	return false
}

// magicWithin reports whether a stream with a magic begins among the first
// bytes: a value that a container holds.
func magicWithin(h []byte) bool {
	for i := range h[:min(len(h), probeHead)] {
		if known(h[i:]) {
			return true
		}
	}
	return false
}

// inflates reports whether b, the first bytes of size, begin like a raw deflate
// stream that goes on for a while. It keeps its reader, which is larger than
// most messages.
func (r *keyring) inflates(b []byte, size int) bool {
	if r == nil {
		return true
	}
	if r.inflater == nil {
		r.inflater = flate.NewReader(nil)
	}
	r.source.Reset(b)
	r.inflater.(flate.Resetter).Reset(&r.source, nil) //nolint:errcheck // it never fails without a dictionary
	n, err := io.ReadFull(r.inflater, r.head[:])
	cut := r.source.Len() <= 8 && (n > 8 || len(b) < size)
	return err == nil || errors.Is(err, io.ErrUnexpectedEOF) && cut
}

// unbrotlis is inflates for Brotli.
func (r *keyring) unbrotlis(b []byte, size int) bool {
	if r == nil {
		return true
	}
	if r.unbrotli == nil {
		r.unbrotli = brotli.NewReader(nil)
	}
	r.source.Reset(b)
	if err := r.unbrotli.Reset(&r.source); err != nil {
		return true
	}
	n, err := io.ReadFull(r.unbrotli, r.head[:])
	return err == nil || errors.Is(err, io.ErrUnexpectedEOF) && (len(b) < size || n > 8)
}

// bitReader takes bits from the lowest up, as deflate and Brotli have them;
// zeros behind the end.
type bitReader struct {
	b  []byte
	at int
}

// take reads n bits, 24 at most.
func (r *bitReader) take(n int) int {
	v := uint32(0)
	for i := range 4 {
		if at := r.at/8 + i; at < len(r.b) {
			v |= uint32(r.b[at]) << (8 * i)
		}
	}
	v >>= r.at % 8
	r.at += n
	return int(v & (1<<n - 1))
}

// code reads n bits of a code, which come with the highest first.
func (r *bitReader) code(n int) int {
	return int(bits.Reverse32(uint32(r.take(n))) >> (32 - n))
}

// ended reports whether all bits were read.
func (r *bitReader) ended() bool { return r.at >= 8*len(r.b) }

// likelyDeflate reports whether b, the first bytes of size, may begin a deflate
// stream: a block with the fixed codes that fits, or one whose code of code
// lengths is complete (RFC 1951, 3.2.6 and 3.2.7).
func likelyDeflate(b []byte, size int) bool {
	r := &bitReader{b: b}
	last := r.take(1) == 1
	switch r.take(2) {
	case 0: // stored: the length, and its complement
		r.at = 8
		n := r.take(16)
		return len(b) > 4 && n^r.take(16) == 0xffff
	case 1:
		return fixedFits(r, size, last)
	case 2:
		literals, distances, lengths := r.take(5), r.take(5), r.take(4)+4
		if literals > 29 || distances > 29 || r.at+3*lengths > 8*len(b) {
			return false
		}
		kraft := 0
		for range lengths {
			if n := r.take(3); n > 0 {
				kraft += 1 << (7 - n)
			}
		}
		return kraft == 1<<7
	}
	return false
}

// fixedFits reads symbols of the fixed codes as far as the bytes go: no
// distance reaches before the beginning, and behind the last is no more than
// padding.
func fixedFits(r *bitReader, size int, last bool) bool {
	for made := 0; ; {
		symbol := fixedSymbol(r)
		if symbol == 256 {
			return made > 0 && (!last || r.ended() || r.at/8 >= size-17)
		}
		length := 1
		if symbol > 256 {
			if length = deflateLength(r, symbol); length == 0 {
				return r.ended()
			}
			if d := deflateDistance(r); d == 0 || d > made {
				return r.ended() && made > 0
			}
		}
		if made += length; r.ended() {
			return true
		}
	}
}

// fixedSymbol reads a symbol (RFC 1951, 3.2.6).
func fixedSymbol(r *bitReader) int {
	c := r.code(7)
	if c < 0x18 {
		return 256 + c
	}
	if c = c<<1 | r.take(1); c < 0xc0 {
		return c - 0x30
	}
	if c < 0xc8 {
		return c - 0xc0 + 280
	}
	return c<<1 | r.take(1) - 0x190 + 144
}

// deflateLength reads the rest of a length; 0: there is no such symbol.
func deflateLength(r *bitReader, symbol int) int {
	switch i := symbol - 257; {
	case i < 8:
		return 3 + i
	case i < 28:
		extra := i/4 - 1
		return (4+i&3)<<extra + 3 + r.take(extra)
	case i == 28:
		return 258
	}
	return 0
}

// deflateDistance reads a distance of the fixed codes; 0: there is none such.
func deflateDistance(r *bitReader) int {
	c := r.code(5)
	switch {
	case c < 4:
		return c + 1
	case c < 30:
		extra := c/2 - 1
		return (2+c&1)<<extra + 1 + r.take(extra)
	}
	return 0
}

// likelyBrotli reports whether b, the first bytes of size, may begin a Brotli
// stream: its length fits, and so does the first prefix code (RFC 7932, 9.1 and
// 9.2).
func likelyBrotli(b []byte, size int) bool {
	r := &bitReader{b: b}
	if r.take(1) == 1 && r.take(3) == 0 && r.take(3) == 1 {
		return false // a large window: not of the RFC
	}
	last := r.take(1) == 1
	if last && r.take(1) == 1 {
		return false // empty
	}
	nibbles := r.take(2) + 4
	if nibbles == 7 {
		return false // metadata
	}
	n := r.take(4*nibbles) + 1
	if nibbles > 4 && n <= 1<<(4*nibbles-4) || n > 64*size || n < 4 || n < size/2 {
		return false
	}
	if !last && r.take(1) == 1 { // stored
		return n <= size
	}
	return brotliCodes(r) || r.ended()
}

// brotliCodes reads up to the first prefix code. What is behind it cannot be
// read without it.
func brotliCodes(r *bitReader) bool {
	for range 3 {
		if types := r.brotliCount(); types > 1 {
			return r.brotliPrefix(types + 2)
		}
	}
	r.take(8) // NPOSTFIX, NDIRECT, one context mode
	for range 2 {
		if trees := r.brotliCount(); trees > 1 {
			if r.take(1) == 1 {
				trees += r.take(4) + 1
			}
			return r.brotliPrefix(trees)
		}
	}
	return r.brotliPrefix(256)
}

// brotliCount reads a number of 1 to 256.
func (r *bitReader) brotliCount() int {
	if r.take(1) == 0 {
		return 1
	}
	n := r.take(3)
	return 1<<n + 1 + r.take(n)
}

// brotliPrefix reads the head of a prefix code for so many symbols: they are
// different, or the code of code lengths is complete (RFC 7932, 3.4 and 3.5).
func (r *bitReader) brotliPrefix(symbols int) bool {
	skip := r.take(2)
	if skip == 1 {
		var seen []byte
		for range r.take(2) + 1 {
			s := r.take(bits.Len(uint(symbols - 1)))
			if s >= symbols || bytes.IndexByte(seen, byte(s)) >= 0 && s < 256 {
				return false
			}
			seen = append(seen, byte(s))
		}
		return true
	}
	space, used := 32, 0
	for i := skip; i < 18 && space > 0; i++ {
		if n := r.brotliLength(); n > 0 {
			space -= 32 >> n
			used++
		}
	}
	return space == 0 || used == 1 && space > 0
}

// brotliLength reads the length of a code length's code.
func (r *bitReader) brotliLength() int {
	switch r.take(2) {
	case 0:
		return 0
	case 1:
		return 4
	case 2:
		return 3
	}
	switch {
	case r.take(1) == 0:
		return 2
	case r.take(1) == 0:
		return 1
	}
	return 5
}
