package peel

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// Formats whose streams are a chain of blocks with their lengths in front can
// be taken up at a block that stands alone, or one whose references to before
// can be told: "zstd:tail", "lz4:tail", "snappy:tail", "xz:tail".

// framedTails lists what can be read from later blocks on.
func framedTails(in Input) []Candidate {
	var out []Candidate
	for _, tails := range []func(Input) []Candidate{snappyTails, xzTails, zstdTails, lz4Tails} {
		if out = append(out, tails(in)...); len(out) > 0 && in.Cribs != nil {
			break
		}
	}
	return out
}

// tailBid judges what came out from a place on.
func tailBid(in Input, coat string, at int, plain []byte, clean bool) (Candidate, bool) {
	if len(plain) == 0 {
		return Candidate{}, false
	}
	score := tailScore(in, plain, plain[:min(len(plain), tailHead)], clean)
	return Candidate{Coats: []string{coat}, Bytes: plain, Offset: at, Length: len(in.Bytes) - at, Score: score, Whole: score >= 0.8}, score > 0
}

const (
	zstdBlock     = 128 << 10 // RFC 8878, 3.1.1.2.4
	zstdTailTries = 16
	zstdHistory   = 1 << 20 // how far back a block may refer
	// zstdTailHead is the head of a frame with a window of 8 MiB and the
	// dictionary number 1.
	zstdTailHead = "\x28\xb5\x2f\xfd\x01\x68\x01"
)

// zstdTails takes up the blocks of a zstd frame behind its head. A block must
// bring its own tables. As in deflate, the text before it is not known, so it
// is decoded behind two that have no byte in common.
func zstdTails(in Input) []Candidate {
	var out []Candidate
	var decoders [2]*zstd.Decoder
	defer func() {
		for _, d := range decoders {
			if d != nil {
				d.Close()
			}
		}
	}()
	tries := 0
	for at := 0; at < min(len(in.Bytes)-8, tailBytes) && tries < zstdTailTries; at++ {
		end := zstdChain(in.Bytes[at:])
		if end == 0 {
			continue
		}
		tries++
		stream := append([]byte(zstdTailHead), in.Bytes[at:at+end]...)
		var both [2][]byte
		clean := true
		for i := range both {
			if decoders[i] == nil {
				if decoders[i] = zstdBehind(byte(i)); decoders[i] == nil {
					return out
				}
			}
			err := decoders[i].Reset(bytes.NewReader(stream))
			if err == nil {
				both[i], err = readUpTo(decoders[i], in.Limit)
			}
			clean = clean && err == nil
		}
		plain, known := unknownWhereDifferent(both[0], both[1])
		if known < 32 {
			continue
		}
		if c, ok := tailBid(in, "zstd:tail", at, plain, clean); ok {
			if out = append(out, c); in.Cribs != nil {
				break
			}
		}
	}
	return out
}

// zstdBehind is a decoder of frames behind a text of one byte.
func zstdBehind(fill byte) *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20), zstd.WithDecoderMaxWindow(8<<20),
		zstd.WithDecoderLowmem(true), zstd.WithDecoderDictRaw(1, bytes.Repeat([]byte{fill}, zstdHistory)))
	if err != nil {
		return nil
	}
	return d
}

// zstdChain follows the heads of blocks from the front, and returns where they
// end; 0 if these are none. The first must be compressed, with a table of its
// own or literals as they are. The last one must end with the bytes, but for
// a check sum, or before another frame; or the bytes end within the chain.
func zstdChain(b []byte) int {
	for at, blocks := 0, 0; ; blocks++ {
		if at+3 > len(b) {
			return b2i(blocks > 2) * len(b)
		}
		head := int(b[at]) | int(b[at+1])<<8 | int(b[at+2])<<16
		last, kind, size := head&1 == 1, head>>1&3, head>>3
		const rle, compressed, reserved = 1, 2, 3
		if kind == reserved || size > zstdBlock || blocks == 0 && (kind != compressed || size < 16 || b[at+3]&3 == reserved) {
			return 0
		}
		if kind == rle {
			size = 1
		}
		at += 3 + size
		switch {
		case at > len(b):
			return b2i(blocks > 1) * len(b)
		case last && (len(b)-at == 0 || len(b)-at == 4 || zstdFollows(b[at:])):
			return at
		case last:
			return 0
		}
	}
}

// zstdFollows reports whether another frame begins here or behind a check sum.
func zstdFollows(b []byte) bool {
	const magic = "\x28\xb5\x2f\xfd"
	return bytes.HasPrefix(b, []byte(magic)) || len(b) > 4 && bytes.HasPrefix(b[4:], []byte(magic))
}

// unknownWhereDifferent joins two readings: where they differ, a byte is not
// known. known counts the others.
func unknownWhereDifferent(a, b []byte) (plain []byte, known int) {
	plain = a
	for i := range plain[:min(len(a), len(b))] {
		if plain[i] != b[i] {
			plain[i] = tailUnknown
			continue
		}
		known++
	}
	return plain, known
}

// lz4Tails takes up the blocks of an LZ4 frame behind its head, with or
// without check sums.
func lz4Tails(in Input) []Candidate {
	var out []Candidate
	tries := 0
	for at := 0; at < min(len(in.Bytes)-8, tailBytes) && tries < tailTries; at++ {
		for _, sum := range []int{0, 4} {
			blocks := lz4Chain(in.Bytes[at:], sum)
			if len(blocks) == 0 {
				continue
			}
			tries++
			if c, ok := lz4Tail(in, at, blocks); ok {
				if out = append(out, c); in.Cribs != nil {
					return out
				}
			}
		}
	}
	return out
}

// lz4Part is a block and whether it is stored as it is.
type lz4Part struct {
	b      []byte
	stored bool
}

// lz4Chain follows the lengths of blocks up to the mark of the end or the end
// of the bytes. One block alone shows nothing.
func lz4Chain(b []byte, sum int) []lz4Part {
	var blocks []lz4Part
	for at := 0; len(blocks) < 1<<10; {
		if at == len(b) && len(blocks) > 1 {
			return blocks
		}
		if at+4 > len(b) {
			return nil
		}
		head := binary.LittleEndian.Uint32(b[at:])
		size := int(head &^ (1 << 31))
		at += 4
		switch rest := len(b) - at; {
		case head == 0 && len(blocks) > 0 && (rest == 0 || rest == 4):
			return blocks
		case size == 0 || size > lz4Block || len(blocks) == 0 && (size < 16 || size >= rest):
			return nil
		case size >= rest && len(blocks) > 1:
			return append(blocks, lz4Part{b[at:], head>>31 == 1})
		case size+sum > rest:
			return nil
		}
		blocks = append(blocks, lz4Part{b[at : at+size], head>>31 == 1})
		at += size + sum
	}
	return blocks
}

// lz4Tail decodes blocks behind two windows without a byte in common.
func lz4Tail(in Input, at int, blocks []lz4Part) (Candidate, bool) {
	var both [2][]byte
	for i := range both {
		out := bytes.Repeat([]byte{byte(i)}, lz4Window)
		for _, block := range blocks {
			var err error
			if block.stored {
				out = append(out, block.b...)
			} else if out, err = lz4Sequences(out, block.b); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
				return Candidate{}, false
			}
			if len(out) > in.Limit {
				break
			}
		}
		both[i] = out[lz4Window:min(len(out), lz4Window+in.Limit)]
	}
	plain, known := unknownWhereDifferent(both[0], both[1])
	if known < 32 {
		return Candidate{}, false
	}
	return tailBid(in, "lz4:tail", at, plain, true)
}

// snappyTails takes up the chunks of framed Snappy behind its head. Each
// stands alone and has a check sum, which proves it.
func snappyTails(in Input) []Candidate {
	const head = "\xff\x06\x00\x00sNaPpY"
	if bytes.Contains(in.Bytes, []byte(head)) {
		return nil // another peeler opens it
	}
	for at := 0; at < min(len(in.Bytes)-12, tailBytes); at++ {
		if !snappyChunk(in.Bytes[at:]) {
			continue
		}
		stream := io.MultiReader(bytes.NewReader([]byte(head)), bytes.NewReader(in.Bytes[at:]))
		plain, _ := readUpTo(snappy.NewReader(stream), in.Limit)
		return []Candidate{{Coats: []string{"snappy:tail"}, Bytes: plain, Offset: at, Length: len(in.Bytes) - at, Score: 0.95, Whole: true}}
	}
	return nil
}

// snappyChunk reports whether a chunk with a right check sum begins here.
func snappyChunk(b []byte) bool {
	const largest = 1 << 16
	size := int(b[1]) | int(b[2])<<8 | int(b[3])<<16
	if b[0] > 1 || size < 8 || size > len(b)-4 || size > 2*largest {
		return false
	}
	sum, plain := binary.LittleEndian.Uint32(b[4:]), b[8:4+size]
	if b[0] == 0 {
		if n, err := snappy.DecodedLen(plain); err != nil || n > largest {
			return false
		}
		var err error
		if plain, err = snappy.Decode(nil, plain); err != nil {
			return false
		}
	}
	c := crc32.Checksum(plain, crc32.MakeTable(crc32.Castagnoli))
	return len(plain) > 0 && (c>>15|c<<17)+0xa282ead8 == sum // masked, as the format asks for
}

// xzTails takes up xz at the head of a later block, which its check sum
// proves, or LZMA2 at a chunk that sets everything back. Within other chunks
// nothing can be read: each symbol depends on all before.
func xzTails(in Input) []Candidate {
	var out []Candidate
	tries := 0
	for at := 0; at < min(len(in.Bytes)-16, tailBytes) && tries < tailTries && len(out) < tailTries; at++ {
		b := in.Bytes[at:]
		sure := xzBlockHead(b)
		if !sure && !lzma2Reset(b) {
			continue
		}
		tries++
		plain, used, clean := xzFrom(b, sure, in.Limit)
		if sure && len(plain) > 0 {
			out = append(out, Candidate{Coats: []string{"xz:tail"}, Bytes: plain, Offset: at, Length: used, Score: 0.95, Whole: true})
			at += used - 1
			continue
		}
		// What LZMA makes of noise repeats itself, and may look like text.
		if len(plain) > 0 && (in.Cribs == nil || in.Cribs.Has(plain) || clean && len(b)-used < 16 && len(plain) >= 64) {
			out = append(out, Candidate{Coats: []string{"xz:tail"}, Bytes: plain, Offset: at, Length: used, Score: 0.8, Whole: true})
		}
	}
	return out
}

// xzBlockHead reports whether the head of a block of LZMA2 alone, with a right
// check sum, begins here.
func xzBlockHead(b []byte) bool {
	size := (int(b[0]) + 1) * 4
	if b[0] == 0 || size > len(b) || b[1]&0x3f != 0 {
		return false
	}
	return bytes.Contains(b[2:size-4], []byte("\x21\x01")) && crc32.ChecksumIEEE(b[:size-4]) == binary.LittleEndian.Uint32(b[size-4:])
}

// lzma2Reset reports whether a chunk of LZMA2 that needs nothing from before
// may begin here. The range coder's first byte is always zero.
func lzma2Reset(b []byte) bool {
	const props = 9 * 5 * 5
	return b[0] >= 0xe0 && b[5] < props && b[5]%9+b[5]/9%5 <= 4 && b[6] == 0 && int(binary.BigEndian.Uint16(b[3:])) > 16
}

// xzFrom reads one block from its head, or the chunks from one on.
func xzFrom(b []byte, head bool, limit int) (plain []byte, used int, clean bool) {
	src := bytes.NewReader(b)
	z := &xzReader{r: bufio.NewReaderSize(src, 512), inBlock: !head}
	blocks := 0
	z.more = func() error {
		if !z.inBlock {
			if blocks++; blocks > 1 {
				return io.EOF // the check sum's length stands in the head of the file
			}
		}
		return z.step()
	}
	if !head {
		blocks = 1
	}
	plain, err := readUpTo(z, limit)
	return slices.Clip(plain), len(b) - src.Len() - z.r.Buffered(), err == nil
}
