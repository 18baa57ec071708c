package terminal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/terminal/screen"
)

// session is one run of the program.
type session struct {
	e    *End
	hear func(ends.Event)
	// prog is nil for a program that runs already and is written to by a pipe.
	prog *program
	log  *logTail
	// ended is closed when everything that the program wrote has been read.
	ended chan struct{}

	mu      sync.Mutex
	screen  *screen.Screen
	lines   *lineReader
	changed chan struct{}
	reader  reader
	closing bool
	// logged are the last lines of the log.
	logged []string

	// looked is what the screen said when look acted on it last.
	looked string
	// opened is whom the last message went to, and where.
	opened string
}

func (e *End) begin(hear func(ends.Event)) (*session, error) {
	s := &session{
		e: e, hear: hear, ended: make(chan struct{}), changed: make(chan struct{}),
		screen: screen.New(e.opts.Columns, e.opts.Rows), lines: &lineReader{},
	}
	s.reader = reader{opts: &e.opts, account: e.cfg.Account, clock: e.cfg.Clock, hear: hear}
	if e.opts.Log != "" {
		s.log = newLogTail(e.fill(e.opts.Log, nil))
	}
	if len(e.opts.Command) == 0 {
		close(s.ended)
		return s, nil
	}
	prog, err := e.start()
	if err != nil {
		return nil, err
	}
	s.prog = prog
	go s.read()
	return s, nil
}

// read takes in what the program writes, until it ends.
func (s *session) read() {
	b := make([]byte, 64<<10)
	for {
		n, err := s.prog.out.Read(b)
		if n > 0 {
			s.take(b[:n])
		}
		if err != nil {
			break
		}
	}
	<-s.prog.exited
	s.mu.Lock()
	closing := s.closing
	close(s.ended)
	s.mu.Unlock()
	// A program that was killed says nothing about the service.
	if !closing && s.prog.cmd.ProcessState.Exited() {
		s.hear(ends.Event{Kind: ends.Ended, At: s.e.cfg.Clock(), Reason: s.prog.ending().Error()})
	}
}

func (s *session) take(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.e.opts.Mode == ModeLines {
		for _, line := range s.lines.take(b) {
			s.reader.line(line)
		}
	} else {
		s.show(b)
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// show brings the screen up to date, and reads it when it is whole.
func (s *session) show(b []byte) {
	_, _ = s.screen.Write(b)
	if answer := s.screen.Replies(); len(answer) > 0 {
		// A program that does not read must not stop the reading of what it
		// writes.
		go func() { _, _ = s.prog.in.Write(answer) }()
	}
	if s.e.opts.Log == "" && s.steady() {
		s.reader.look(s.screen)
	}
	if s.looked != "" && s.steady() && s.news() == "" {
		s.looked = ""
	}
}

// steady reports whether the screen may be read: programs leave the cursor in
// the input field when they have drawn everything.
func (s *session) steady() bool {
	if !s.screen.Settled() {
		return false
	}
	_, y := s.screen.Cursor()
	return s.e.opts.Input.Row == 0 || y == s.inputRow()
}

func (s *session) inputRow() int {
	_, height := s.screen.Size()
	switch row := s.e.opts.Input.Row; {
	case row > 0:
		return min(row, height) - 1
	case row < 0:
		return max(0, height+row)
	}
	_, y := s.screen.Cursor()
	return y
}

// await waits until what is seen fulfils the condition.
func (s *session) await(ctx context.Context, seen func() bool) error {
	for {
		s.mu.Lock()
		ok, changed := seen(), s.changed
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.ended:
			s.mu.Lock()
			defer s.mu.Unlock()
			if seen() {
				return nil
			}
			return s.gone()
		}
	}
}

func (s *session) gone() error {
	if s.prog == nil {
		return errors.New("there is no screen to wait for: the options name a pipe and no command")
	}
	return s.prog.ending()
}

// visible are the rows of the screen, or the last lines printed.
func (s *session) visible() []string {
	if s.e.opts.Mode == ModeLines {
		return append(slices.Clone(s.lines.last), s.logged...)
	}
	return append(s.screen.Rows(), s.logged...)
}

// sees reports whether a row of the screen matches. Whether there is a blank
// at its end nobody sees.
func (s *session) sees(p ends.Pattern) bool {
	for _, row := range s.visible() {
		if p.Match(row) || p.Match(row+" ") {
			return true
		}
	}
	return false
}

// explain adds what was seen last to an error.
func (s *session) explain(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var shown []string
	for _, row := range s.visible() {
		if row = strings.TrimSpace(row); row != "" {
			shown = append(shown, row)
		}
	}
	if len(shown) == 0 {
		return err
	}
	text := []rune(s.e.scrubbed(strings.Join(shown[max(0, len(shown)-6):], " / ")))
	return fmt.Errorf("%w; the last lines on the screen: %q", err, string(text[max(0, len(text)-600):]))
}

func (s *session) write(text string) error {
	if s.prog == nil {
		return errors.New("nothing can be typed: the options name a pipe and no command")
	}
	_, err := s.prog.in.Write([]byte(text))
	if ended := s.prog.ending(); err != nil && ended != nil {
		return ended
	}
	return err
}

// close ends the program: as its users would, if the options say how.
func (s *session) close() {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	if s.prog == nil {
		return
	}
	if len(s.e.opts.Quit) > 0 && s.prog.ending() == nil {
		s.quit()
	}
	s.prog.close()
	<-s.ended
}

// quit types what ends the program, unless the field holds something that it
// would be added to: then it would be sent as a message.
func (s *session) quit() {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	s.mu.Lock()
	empty := s.empty()
	s.mu.Unlock()
	if !empty && s.clear(ctx) != nil {
		return
	}
	// An error here means that it has ended, or has to be ended.
	if s.steps(ctx, s.e.opts.Quit, nil) == nil {
		_ = s.await(ctx, func() bool { return false }) // until it has ended, or ctx
	}
}
