package peel_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"sort"
)

// lz4BlockOf is a greedy LZ4 block.
func lz4BlockOf(b []byte) []byte {
	var out []byte
	last := map[uint32]int{}
	anchor := 0
	for i := 0; i+12 < len(b); {
		word := binary.LittleEndian.Uint32(b[i:])
		at, seen := last[word]
		last[word] = i
		if !seen || i-at > 65535 {
			i++
			continue
		}
		n := 4
		for i+n < len(b)-5 && b[at+n] == b[i+n] {
			n++
		}
		out = lz4Token(out, b[anchor:i], n-4)
		out = binary.LittleEndian.AppendUint16(out, uint16(i-at))
		if n-4 >= 15 {
			out = lz4More(out, n-4-15)
		}
		i += n
		anchor = i
	}
	return lz4Token(out, b[anchor:], 0)
}

func lz4Token(out, literals []byte, match int) []byte {
	out = append(out, byte(min(len(literals), 15)<<4|min(match, 15)))
	if len(literals) >= 15 {
		out = lz4More(out, len(literals)-15)
	}
	return append(out, literals...)
}

func lz4More(out []byte, n int) []byte {
	for ; n >= 255; n -= 255 {
		out = append(out, 255)
	}
	return append(out, byte(n))
}

func lz4Frame(b []byte) []byte {
	out := []byte("\x04\x22\x4d\x18\x60\x40\x82")
	block := lz4BlockOf(b)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(block)))
	return append(append(out, block...), 0, 0, 0, 0)
}

// lz4Sized is a block behind its unpacked length, as databases store it.
func lz4Sized(b []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), lz4BlockOf(b)...)
}

// xzStored is an xz file of LZMA2 chunks that are stored, not compressed.
func xzStored(b []byte) []byte {
	out := []byte("\xfd7zXZ\x00\x00\x00")
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(out[6:8]))
	head := []byte{2, 0, 0x21, 1, 0x16, 0, 0, 0}
	out = append(out, head...)
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
	from := len(out)
	for i, control := 0, byte(1); i < len(b); i, control = i+65536, 2 {
		n := min(65536, len(b)-i)
		out = append(out, control, byte((n-1)>>8), byte(n-1))
		out = append(out, b[i:i+n]...)
	}
	out = append(out, 0)
	unpadded := len(out) - from + 12
	for len(out)%4 != 0 {
		out = append(out, 0)
	}
	index := []byte{0, 1}
	index = binary.AppendUvarint(index, uint64(unpadded))
	index = binary.AppendUvarint(index, uint64(len(b)))
	for len(index)%4 != 0 {
		index = append(index, 0)
	}
	index = binary.LittleEndian.AppendUint32(index, crc32.ChecksumIEEE(index))
	out = append(out, index...)
	foot := binary.LittleEndian.AppendUint32(nil, uint32(len(index)/4-1))
	foot = append(foot, 0, 0)
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(foot))
	return append(append(out, foot...), "YZ"...)
}

// bits gathers bits, the most significant first or, if low, the least.
type bits struct {
	out  []byte
	held uint64
	n    uint
	low  bool
}

func (w *bits) put(v uint64, n uint) {
	if w.low {
		w.held |= v << w.n
		for w.n += n; w.n >= 8; w.n -= 8 {
			w.out = append(w.out, byte(w.held))
			w.held >>= 8
		}
		return
	}
	for i := int(n) - 1; i >= 0; i-- {
		w.held = w.held<<1 | v>>uint(i)&1
		if w.n++; w.n == 8 {
			w.out = append(w.out, byte(w.held))
			w.held, w.n = 0, 0
		}
	}
}

func (w *bits) flush() []byte {
	if w.n > 0 && w.low {
		w.out = append(w.out, byte(w.held))
	} else if w.n > 0 {
		w.out = append(w.out, byte(w.held<<(8-w.n)))
	}
	w.held, w.n = 0, 0
	return w.out
}

// compressZ is what the program compress writes, up to 16 bits a code.
func compressZ(b []byte) []byte {
	w := bits{out: []byte("\x1f\x9d\x90"), low: true}
	width, next := uint(9), 257
	table := map[string]int{}
	for i := range 256 {
		table[string([]byte{byte(i)})] = i
	}
	codes := 0 // of this width: a width ends with a run of eight
	var held []byte
	emit := func() {
		w.put(uint64(table[string(held)]), width)
		codes++
	}
	for _, c := range b {
		longer := append(bytes.Clone(held), c)
		if _, ok := table[string(longer)]; ok {
			held = longer
			continue
		}
		emit()
		if next < 1<<16 {
			if next == 1<<width && width < 16 {
				for ; codes%8 != 0; codes++ {
					w.put(0, width)
				}
				width++
				codes = 0
			}
			table[string(longer)] = next
			next++
		}
		held = []byte{c}
	}
	emit()
	return w.flush()
}

const bzip2Block = 20000 // small, so that there are several

// bzip2Of writes bzip2 with one plain Huffman code.
func bzip2Of(b []byte) []byte {
	w := bits{out: []byte("BZh1")}
	var combined uint32
	for from := 0; from < len(b); from += bzip2Block {
		block := b[from:min(len(b), from+bzip2Block)]
		sum := bzip2Sum(block)
		combined = (combined<<1 | combined>>31) ^ sum
		w.put(0x314159265359, 48)
		w.put(uint64(sum), 32)
		w.put(0, 1)
		bzip2Write(&w, bzip2Runs(block))
	}
	w.put(0x177245385090, 48)
	w.put(uint64(combined), 32)
	return w.flush()
}

func bzip2Sum(b []byte) uint32 {
	crc := ^uint32(0)
	for _, c := range b {
		crc ^= uint32(c) << 24
		for range 8 {
			if crc>>31 != 0 {
				crc = crc<<1 ^ 0x04c11db7
			} else {
				crc <<= 1
			}
		}
	}
	return ^crc
}

// bzip2Runs writes how often a byte goes on behind four of it.
func bzip2Runs(b []byte) []byte {
	var out []byte
	for i := 0; i < len(b); {
		n := 1
		for i+n < len(b) && b[i+n] == b[i] && n < 255 {
			n++
		}
		for range min(n, 4) {
			out = append(out, b[i])
		}
		if n >= 4 {
			out = append(out, byte(n-4))
		}
		i += n
	}
	return out
}

func bzip2Write(w *bits, b []byte) {
	order := make([]int, len(b))
	for i := range order {
		order[i] = i
	}
	twice := append(bytes.Clone(b), b...)
	sort.SliceStable(order, func(i, j int) bool {
		return bytes.Compare(twice[order[i]:order[i]+len(b)], twice[order[j]:order[j]+len(b)]) < 0
	})
	var used [256]bool
	last := make([]byte, len(b))
	origin := 0
	for i, at := range order {
		if at == 0 {
			origin = i
		}
		last[i] = twice[at+len(b)-1]
		used[last[i]] = true
	}
	w.put(uint64(origin), 24)
	var front []byte
	var groups uint64
	for g := range 16 {
		for i := range 16 {
			if used[16*g+i] {
				groups |= 1 << (15 - g)
				front = append(front, byte(16*g+i))
			}
		}
	}
	w.put(groups, 16)
	for g := range 16 {
		if groups>>(15-g)&1 == 0 {
			continue
		}
		var bitsUsed uint64
		for i := range 16 {
			if used[16*g+i] {
				bitsUsed |= 1 << (15 - i)
			}
		}
		w.put(bitsUsed, 16)
	}
	symbols := bzip2Front(last, front)
	bzip2Codes(w, symbols, len(front)+2)
}

// bzip2Front moves bytes to the front and writes runs of zeros in two signs.
func bzip2Front(b, front []byte) []int {
	front = bytes.Clone(front)
	var out []int
	zeros := 0
	flush := func() {
		for ; zeros > 0; zeros = (zeros - 1) / 2 {
			out = append(out, (zeros-1)&1)
		}
	}
	for _, c := range b {
		at := bytes.IndexByte(front, c)
		copy(front[1:], front[:at])
		front[0] = c
		if at == 0 {
			zeros++
			continue
		}
		flush()
		out = append(out, at+1)
	}
	flush()
	return append(out, -1)
}

// bzip2Codes writes symbols in a code that is as even as it can be: the
// first ones are one bit shorter, so that no code is left over.
func bzip2Codes(w *bits, symbols []int, alphabet int) {
	length := uint(1)
	for 1<<length < alphabet {
		length++
	}
	short := 1<<length - alphabet
	selectors := (len(symbols) + 49) / 50
	w.put(2, 3)
	w.put(uint64(selectors), 15)
	for range selectors {
		w.put(0, 1)
	}
	for range 2 {
		w.put(uint64(length-1), 5)
		for s := range alphabet {
			if s == short {
				w.put(2, 2) // one more
			}
			w.put(0, 1)
		}
	}
	for _, s := range symbols {
		if s < 0 {
			s = alphabet - 1
		}
		if s < short {
			w.put(uint64(s), length-1)
			continue
		}
		w.put(uint64(s+short), length)
	}
}
