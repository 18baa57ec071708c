package terminal

import (
	"context"
	"fmt"
	"os"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/terminal/screen"
)

// put types a post, holds what stands in the field against it, and sends it.
func (s *session) put(ctx context.Context, p ends.Post) (ends.Sent, error) {
	line := s.lineOf(p)
	switch {
	case s.e.opts.Fifo != "":
		return s.putFifo(p, line)
	case s.e.opts.Mode == ModeLines:
		at := s.e.cfg.Clock()
		return ends.Sent{Typed: p.Text, At: at}, s.write(line + "\n")
	}
	if err := s.open(ctx, p); err != nil {
		return ends.Sent{}, err
	}
	if err := s.prepare(ctx); err != nil {
		return ends.Sent{}, err
	}
	seen, err := s.enter(ctx, line)
	if err != nil {
		return ends.Sent{}, err
	}
	if seen != line {
		return s.taken(ctx, seen, line)
	}
	return s.send(ctx, p)
}

// lineOf is what has to stand in the field so that the text is sent.
func (s *session) lineOf(p ends.Post) string {
	text := p.Text
	for _, e := range s.e.opts.Escape {
		if e.Match.Match(text) {
			text = e.Before + text
			break
		}
	}
	before, after, _ := strings.Cut(s.e.opts.Line, "{{text}}")
	return s.e.fill(before, &p) + text + s.e.fill(after, &p)
}

// prepare waits for an empty field, and empties it if something stands there.
func (s *session) prepare(ctx context.Context) error {
	short, cancel := context.WithTimeout(ctx, s.e.opts.patience())
	err := s.await(short, s.empty)
	cancel()
	if err == nil || ctx.Err() != nil || s.prog.ending() != nil {
		return err
	}
	if err := s.clear(ctx); err != nil {
		return fmt.Errorf("the input field is not there, or cannot be emptied: %w", err)
	}
	return nil
}

// enter types a line and returns what stands in the field then.
func (s *session) enter(ctx context.Context, line string) (seen string, err error) {
	s.mu.Lock()
	from := s.start()
	room := s.e.opts.Columns - from.column - 2
	paste := s.e.opts.Typing == TypePaste && s.screen.BracketedPaste()
	s.mu.Unlock()
	done := ""
	for _, part := range s.parts(line, room) {
		done += part
		if paste {
			part = "\x1b[200~" + part + "\x1b[201~"
		}
		if err := s.write(part); err != nil {
			return "", err
		}
		if err := s.echoed(ctx, from, done, room); err != nil {
			return s.fieldNow(ctx, from, err)
		}
	}
	return line, nil
}

// parts cuts a line into what is typed at once: all of it, if it fits.
func (s *session) parts(line string, room int) (all []string) {
	most := room
	switch {
	case s.e.opts.Typing == TypeKeys:
		most = 1
	case screen.Columns(line) > room:
		most = max(1, room/4)
	}
	part, columns := "", 0
	for _, r := range line {
		w := screen.Width(r)
		if columns+w > most && part != "" && w > 0 {
			all, part, columns = append(all, part), "", 0
		}
		part, columns = part+string(r), columns+w
	}
	return append(all, part)
}

// echoed waits until what was typed is seen. Of a line that is wider than the
// field its last part has to be seen.
func (s *session) echoed(ctx context.Context, from mark, done string, room int) error {
	ctx, cancel := context.WithTimeout(ctx, s.e.opts.patience())
	defer cancel()
	tail := ""
	if screen.Columns(done) > room {
		tail = lastColumns(done, room/4)
	}
	return s.await(ctx, func() bool { return s.holds(from, done, tail) })
}

func lastColumns(text string, columns int) string {
	runes := []rune(text)
	n, i := 0, len(runes)
	for i > 0 && n < columns {
		i--
		n += screen.Width(runes[i])
	}
	return string(runes[i:])
}

// fieldNow is what stands in the field after it should have held something
// else, unless the program or the caller has ended.
func (s *session) fieldNow(ctx context.Context, from mark, why error) (string, error) {
	if ctx.Err() != nil || s.prog.ending() != nil {
		return "", why
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	seen, _ := s.field(from)
	return seen, nil
}

// taken is the void trial of a field that does not hold what was typed.
func (s *session) taken(ctx context.Context, seen, line string) (ends.Sent, error) {
	void := ends.Sent{Typed: seen, At: s.e.cfg.Clock(), Outcome: telltale.Void,
		Reason: fmt.Sprintf("the input field held %.200q after %.200q was typed", seen, line)}
	if err := s.clear(ctx); err != nil {
		return void, fmt.Errorf("the input field cannot be emptied: %w", err)
	}
	return void, nil
}

// send presses the keys that send, and waits until the field is empty.
func (s *session) send(ctx context.Context, p ends.Post) (ends.Sent, error) {
	sent := ends.Sent{Typed: p.Text, At: s.e.cfg.Clock()}
	if err := s.press(s.e.opts.Send); err != nil {
		return sent, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.e.opts.patience())
	defer cancel()
	err := s.await(ctx, s.empty)
	if err == nil || ctx.Err() == nil {
		return sent, err
	}
	sent.Outcome, sent.Reason = telltale.Void, "the text still stood in the input field after it was sent"
	return sent, s.clear(context.WithoutCancel(ctx))
}

// putFifo writes a line to the pipe of a program.
func (s *session) putFifo(p ends.Post, line string) (ends.Sent, error) {
	f, err := os.OpenFile(s.e.fill(s.e.opts.Fifo, &p), os.O_WRONLY|os.O_APPEND|nonblocking, 0)
	if err != nil {
		return ends.Sent{}, fmt.Errorf("the program does not read its pipe: %w", err)
	}
	defer f.Close()
	sent := ends.Sent{Typed: p.Text, At: s.e.cfg.Clock()}
	_, err = f.WriteString(line + "\n")
	return sent, err
}
