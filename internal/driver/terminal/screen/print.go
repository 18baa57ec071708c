package screen

import (
	"unicode"

	"golang.org/x/text/width"
)

// maxCluster bounds the bytes that combining characters may add to one place.
const maxCluster = 64

// Width is the number of columns that a character takes: 0 for those that
// join the one before, 2 for wide ones. It follows what C libraries say.
func Width(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case r >= 0x1160 && r <= 0x11ff, r == 0x200b, unicode.In(r, unicode.Mn, unicode.Me), unicode.Is(unicode.Cf, r):
		return 0
	}
	if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
		return 2
	}
	return 1
}

// Columns is the width of a text.
func Columns(text string) int {
	n := 0
	for _, r := range text {
		n += Width(r)
	}
	return n
}

// lines are the characters of DEC's special graphics from ` on.
const lines = "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·"

// put writes one character at the cursor.
func (s *Screen) put(r rune) {
	if r >= 0x80 && r < 0xa0 {
		return
	}
	if s.graphics[s.shift] && r >= '`' && r <= '~' {
		r = []rune(lines)[r-'`']
	}
	w := Width(r)
	if w == 0 {
		s.combine(r)
		return
	}
	s.place(string(r), min(w, s.width))
}

// combine adds a character without width to the one before.
func (s *Screen) combine(r rune) {
	x := s.x - 1
	if s.wrap {
		x = s.x
	}
	if x >= 0 && s.rows[s.y][x].half == right {
		x--
	}
	if x < 0 {
		return
	}
	if c := &s.rows[s.y][x]; len(c.text) > 0 && len(c.text) < maxCluster {
		c.text += string(r)
		s.last = c.text
	}
}

// place writes a character of w columns and moves the cursor behind it.
func (s *Screen) place(text string, w int) {
	if s.wrap || s.x+w > s.width {
		s.nextLine()
	}
	r := s.rows[s.y]
	if s.insert {
		s.shiftRight(w)
	}
	r.clear(s.x, s.x+w)
	r[s.x] = cell{text: text}
	if w == 2 {
		r[s.x].half, r[s.x+1] = left, cell{half: right}
	}
	s.last = text
	s.x += w
	if s.x >= s.width {
		s.x, s.wrap = s.width-1, s.autowrap
	}
}

func (s *Screen) nextLine() {
	s.wrap = false
	if !s.autowrap {
		s.x = max(0, s.width-2)
		return
	}
	s.rows[s.y][s.width-1].on = true
	s.x = 0
	s.lineFeed()
}

// clear empties the columns from..to-1, and the other halves of wide
// characters that are cut.
func (r row) clear(from, to int) {
	from, to = max(from, 0), min(to, len(r))
	if from >= to {
		return
	}
	clear(r[from:to])
	r.mend(from - 1)
	r.mend(to)
}

// repeat writes the last character again.
func (s *Screen) repeat(n int) {
	if s.last == "" {
		return
	}
	w := max(1, min(Columns(firstOf(s.last)), s.width))
	for range min(n, s.width*s.height) {
		s.place(s.last, w)
	}
}

func firstOf(text string) string {
	for _, r := range text {
		return string(r)
	}
	return ""
}

// shiftRight makes room for n columns at the cursor.
func (s *Screen) shiftRight(n int) {
	r := s.rows[s.y]
	n = min(n, s.width-s.x)
	copy(r[s.x+n:], r[s.x:s.width-n])
	clear(r[s.x : s.x+n])
	r.mend(s.x - 1)
	r.mend(s.x + n)
	r.mend(s.width - 1)
}

// shiftLeft removes n columns at the cursor.
func (s *Screen) shiftLeft(n int) {
	r := s.rows[s.y]
	n = min(n, s.width-s.x)
	copy(r[s.x:], r[s.x+n:])
	clear(r[s.width-n:])
	r.mend(s.x - 1)
	r.mend(s.x)
	r.mend(s.width - n - 1)
}

// scrollUp moves the rows from top to bottom up by n. What leaves the main
// screen at its top is history.
func (s *Screen) scrollUp(top, n int) {
	n = min(n, s.bottom-top+1)
	if top == 0 && !s.Alternate() {
		for y := range n {
			s.remember(s.Line(y))
		}
	}
	for y := top; y <= s.bottom; y++ {
		if y+n <= s.bottom {
			s.rows[y], s.rows[y+n] = s.rows[y+n], s.rows[y]
		} else {
			s.rows[y].clear(0, s.width)
		}
	}
}

func (s *Screen) remember(line Line) {
	s.scrolled++
	if len(s.history) >= 2*maxHistory {
		s.history = append(s.history[:0:0], s.history[maxHistory:]...)
	}
	s.history = append(s.history, line)
}

func (s *Screen) scrollDown(top, n int) {
	n = min(n, s.bottom-top+1)
	for y := s.bottom; y >= top; y-- {
		if y-n >= top {
			s.rows[y], s.rows[y-n] = s.rows[y-n], s.rows[y]
		} else {
			s.rows[y].clear(0, s.width)
		}
	}
}
