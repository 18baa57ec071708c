package peel

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/flate"
)

// tailPeeler opens the rest of a compressed stream whose beginning was not
// captured, from the first block that begins later: "deflate:tail",
// "bzip2:tail" and those of [framedTails]. Deflate refers back to text before the block; where that is
// unknown, a question mark stands.
type tailPeeler struct{}

func (tailPeeler) Name() string { return "tail" }

const (
	tailBytes   = 256 << 10 // places looked at
	tailHead    = 4096      // bytes inflated to judge a place
	tailWindow  = 32 << 10
	tailTries   = 64
	tailUnknown = '?'
)

func (tailPeeler) Peel(in Input) []Candidate {
	if in.Shape.Text() || in.Best >= 0.8 || in.Sure < 0.5 || in.Derived || len(in.Bytes) < 48 || in.Shape.Entropy < 4 {
		return nil
	}
	if c, ok := bzip2Tail(in); ok {
		return []Candidate{c}
	}
	out := framedTails(in)
	if len(out) > 0 && in.Cribs != nil {
		return out
	}
	starts := tailStarts(in.Bytes)
	if in.Cribs == nil {
		starts = append([]int{0, 1, 2, 3, 4, 5, 6, 7}, starts...)
	}
	for _, at := range starts {
		c, ok := deflateTail(in, at)
		if !ok {
			continue
		}
		if out = append(out, c); in.Cribs != nil {
			break // what follows is in it
		}
	}
	return out
}

// tailStarts lists the bits at which a block of deflate may begin: with a
// table of codes that is complete, or behind a flush.
func tailStarts(b []byte) []int {
	var at []int
	end := min(len(b)-16, tailBytes)
	for i := 0; i < end && len(at) < tailTries; i++ {
		if binary.LittleEndian.Uint32(b[i:]) == 0xffff0000 {
			at = append(at, 8*(i+4))
		}
		word := binary.LittleEndian.Uint64(b[i:])
		for bit := range 8 {
			if w := word >> bit; w&6 == 4 && w>>3&31 < 30 && w>>8&31 < 30 && codesComplete(b, 8*i+bit) {
				at = append(at, 8*i+bit)
			}
		}
	}
	return at
}

// codesComplete reads the table at the head of a block with its own codes
// (RFC 1951, section 3.2.7), as zlib writes it: each of the three codes must
// be complete, and there must be a code for the end.
func codesComplete(b []byte, at int) bool {
	r := tailBits{b: b, at: at + 3}
	literals, distances, count := int(r.take(5))+257, int(r.take(5))+1, int(r.take(4))+4
	var lengths [19]byte
	var spread [8]int
	for _, i := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}[:count] {
		lengths[i] = byte(r.take(3))
		spread[lengths[i]]++
	}
	if !complete(spread[:]) {
		return false
	}
	var all [320]byte
	for n := 0; n < literals+distances; {
		symbol, ok := r.symbol(&lengths)
		if !ok {
			return false
		}
		repeat, value := 1, byte(symbol)
		switch symbol {
		case 16:
			if n == 0 {
				return false
			}
			repeat, value = 3+int(r.take(2)), all[n-1]
		case 17:
			repeat, value = 3+int(r.take(3)), 0
		case 18:
			repeat, value = 11+int(r.take(7)), 0
		}
		if n+repeat > literals+distances {
			return false
		}
		for ; repeat > 0; repeat-- {
			all[n] = value
			n++
		}
	}
	return all[256] > 0 && completeCodes(all[:literals]) && (completeCodes(all[literals:literals+distances]) || oneCode(all[literals:literals+distances]))
}

// complete reports whether counts of codes by their length use up all codes.
func complete(spread []int) bool {
	left := 1
	for _, n := range spread[1:] {
		left = 2*left - n
		if left < 0 {
			return false
		}
	}
	return left == 0
}

func completeCodes(lengths []byte) bool {
	var spread [16]int
	for _, n := range lengths {
		spread[n]++
	}
	return complete(spread[:])
}

// oneCode: a block may have one distance or none.
func oneCode(lengths []byte) bool {
	used := 0
	for _, n := range lengths {
		used += int(min(n, 2))
	}
	return used <= 1
}

// tailBits reads bits, the least significant first. Behind the end are zeros.
type tailBits struct {
	b  []byte
	at int
}

func (r *tailBits) take(n int) uint {
	var v uint
	for i := range n {
		if byteAt := r.at >> 3; byteAt < len(r.b) {
			v |= uint(r.b[byteAt]>>(r.at&7)&1) << i
		}
		r.at++
	}
	return v
}

// symbol reads one symbol of a canonical code given by its lengths.
func (r *tailBits) symbol(lengths *[19]byte) (int, bool) {
	code, first := 0, 0
	for n := byte(1); n < 8; n++ {
		code |= int(r.take(1))
		count := 0
		for _, l := range lengths {
			if l == n {
				count++
			}
		}
		if code-first < count {
			skip := code - first
			for s, l := range lengths {
				if l == n {
					if skip == 0 {
						return s, r.at < 8*len(r.b)
					}
					skip--
				}
			}
		}
		first = (first + count) << 1
		code <<= 1
	}
	return 0, false
}

// deflateTail inflates from a bit on and judges what comes out.
func deflateTail(in Input, at int) (Candidate, bool) {
	b := shiftBits(in.Bytes[at>>3:], at&7)
	head, known, _ := inflateUnknown(b, tailHead)
	if len(head) < 32 || in.Cribs != nil && known < len(head)/8 {
		return Candidate{}, false
	}
	plain, _, clean := inflateUnknown(b, in.Limit)
	score := tailScore(in, plain, head, clean)
	return Candidate{Coats: []string{"deflate:tail"}, Bytes: plain, Offset: at >> 3, Length: len(in.Bytes) - at>>3, Score: score}, score > 0
}

func tailScore(in Input, plain, head []byte, clean bool) float64 {
	certain := bytes.ReplaceAll(head, []byte{tailUnknown}, nil)
	switch {
	case in.Cribs == nil: // on the way back, when the bytes are known
		return 0.5
	case in.Cribs.Has(plain):
		return 0.85
	case len(certain) >= 32 && readable(certain) && evidence(certain) >= 60:
		return 0.7
	case clean && len(plain) >= 64:
		return 0.5
	}
	return 0
}

// shiftBits drops up to seven bits from the front.
func shiftBits(b []byte, n int) []byte {
	if n == 0 {
		return b
	}
	out := make([]byte, len(b))
	for i := range b {
		out[i] = b[i] >> n
		if i+1 < len(b) {
			out[i] |= b[i+1] << (8 - n)
		}
	}
	return out
}

// inflateUnknown inflates deflate behind a window that is not known. It does
// so twice, behind two windows that have no byte in common: where the results
// differ, the byte is unknown. clean says that the stream came to its end
// with little behind it; known is the number of bytes that are known.
func inflateUnknown(b []byte, limit int) (plain []byte, known int, clean bool) {
	var both [2][]byte
	for i := range both {
		src := bytes.NewReader(b)
		window := bytes.Repeat([]byte{byte(i)}, tailWindow)
		out, err := readUpTo(io.LimitReader(flate.NewReaderDict(src, window), int64(limit)), limit)
		both[i] = out
		clean = err == nil && len(out) < limit && src.Len() <= 12
	}
	plain, known = unknownWhereDifferent(both[0], both[1])
	return plain, known, clean
}

const bzip2Magic = 0x314159265359

// bzip2Tail finds the first block of bzip2, which begins at any bit, and
// reads from there. A stream that has its head is for another peeler.
func bzip2Tail(in Input) (Candidate, bool) {
	if bytes.Contains(in.Bytes[:min(len(in.Bytes), tailBytes)], []byte("1AY&SY")) && len(bzip2Starts(in.Bytes)) > 0 {
		return Candidate{}, false
	}
	var window uint64
	for i, c := range in.Bytes[:min(len(in.Bytes), 4*tailBytes)] {
		window = window<<8 | uint64(c)
		for bit := range 8 {
			if at := 8*(i+1) - bit - 48; at >= 0 && window>>bit&(1<<48-1) == bzip2Magic {
				return bzip2From(in, at)
			}
		}
	}
	return Candidate{}, false
}

// bzip2From reads blocks from a bit on behind a head of its own. The check
// sum of the whole cannot be right; those of the blocks are.
func bzip2From(in Input, at int) (Candidate, bool) {
	body := in.Bytes[at>>3:]
	b := append(make([]byte, 0, 4+len(body)), "BZh9"...)
	for i := range body {
		c := body[i] << (at & 7)
		if i+1 < len(body) {
			c |= body[i+1] >> (8 - at&7)
		}
		b = append(b, c)
	}
	plain, _ := readUpTo(bzip2.NewReader(bytes.NewReader(b)), in.Limit)
	return Candidate{Coats: []string{"bzip2:tail"}, Bytes: plain, Offset: at >> 3, Length: len(body), Score: 0.95}, len(plain) > 0
}
