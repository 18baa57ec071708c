package screen

import "fmt"

// control obeys a control character.
func (s *Screen) control(b byte) {
	switch b {
	case '\b':
		s.move(s.x-1, s.y)
	case '\t':
		s.tab()
	case '\n', '\v', '\f':
		if s.newline {
			s.x = 0
		}
		s.wrap = false
		s.lineFeed()
	case '\r':
		s.x, s.wrap = 0, false
	case 0x0e:
		s.shift = 1
	case 0x0f:
		s.shift = 0
	}
}

// escaped obeys a sequence of ESC and one letter.
func (s *Screen) escaped(b byte) {
	switch b {
	case '7':
		s.save()
	case '8':
		s.restore()
	case 'D':
		s.lineFeed()
	case 'E':
		s.x, s.wrap = 0, false
		s.lineFeed()
	case 'M':
		s.reverseFeed()
	case 'H':
		s.setTab(true)
	case 'c':
		s.reset()
	}
}

// run obeys a control sequence that ends with b.
func (s *Screen) run(b byte) {
	p := &s.parser
	switch {
	case p.private == '?' && (b == 'h' || b == 'l'):
		for _, mode := range p.params {
			s.privateMode(mode, b == 'h')
		}
	case p.between == '!' && b == 'p':
		s.origin, s.insert, s.autowrap, s.top, s.bottom = false, false, true, 0, s.height-1
		s.graphics, s.shift, s.paste, s.appCursor = [2]bool{}, 0, false, false
	case b == 'n' || b == 'c':
		s.answer(b)
	case p.private != 0 || p.between != 0:
	case b >= 'A' && b <= 'H' || b == '`' || b == 'a' || b == 'd' || b == 'e' || b == 'f':
		s.movement(b)
	default:
		s.edit(b)
	}
}

// movement obeys what moves the cursor.
func (s *Screen) movement(b byte) {
	n := s.parser.param(0, 1)
	switch b {
	case 'A':
		s.vertical(-n)
	case 'B', 'e':
		s.vertical(n)
	case 'C', 'a':
		s.move(s.x+n, s.y)
	case 'D':
		s.move(s.x-n, s.y)
	case 'E':
		s.x = 0
		s.vertical(n)
	case 'F':
		s.x = 0
		s.vertical(-n)
	case 'G', '`':
		s.move(n-1, s.y)
	case 'd':
		s.address(s.x, n-1)
	case 'H', 'f':
		s.address(s.parser.param(1, 1)-1, n-1)
	}
}

// move goes to a place, as near as the screen allows.
func (s *Screen) move(x, y int) {
	s.x, s.y, s.wrap = min(max(x, 0), s.width-1), min(max(y, 0), s.height-1), false
}

// address goes to a place that is counted from the margin in origin mode.
func (s *Screen) address(x, y int) {
	if s.origin {
		y = min(y+s.top, s.bottom)
	}
	s.move(x, y)
}

// vertical moves by rows and stops at a margin.
func (s *Screen) vertical(n int) {
	low, high := 0, s.height-1
	if s.y >= s.top {
		low = s.top
	}
	if s.y <= s.bottom {
		high = s.bottom
	}
	s.move(s.x, min(max(s.y+n, low), high))
}

// edit obeys what changes the screen.
func (s *Screen) edit(b byte) {
	n := s.parser.param(0, 1)
	switch b {
	case '@':
		s.shiftRight(n)
	case 'P':
		s.shiftLeft(n)
	case 'X':
		s.rows[s.y].clear(s.x, s.x+n)
	case 'J':
		s.eraseScreen(s.parser.param(0, 0))
	case 'K':
		s.eraseLine(s.parser.param(0, 0))
	case 'L', 'M':
		s.editLines(b, n)
	case 'S':
		s.scrollUp(s.top, n)
	case 'T':
		s.scrollDown(s.top, n)
	case 'b':
		s.repeat(n)
	case 'r':
		s.margins(n-1, s.parser.param(1, s.height)-1)
	default:
		s.settings(b, n)
	}
}

// settings obeys what changes how later bytes are taken.
func (s *Screen) settings(b byte, n int) {
	switch b {
	case 'I':
		for range min(n, s.width) {
			s.tab()
		}
	case 'Z':
		for range min(n, s.width) {
			s.backTab()
		}
	case 'g':
		s.clearTabs(s.parser.param(0, 0))
	case 'h', 'l':
		for _, mode := range s.parser.params {
			switch mode {
			case 4:
				s.insert = b == 'h'
			case 20:
				s.newline = b == 'h'
			}
		}
	case 's':
		s.save()
	case 'u':
		s.restore()
	}
}

// editLines inserts or deletes rows at the cursor.
func (s *Screen) editLines(b byte, n int) {
	if s.y < s.top || s.y > s.bottom {
		return
	}
	s.x, s.wrap = 0, false
	if b == 'L' {
		s.scrollDown(s.y, n)
		return
	}
	// Rows that a program deletes are gone, not history.
	kept, total := s.history, s.scrolled
	s.scrollUp(s.y, n)
	s.history, s.scrolled = kept, total
}

func (s *Screen) eraseLine(how int) {
	r := s.rows[s.y]
	switch how {
	case 0:
		r.clear(s.x, s.width)
	case 1:
		r.clear(0, s.x+1)
	case 2:
		r.clear(0, s.width)
	}
	s.wrap = false
}

func (s *Screen) eraseScreen(how int) {
	from, to := 0, s.height
	switch how {
	case 0:
		s.eraseLine(0)
		from = s.y + 1
	case 1:
		s.eraseLine(1)
		to = s.y
	case 2:
	default:
		return
	}
	for y := from; y < to; y++ {
		s.rows[y].clear(0, s.width)
	}
}

func (s *Screen) margins(top, bottom int) {
	bottom = min(bottom, s.height-1)
	if top >= bottom {
		return
	}
	s.top, s.bottom = top, bottom
	s.address(0, 0)
}

func (s *Screen) lineFeed() {
	switch {
	case s.y == s.bottom:
		s.scrollUp(s.top, 1)
	case s.y < s.height-1:
		s.y++
	}
}

func (s *Screen) reverseFeed() {
	s.wrap = false
	switch {
	case s.y == s.top:
		s.scrollDown(s.top, 1)
	case s.y > 0:
		s.y--
	}
}

// answer obeys questions: state, cursor, and what kind of terminal this is.
func (s *Screen) answer(b byte) {
	if len(s.replies) > 1<<12 {
		return
	}
	p := &s.parser
	switch {
	case b == 'c' && p.private == 0:
		s.replies = append(s.replies, "\x1b[?62;22c"...)
	case b == 'c' && p.private == '>':
		s.replies = append(s.replies, "\x1b[>1;10;0c"...)
	case b == 'n' && p.param(0, 0) == 5:
		s.replies = append(s.replies, "\x1b[0n"...)
	case b == 'n' && p.param(0, 0) == 6:
		s.replies = fmt.Appendf(s.replies, "\x1b[%d;%dR", s.y+1, s.x+1)
	}
}
