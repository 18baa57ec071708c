package bayes

import (
	"strings"
	"unicode"
)

// span is a stretch of the text, in characters.
type span struct{ lo, hi int }

// message is a list of pieces of the text, ordered by their begin. Pieces may
// overlap: a word can be sent as its two halves.
type message []span

// reach returns for each position how far a piece that begins there or before
// goes. A stretch lo..hi is within a piece if and only if reach[lo] >= hi.
func (m message) reach(n int) []int32 {
	out := make([]int32, n+1)
	far, next := 0, 0
	for i := range out {
		for next < len(m) && m[next].lo <= i {
			far = max(far, m[next].hi)
			next++
		}
		out[i] = int32(far)
	}
	return out
}

// size is the length of the message with fillers, in characters.
func (m message) size(filler int) int {
	n := max(0, len(m)-1) * filler
	for _, p := range m {
		n += p.hi - p.lo
	}
	return n
}

// join writes the message.
func (m message) join(text []rune, filler string) string {
	pieces := make([]string, 0, len(m))
	for _, p := range m {
		pieces = append(pieces, string(text[p.lo:p.hi]))
	}
	if len(pieces) == 0 {
		return strings.TrimFunc(filler, unicode.IsSpace)
	}
	return strings.Join(pieces, filler)
}

// without removes a stretch from the pieces.
func (m message) without(gone span) message {
	out := make(message, 0, len(m)+1)
	for _, p := range m {
		if gone.hi <= p.lo || p.hi <= gone.lo {
			out = append(out, p)
			continue
		}
		if p.lo < gone.lo {
			out = append(out, span{p.lo, gone.lo})
		}
		if gone.hi < p.hi {
			out = append(out, span{gone.hi, p.hi})
		}
	}
	return out.sorted()
}

// broken breaks all that crosses a stretch, as a whole, and nothing smaller:
// each piece that holds it is sent as the part that ends before the stretch's
// last character and the part that begins after its first.
func (m message) broken(word span) message {
	out := make(message, 0, len(m)+1)
	for _, p := range m {
		if p.lo > word.lo || p.hi < word.hi {
			out = append(out, p)
			continue
		}
		if p.lo < word.hi-1 {
			out = append(out, span{p.lo, word.hi - 1})
		}
		if word.lo+1 < p.hi {
			out = append(out, span{word.lo + 1, p.hi})
		}
	}
	return out.sorted()
}

// sorted orders the pieces by begin and leaves out those within others.
func (m message) sorted() message {
	for i := 1; i < len(m); i++ {
		for j := i; j > 0 && (m[j].lo < m[j-1].lo || m[j].lo == m[j-1].lo && m[j].hi > m[j-1].hi); j-- {
			m[j], m[j-1] = m[j-1], m[j]
		}
	}
	out, far := m[:0], -1
	for _, p := range m {
		if p.hi > far && p.hi > p.lo {
			out, far = append(out, p), p.hi
		}
	}
	return out
}
