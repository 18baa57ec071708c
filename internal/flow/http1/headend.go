package http1

import "bytes"

// headEnd finds the end of a head that comes in pieces, as flow.HeadEnd does
// in one that is whole.
type headEnd struct{ state lineState }

type lineState int

const (
	atLead   lineState = iota // empty lines before the start line
	inLine                    // somewhere in a line
	atBegin                   // of a line
	atReturn                  // a line that is, so far, a carriage return
)

// find returns how many octets of b belong to the head, and whether it ends
// with them.
func (h *headEnd) find(b []byte) (n int, found bool) {
	for n < len(b) {
		if h.state == inLine {
			lf := bytes.IndexByte(b[n:], '\n')
			if lf < 0 {
				return len(b), false
			}
			n += lf + 1
			h.state = atBegin
			continue
		}
		c := b[n]
		n++
		switch {
		case h.state == atLead:
			if c != '\r' && c != '\n' {
				h.state = inLine
			}
		case c == '\n':
			return n, true
		case c == '\r' && h.state == atBegin:
			h.state = atReturn
		default:
			h.state = inLine
		}
	}
	return n, false
}
