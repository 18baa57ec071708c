package peel

import (
	"bytes"
	"strconv"
	"strings"
)

// dumpPeeler reads what xxd, hexdump and od print: "hexdump". Each line has
// the place, in hex or octal, and then the bytes in hex.
type dumpPeeler struct{}

func (dumpPeeler) Name() string { return "hexdump" }

const (
	dumpLine  = 160 // bytes of a line
	dumpWidth = 32  // bytes that a line shows at most
)

func (dumpPeeler) Peel(in Input) []Candidate {
	if in.Shape.Printable < 0.9 || len(in.Bytes) < 24 {
		return nil
	}
	var out []Candidate
	for at := 0; at < len(in.Bytes) && len(out) < runLimit; {
		plain, used := dumpLines(in.Bytes[at:])
		if len(plain) >= 8 {
			whole := at <= 4 && at+used >= len(in.Bytes)-dumpLine
			out = append(out, Candidate{Coats: []string{"hexdump"}, Bytes: plain, Offset: at, Length: used, Score: bid(plain, 0.9), Whole: whole})
		}
		next := bytes.IndexByte(in.Bytes[at+used:], '\n')
		if next < 0 {
			break
		}
		at += used + next + 1
	}
	return out
}

// dumpLines reads lines from the front as long as the places go on.
func dumpLines(b []byte) (plain []byte, used int) {
	for base := -1; used < len(b); {
		end := bytes.IndexByte(b[used:min(len(b), used+dumpLine)], '\n')
		line := b[used:min(len(b), used+dumpLine)]
		if end >= 0 {
			line = line[:end]
		} else if len(b)-used > dumpLine {
			return plain, used
		}
		place, shown := dumpOf(string(line))
		if base < 0 && place >= 0 {
			base = place
		}
		if place < 0 || place != base+len(plain) || len(shown) == 0 {
			return plain, used
		}
		plain = append(plain, shown...)
		if used += len(line); end >= 0 {
			used++
		}
	}
	return plain, used
}

// dumpOf reads one line; place is -1 if it is none.
func dumpOf(line string) (place int, shown []byte) {
	line = strings.TrimRight(strings.TrimLeft(line, " "), "\r")
	head, rest, ok := strings.Cut(line, " ")
	head = strings.TrimSuffix(head, ":")
	if !ok || len(head) < 4 || len(head) > 16 {
		return -1, nil
	}
	radix := 16
	if len(head) == 7 { // as od writes it
		radix = 8
	}
	n, err := strconv.ParseUint(head, radix, 40)
	if err != nil {
		return -1, nil
	}
	for len(shown) < dumpWidth {
		trimmed := strings.TrimLeft(rest, " -")
		if gap := len(rest) - len(trimmed); len(shown) > 0 && gap > 1 && (gap > 3 || len(shown) != 8) {
			break // what follows is the text
		}
		group, after, _ := strings.Cut(trimmed, " ")
		if group == "" || len(group)%2 != 0 || len(group) > 16 || len(strings.Trim(group, digits+"abcdefABCDEF")) > 0 {
			break
		}
		shown = append(shown, unhex([]byte(group))...)
		rest = after
		if len(trimmed) > len(group) {
			rest = trimmed[len(group):]
			rest = strings.TrimPrefix(rest, " ")
			if strings.HasPrefix(rest, " ") {
				rest = " " + rest
			}
		}
	}
	return int(n), shown
}
