package peel

import (
	"bytes"
	"strconv"
	"strings"
)

// tarPeeler offers the files of a tar archive: "tar:NAME".
type tarPeeler struct{}

func (tarPeeler) Name() string { return "tar" }

const tarBlock = 512

func (tarPeeler) Peel(in Input) []Candidate {
	b := in.Bytes
	if len(b) < tarBlock || string(b[257:262]) != "ustar" && !tarSum(b) {
		return nil
	}
	var fields []field
	for at := 0; at+tarBlock <= len(b) && b[at] != 0 && len(fields) < partLimit; {
		head := b[at : at+tarBlock]
		size, ok := tarNumber(head[124:136])
		at += tarBlock
		if !ok {
			break
		}
		end := min(at+int(min(size, int64(len(b)))), len(b))
		name, _, _ := bytes.Cut(head[:100], []byte{0})
		if at < end {
			fields = append(fields, field{name: nameOf(name), bytes: b[at:end], at: at})
		}
		at = end + (tarBlock-end%tarBlock)%tarBlock
	}
	return fieldBids(in, "tar", fields, 0.97)
}

// tarSum checks the sum of an old head without the mark "ustar".
func tarSum(b []byte) bool {
	want, ok := tarNumber(b[148:156])
	if !ok || want == 0 {
		return false
	}
	var sum int64 = 8 * ' '
	for i, c := range b[:tarBlock] {
		if i < 148 || i >= 156 {
			sum += int64(c)
		}
	}
	return sum == want
}

// tarNumber reads octal digits, or a great number in base 256.
func tarNumber(b []byte) (int64, bool) {
	if b[0] == 0x80 {
		var n int64
		for _, c := range b[len(b)-7:] {
			n = n<<8 | int64(c)
		}
		return n, true
	}
	n, err := strconv.ParseInt(strings.Trim(string(b), " \x00"), 8, 62)
	return n, err == nil && n >= 0
}
