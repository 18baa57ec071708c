package terminal

import (
	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/terminal/screen"
)

// Pid is the running program's.
func (e *End) Pid() int {
	s, err := e.current()
	if err != nil {
		return 0
	}
	return s.prog.cmd.Process.Pid
}

// Gone waits until the program's end has been noticed.
func (e *End) Gone() {
	if s, err := e.current(); err == nil {
		<-s.ended
	}
}

// KeyBytes are what a key sends.
func KeyBytes(key string, application bool) (string, error) { return keyBytes(key, application) }

// Freshener returns what tells the new rows of a screen from those before.
func Freshener() func(rows []string) []string {
	var before seen
	var last []shown
	return func(rows []string) (fresh []string) {
		var now []shown
		for _, row := range rows {
			now = append(now, shown{row, row})
		}
		for _, row := range before.fresh(last, now) {
			fresh = append(fresh, row.text)
		}
		last = now
		if fresh == nil {
			fresh = []string{}
		}
		return fresh
	}
}

// Show writes bytes to a screen, one by one, and reads it whenever it is whole.
func Show(o *Options, b []byte, clock telltale.Clock, hear func(ends.Event)) {
	e := &End{cfg: Config{Clock: clock, Options: *o}, opts: *o}
	s := &session{e: e, hear: hear, screen: screen.New(o.Columns, o.Rows), lines: &lineReader{}, changed: make(chan struct{})}
	s.reader = reader{opts: o, clock: clock, hear: hear, listening: true}
	for i := range b {
		_, _ = s.screen.Write(b[i : i+1])
		if s.steady() {
			s.reader.look(s.screen)
		}
	}
}

// Rows are what the screen shows.
func (e *End) Rows() []string {
	s, err := e.current()
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.screen.Rows()
}
