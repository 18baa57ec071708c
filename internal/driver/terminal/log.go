package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// logTail reads what a program adds to its logs.
type logTail struct {
	pattern string
	files   map[string]*logFile
}

type logFile struct {
	at    int64
	lines lineReader
}

// maxLogs bounds the files of a pattern, maxPull the bytes read at once.
const (
	maxLogs = 200
	maxPull = 8 << 20
)

func newLogTail(pattern string) *logTail {
	return &logTail{pattern: pattern, files: map[string]*logFile{}}
}

// read returns the lines that are new since the last call.
func (l *logTail) read() (lines []string, err error) {
	names, err := filepath.Glob(l.pattern)
	if err != nil {
		return nil, fmt.Errorf("options.log: %w", err)
	}
	if len(names) > maxLogs {
		return nil, fmt.Errorf("options.log: %d files match %s: name fewer", len(names), l.pattern)
	}
	slices.Sort(names)
	for _, name := range names {
		if l.files[name] == nil {
			l.files[name] = &logFile{}
		}
		more, err := l.files[name].read(name)
		if err != nil {
			return lines, fmt.Errorf("reading the program's log: %w", err)
		}
		lines = append(lines, more...)
	}
	return lines, nil
}

func (f *logFile) read(name string) ([]string, error) {
	in, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() < f.at {
		*f = logFile{} // begun anew
	}
	b, err := io.ReadAll(io.LimitReader(io.NewSectionReader(in, f.at, info.Size()-f.at), maxPull))
	f.at += int64(len(b))
	return f.lines.take(b), err
}

// pull reads the log, if messages are read there.
func (s *session) pull() error {
	if s.log == nil {
		return nil
	}
	lines, err := s.log.read()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range lines {
		s.reader.line(line)
	}
	s.logged = append(s.logged, lines...)
	s.logged = s.logged[max(0, len(s.logged)-maxShown):]
	return err
}

// lookAgain is how often a log is read while something is awaited there.
const lookAgain = 50 * time.Millisecond

// awaitLog is await for what may come to the log.
func (s *session) awaitLog(ctx context.Context, seen func() bool) error {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		if err := s.pull(); err != nil {
			return err
		}
		s.mu.Lock()
		ok := seen()
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if s.prog != nil && s.prog.ending() != nil {
			return s.prog.ending()
		}
	}
}
