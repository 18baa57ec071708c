package terminal

import (
	"context"
	"strings"

	"example.org/telltale/internal/driver/terminal/screen"
)

// mark is where the input field begins: its column in a row counted over all
// rows that ever scrolled by.
type mark struct {
	row, column int
	known       bool
}

// start is where the field begins now.
func (s *session) start() mark {
	total, _ := s.screen.History()
	in := s.e.opts.Input
	y := s.inputRow()
	if !in.Prompt.Given() {
		return mark{total + y, 0, true}
	}
	row := s.screen.Text(y, 0, s.e.opts.Columns)
	at := in.Prompt.Find(row)
	if at == nil {
		return mark{}
	}
	return mark{total + y, s.screen.Column(y, at[1]), true}
}

// field is what stands in the input field, from its beginning to the cursor,
// and whether there is nothing behind the cursor.
func (s *session) field(from mark) (text string, whole bool) {
	total, _ := s.screen.History()
	width, _ := s.screen.Size()
	x, y := s.screen.Cursor()
	top := from.row - total
	if !from.known || top < 0 || y < top || !s.screen.Settled() {
		return "", false
	}
	var b strings.Builder
	for row := top; row < y; row++ {
		b.WriteString(s.screen.Text(row, s.leftOf(from, row, top), width))
	}
	if left := s.leftOf(from, y, top); x >= left {
		b.WriteString(s.screen.Text(y, left, x))
	} else {
		return "", false
	}
	return b.String(), strings.TrimSpace(s.screen.Text(y, x, width)) == ""
}

func (s *session) leftOf(from mark, row, top int) int {
	if row == top {
		return from.column
	}
	return 0
}

// empty reports whether the input field is there and has nothing in it.
func (s *session) empty() bool {
	if !s.e.opts.Input.given() {
		return true // nothing is typed into a field
	}
	if !s.steady() {
		return false
	}
	text, whole := s.field(s.start())
	return whole && text == ""
}

// holds reports whether the field holds exactly a text, or, of one that is
// wider than the field, ends with the part that can be seen.
func (s *session) holds(from mark, text, tail string) bool {
	if from.known && s.e.opts.Input.Prompt.Given() {
		// A prompt may change while one types.
		if now := s.start(); now.known && now.row == from.row {
			from = now
		}
	}
	seen, whole := s.field(from)
	if !whole {
		return false
	}
	if strings.ContainsFunc(text, joins) && strings.TrimRight(seen, " ") == text {
		return true
	}
	return seen == text || (tail != "" && strings.HasSuffix(seen, tail))
}

// joins reports whether a character joins the one before it. Programs do not
// agree on the width of what results, and leave the cursor too far right.
func joins(r rune) bool { return screen.Width(r) == 0 }

// clearings is how often the keys that empty the field are tried.
const clearings = 3

// clear empties the field, with the keys that do.
func (s *session) clear(ctx context.Context) (err error) {
	for range clearings {
		if err := s.press(s.e.opts.Clear); err != nil {
			return err
		}
		short, cancel := context.WithTimeout(ctx, s.e.opts.patience()/clearings)
		err = s.await(short, s.empty)
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}
