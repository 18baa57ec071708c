// Package screen is a model of a terminal's screen: it is fed with what a
// program writes to its terminal, and says what a person would see. It knows
// what programs written for xterm use: UTF-8 with wide and combining
// characters, cursor movement, erasing, inserting and deleting, scroll regions,
// the alternate screen, line drawing characters, and the questions that a
// program may ask its terminal. Colours are read and forgotten. Whatever the
// bytes are, time and memory are bounded by their number and the size.
package screen

import (
	"strings"
	"unicode/utf8"
)

// MaxSide bounds rows and columns. There are at least two columns, as a wide
// character has to fit.
const MaxSide = 10000

// maxCells bounds the product of rows and columns.
const maxCells = 1 << 22

// maxHistory is the number of rows kept that have left the screen at the top.
const maxHistory = 2000

// cell is one place of the screen. Text is empty where nothing was written,
// or for the right half of a wide character.
type cell struct {
	text string
	half half
	// on, in the last place of a row, says that the text goes on in the next.
	on bool
}

type half uint8

const (
	whole half = iota
	left
	right
)

type row []cell

// page is one of the two screens of a terminal: rows, cursor, margins.
type page struct {
	rows        []row
	x, y        int
	top, bottom int
	saved       saved
}

type saved struct {
	x, y     int
	graphics [2]bool
	shift    int
	origin   bool
}

// Screen is a terminal's screen. It is for one goroutine at a time.
type Screen struct {
	width, height int
	main, alt     page
	*page
	parser parser

	// wrap is true when the cursor stands behind the last column.
	wrap bool
	// last is the character written last, for repetition.
	last     string
	graphics [2]bool
	shift    int
	tabs     map[int]bool
	origin   bool
	autowrap bool
	insert   bool
	newline  bool

	paste, appCursor bool
	title            string
	replies          []byte
	history          []Line
	scrolled         int
}

// New makes an empty screen of so many columns and rows. Sizes that make no
// sense are brought into bounds.
func New(width, height int) *Screen {
	s := &Screen{}
	s.width, s.height = bounded(width, height)
	s.reset()
	return s
}

func bounded(width, height int) (w, h int) {
	w, h = min(max(width, 2), MaxSide), min(max(height, 1), MaxSide)
	if w*h > maxCells {
		h = max(1, maxCells/w)
	}
	return w, h
}

// reset is what a terminal does when it is switched on.
func (s *Screen) reset() {
	s.main, s.alt = newPage(s.width, s.height), newPage(s.width, s.height)
	s.page = &s.main
	s.wrap, s.last, s.graphics, s.shift = false, "", [2]bool{}, 0
	s.tabs, s.origin, s.autowrap, s.insert, s.newline = nil, false, true, false, false
	s.paste, s.appCursor = false, false
}

func newPage(width, height int) page {
	p := page{rows: make([]row, height), bottom: height - 1}
	for i := range p.rows {
		p.rows[i] = make(row, width)
	}
	return p
}

// Size returns columns and rows.
func (s *Screen) Size() (width, height int) { return s.width, s.height }

// Cursor returns the cursor's column and row, from 0.
func (s *Screen) Cursor() (x, y int) {
	if s.wrap {
		return s.width, s.y
	}
	return s.x, s.y
}

// Settled reports whether what was written so far ends with a whole
// character or control sequence.
func (s *Screen) Settled() bool { return s.parser.state == ground && len(s.parser.pending) == 0 }

// Alternate reports whether the alternate screen is shown.
func (s *Screen) Alternate() bool { return s.page == &s.alt }

// BracketedPaste reports whether the program wants to be told of pastes.
func (s *Screen) BracketedPaste() bool { return s.paste }

// AppCursor reports whether the program wants the application's codes of the
// cursor keys.
func (s *Screen) AppCursor() bool { return s.appCursor }

// Title is the window title that the program has set, as it stands.
func (s *Screen) Title() string { return s.title }

// Replies returns what a terminal would have answered since the last call.
func (s *Screen) Replies() []byte {
	r := s.replies
	s.replies = nil
	return r
}

// Line is one row.
type Line struct {
	Text string
	// GoesOn says that the text was too long for the row, and the next row is
	// its continuation. Then blanks at the end belong to it.
	GoesOn bool
}

// Line returns a row.
func (s *Screen) Line(y int) Line {
	if y < 0 || y >= s.height || !s.rows[y][s.width-1].on {
		return Line{Text: s.Row(y)}
	}
	to := s.width
	if s.rows[y][to-1].text == "" && s.rows[y][to-1].half == whole {
		to-- // a wide character had no place there
	}
	return Line{Text: s.Text(y, 0, to), GoesOn: true}
}

// History returns how many rows have left the main screen at the top so far,
// and the last of them, oldest first.
func (s *Screen) History() (total int, last []Line) { return s.scrolled, s.history }

// Row returns what stands in a row, blanks at its end removed.
func (s *Screen) Row(y int) string { return strings.TrimRight(s.Text(y, 0, s.width), " ") }

// Rows returns all rows as Row does.
func (s *Screen) Rows() []string {
	all := make([]string, s.height)
	for y := range all {
		all[y] = s.Row(y)
	}
	return all
}

// Text returns what stands in a row between two columns, the second excluded;
// blanks stand for places where nothing is.
func (s *Screen) Text(y, from, to int) string {
	if y < 0 || y >= s.height {
		return ""
	}
	from, to = max(from, 0), min(to, s.width)
	var b strings.Builder
	for x := from; x < to; x++ {
		switch c := s.rows[y][x]; {
		case c.half == right:
		case c.text == "":
			b.WriteByte(' ')
		default:
			b.WriteString(c.text)
		}
	}
	return b.String()
}

// Column returns the column in which the byte at offset of Text(y, 0, width)
// stands.
func (s *Screen) Column(y, offset int) int {
	if y < 0 || y >= s.height {
		return 0
	}
	at := 0
	for x, c := range s.rows[y] {
		if c.half == right {
			continue
		}
		if at >= offset {
			return x
		}
		at += max(1, len(c.text))
	}
	return s.width
}

// Resize changes the size. Rows keep their left part; when rows have to go,
// those above the cursor do.
func (s *Screen) Resize(width, height int) {
	width, height = bounded(width, height)
	for _, p := range []*page{&s.main, &s.alt} {
		p.resize(width, height)
	}
	s.width, s.height, s.wrap = width, height, false
}

func (p *page) resize(width, height int) {
	if gone := p.y - height + 1; gone > 0 {
		p.rows, p.y = p.rows[gone:], p.y-gone
	}
	rows := make([]row, height)
	for i := range rows {
		rows[i] = make(row, width)
		if i < len(p.rows) {
			copy(rows[i], p.rows[i])
			rows[i].mend(width - 1)
		}
	}
	p.rows, p.x, p.y = rows, min(p.x, width-1), min(p.y, height-1)
	p.top, p.bottom = 0, height-1
	p.saved.x, p.saved.y = min(p.saved.x, width-1), min(p.saved.y, height-1)
}

// mend removes half a wide character at x.
func (r row) mend(x int) {
	if x < 0 || x >= len(r) {
		return
	}
	switch {
	case r[x].half == left && (x+1 >= len(r) || r[x+1].half != right):
		r[x] = cell{}
	case r[x].half == right && (x == 0 || r[x-1].half != left):
		r[x] = cell{}
	}
}

// Write takes what the program has written. It takes everything and returns
// no error.
func (s *Screen) Write(p []byte) (int, error) {
	for i := 0; i < len(p); {
		if s.parser.state == ground && len(s.parser.pending) == 0 && p[i] >= ' ' {
			r, size := utf8.DecodeRune(p[i:])
			if r != utf8.RuneError || size > 1 {
				s.put(r)
				i += size
				continue
			}
		}
		s.feed(p[i])
		i++
	}
	return len(p), nil
}
