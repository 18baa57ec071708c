package terminal

import (
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/terminal/screen"
)

// reader finds messages in what a program shows.
type reader struct {
	opts    *Options
	account ends.Account
	clock   telltale.Clock
	hear    func(ends.Event)
	// listening is false until the program is ready: what stands on the
	// screen by then was said before.
	listening bool

	// rows are the rows that were there when it looked last.
	rows []shown
	// next is the first row not read yet, of a screen that only grows.
	next int
	// before counts rows read earlier, for screens that are painted anew.
	before seen
}

// shown is one row that says something: what stands in it, and the part that
// tells it from others, without what stands beside the messages.
type shown struct{ text, key string }

// look reads a screen that is drawn to its end.
func (r *reader) look(s *screen.Screen) {
	if r.opts.Input.Row == 0 && r.opts.Region == (Region{}) && !s.Alternate() {
		r.grown(s)
		return
	}
	now := r.telling(r.region(s))
	fresh := r.before.fresh(r.rows, now)
	r.rows = now
	var rows []string
	for _, row := range fresh {
		rows = append(rows, row.text)
	}
	r.block(rows, r.columns(s))
}

// telling leaves out the rows that are no message, no part of one, and no
// error: bars, lists and clocks.
func (r *reader) telling(rows []string) (all []shown) {
	within := false
	for _, row := range rows {
		key, ok := r.key(row)
		if !ok && within && r.opts.More.Given() {
			if at := r.opts.More.Find(row); at != nil {
				key = row[at[0]:at[1]]
			}
			ok = key != ""
		}
		if within = ok; ok {
			all = append(all, shown{row, key})
		}
	}
	return all
}

func (r *reader) key(row string) (string, bool) {
	for _, list := range [][]ends.Pattern{{r.opts.Messages}, r.opts.Errors, r.opts.Ended} {
		for _, p := range list {
			if at := p.Find(row); at != nil {
				return row[at[0]:at[1]], true
			}
		}
	}
	return "", false
}

// grown reads the rows above the cursor that were not there before.
func (r *reader) grown(s *screen.Screen) {
	total, history := s.History()
	_, y := s.Cursor()
	end := total + y
	if end < r.next {
		r.next = end
	}
	var fresh []string
	part, from := "", r.next
	for i := max(r.next, total-len(history)); i < end; i++ {
		var row screen.Line
		if i < total {
			row = history[len(history)-(total-i)]
		} else {
			row = s.Line(i - total)
		}
		if part += row.Text; row.GoesOn {
			continue
		}
		fresh, part, from = append(fresh, part), "", i+1
	}
	if r.next = end; part != "" {
		r.next = from // the rest is still to come
	}
	width, _ := s.Size()
	r.block(fresh, width)
}

// region is the part of the screen that holds messages: without the input row
// and what is below it, unless the options say more.
func (r *reader) region(s *screen.Screen) (rows []string) {
	width, height := s.Size()
	top, bottom := span(r.opts.Region.Top, r.opts.Region.Bottom, height)
	left, right := span(r.opts.Region.Left, r.opts.Region.Right, width)
	for y := top; y < bottom; y++ {
		rows = append(rows, strings.TrimRight(s.Text(y, left, right), " "))
	}
	return rows
}

func (r *reader) columns(s *screen.Screen) int {
	width, _ := s.Size()
	left, right := span(r.opts.Region.Left, r.opts.Region.Right, width)
	return right - left
}

// span turns first and last, from 1 or negative from the end, into a range.
func span(first, last, size int) (from, to int) {
	from, to = first-1, last
	if first < 0 {
		from = size + first
	}
	if last <= 0 {
		to = size + last
		if last < 0 {
			to++
		}
	}
	from = min(max(from, 0), size)
	return from, min(max(to, from), size)
}

// block reads rows that came together; a message may go on over several.
func (r *reader) block(rows []string, width int) {
	for i := 0; i < len(rows); {
		row, used := r.joined(rows[i:], width)
		r.line(row)
		i += used
	}
}

// joined puts a message together that goes on in the rows below its first.
// Where a row is not full the program broke it at a blank.
func (r *reader) joined(rows []string, width int) (text string, used int) {
	text, used = rows[0], 1
	if !r.opts.More.Given() || !r.opts.Messages.Match(text) {
		return text, 1
	}
	for used < len(rows) && !r.opts.Messages.Match(rows[used]) {
		groups, ok := r.opts.More.Groups(rows[used])
		if !ok {
			break
		}
		if screen.Columns(rows[used-1]) < width {
			text += " "
		}
		text += groups["text"]
		used++
	}
	return text, used
}

// line reads one line of what the program shows or prints.
func (r *reader) line(line string) {
	if !r.listening {
		return
	}
	if groups, ok := r.opts.Messages.Groups(line); ok {
		r.message(groups)
		return
	}
	for _, p := range r.opts.Ended {
		if p.Match(line) {
			r.hear(ends.Event{Kind: ends.Ended, At: r.clock(), Reason: reason(p, line)})
			return
		}
	}
	for _, p := range r.opts.Errors {
		if p.Match(line) {
			r.hear(ends.Event{Kind: ends.Bounced, At: r.clock(), Reason: reason(p, line)})
			return
		}
	}
}

func (r *reader) message(groups map[string]string) {
	from := strings.TrimSpace(groups["from"])
	for _, own := range append(namesOf(r.account), r.opts.Own...) {
		if from != "" && strings.EqualFold(from, own) {
			return
		}
	}
	r.hear(ends.Event{Kind: ends.Arrived, At: r.clock(), From: from, To: groups["to"], Text: groups["text"]})
}

// reason is the group of that name, or the line.
func reason(p ends.Pattern, line string) string {
	if groups, _ := p.Groups(line); groups["reason"] != "" {
		return groups["reason"]
	}
	return strings.TrimSpace(line)
}
