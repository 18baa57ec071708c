package peel

import "bytes"

// uuPeeler reads uuencode, with its lines of "begin" and "end" or without,
// and yEnc.
type uuPeeler struct{}

func (uuPeeler) Name() string { return "uuencode" }

func (uuPeeler) Peel(in Input) []Candidate {
	out := yenc(in)
	if in.Shape.Printable < 0.9 {
		return out
	}
	for from := 0; from < len(in.Bytes) && len(out) < runLimit; {
		plain, length := uuBlock(in.Bytes[from:])
		if len(plain) >= 8 {
			begin := beginLine(in.Bytes[:from])
			c := Candidate{Coats: []string{"uuencode"}, Bytes: plain, Offset: begin, Length: from + length - begin, Score: 0.95}
			if begin == from {
				c.Score = bid(plain, 0.4)
			}
			c.Whole = begin == 0 && c.Length >= len(in.Bytes)-8
			out = append(out, c)
			from += length
			continue
		}
		next := bytes.IndexByte(in.Bytes[from:], '\n')
		if next < 0 {
			break
		}
		from += next + 1
	}
	return out
}

// beginLine returns where the line "begin" in front of a block starts, or
// the end of b.
func beginLine(b []byte) int {
	at := bytes.LastIndexByte(bytes.TrimSuffix(b, []byte("\n")), '\n') + 1
	if i := bytes.LastIndex(b[at:], []byte("begin ")); i >= 0 {
		return at + i
	}
	return len(b)
}

// uuBlock decodes lines from the front as long as they are right.
func uuBlock(b []byte) (plain []byte, length int) {
	for length < len(b) {
		line := b[length:]
		end := bytes.IndexByte(line, '\n')
		if end < 0 {
			end = len(line)
		}
		got, ok := uuLine(bytes.TrimSuffix(line[:end], []byte("\r")))
		if !ok {
			break
		}
		plain = append(plain, got...)
		length = min(length+end+1, len(b))
	}
	return plain, length
}

// uuLine decodes one line: a sign for its length, and four for three bytes.
func uuLine(line []byte) ([]byte, bool) {
	if len(line) < 2 {
		return nil, false
	}
	n := int(line[0]-' ') & 63
	signs := line[1:]
	need := (n + 2) / 3 * 4
	if line[0] < ' ' || line[0] > '`' || n == 0 || n > 45 || len(signs) > need+1 || len(signs) < (n*8+5)/6-2 {
		return nil, false
	}
	out := make([]byte, 0, need)
	var held uint32
	for i := range need {
		c := byte(' ')
		if i < len(signs) {
			c = signs[i]
		}
		if c < ' ' || c > '`' {
			return nil, false
		}
		if held = held<<6 | uint32(c-' ')&63; i%4 == 3 {
			out = append(out, byte(held>>16), byte(held>>8), byte(held))
		}
	}
	return out[:n], true
}

// yenc reads the lines between =ybegin and =yend.
func yenc(in Input) []Candidate {
	from := bytes.Index(in.Bytes, []byte("=ybegin "))
	if from < 0 {
		return nil
	}
	_, body, ok := bytes.Cut(in.Bytes[from:], []byte("\n"))
	if !ok {
		return nil
	}
	if bytes.HasPrefix(body, []byte("=ypart ")) {
		_, body, _ = bytes.Cut(body, []byte("\n"))
	}
	if end := bytes.Index(body, []byte("\n=yend")); end >= 0 {
		body = body[:end]
	}
	out := make([]byte, 0, len(body))
	for i := 0; i < len(body); i++ {
		switch c := body[i]; c {
		case '\r', '\n':
		case '=':
			if i++; i < len(body) {
				out = append(out, body[i]-64-42)
			}
		default:
			out = append(out, c-42)
		}
	}
	if len(out) == 0 || len(out) > in.Limit {
		return nil
	}
	return []Candidate{{Coats: []string{"yenc"}, Bytes: out, Offset: from, Score: 0.9, Whole: from == 0}}
}
