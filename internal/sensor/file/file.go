// Package file is a sensor that watches a file grow: the log of a service
// that the tester may read, such as what a mail server of one's own sends to
// an archive. Each line that is added is a flow. It sees what was written
// down, not what left.
package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"example.org/telltale"
)

// Kind names the sensor in scenarios and flows.
const Kind = "file"

const (
	// every is the time between two looks.
	every = 50 * time.Millisecond
	// longest is the longest line that is kept whole.
	longest = 4 << 20
)

// Config is a file to watch.
type Config struct {
	Path string
	// Name is the host name of the flows; empty for the file's own name.
	Name  string
	Clock telltale.Clock
}

// Sensor watches one file. It implements telltale.Sensor and Quieter.
type Sensor struct {
	cfg  Config
	stop chan struct{}
	done chan struct{}
	once sync.Once

	mu     sync.Mutex
	rec    telltale.Recorder
	offset int64
	// line is the beginning of a line whose end is not written yet; size
	// counts all of it.
	line   []byte
	size   int64
	failed error
	info   fs.FileInfo
}

// New makes a sensor.
func New(cfg Config) (*Sensor, error) {
	if cfg.Path == "" {
		return nil, errors.New("the sensor has no file to watch: write its path")
	}
	if cfg.Name == "" {
		cfg.Name = filepath.Base(cfg.Path)
	}
	return &Sensor{cfg: cfg, stop: make(chan struct{}), done: make(chan struct{})}, nil
}

// View says what a file shows.
func (s *Sensor) View() []telltale.Coverage {
	return []telltale.Coverage{
		{Sensor: Kind, Sees: true, What: "lines that are added to " + s.cfg.Path},
		{Sensor: Kind, Sees: false, What: "copies that are not written to " + s.cfg.Path},
	}
}

// Start begins behind what the file holds already. A file that is not there
// yet is waited for.
func (s *Sensor) Start(_ context.Context, r telltale.Recorder) ([]string, error) {
	info, err := os.Stat(s.cfg.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("watching a file: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("watching %s: it is no plain file; name one", s.cfg.Path)
	default:
		s.offset, s.info = info.Size(), info
	}
	s.rec = r
	go s.watch()
	return nil, nil
}

func (s *Sensor) watch() {
	defer close(s.done)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.look()
		case <-s.stop:
			return
		}
	}
}

// Quiet looks at once.
func (s *Sensor) Quiet(context.Context) { s.look() }

// Stop takes in what was added last, a line without its end too.
func (s *Sensor) Stop(context.Context) error {
	s.mu.Lock()
	started := s.rec != nil
	s.mu.Unlock()
	if !started {
		return nil
	}
	s.once.Do(func() {
		close(s.stop)
		<-s.done
		s.look()
		s.mu.Lock()
		if s.failed == nil {
			s.failed = s.note()
		}
		s.mu.Unlock()
	})
	return nil
}

// Failed returns the error that ended the watch, nil while it goes on.
func (s *Sensor) Failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// look takes in what was added since the last look.
func (s *Sensor) look() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.failed = s.read()
	}
}

func (s *Sensor) read() error {
	f, err := os.Open(s.cfg.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("watching a file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("watching %s: %w", s.cfg.Path, err)
	}
	// A log that is put aside, or emptied, goes on from its beginning.
	if s.info != nil && !os.SameFile(s.info, info) || info.Size() < s.offset {
		s.offset = 0
	}
	s.info = info
	buf := make([]byte, 64<<10)
	for {
		n, err := f.ReadAt(buf, s.offset)
		s.offset += int64(n)
		if err := s.take(buf[:n]); err != nil {
			return err
		}
		if errors.Is(err, io.EOF) || n == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("watching %s at %d: %w", s.cfg.Path, s.offset, err)
		}
	}
}

// take splits what was read into lines.
func (s *Sensor) take(b []byte) error {
	for len(b) > 0 {
		line, rest, whole := bytes.Cut(b, []byte("\n"))
		s.line = append(s.line, line[:min(len(line), longest-len(s.line))]...)
		s.size += int64(len(line))
		if whole {
			if err := s.note(); err != nil {
				return err
			}
		}
		b = rest
	}
	return nil
}

// note records the line that was read as a flow.
func (s *Sensor) note() error {
	if s.size == 0 {
		return nil
	}
	now := s.cfg.Clock()
	digest, err := s.rec.Keep(s.line)
	if err != nil {
		return err
	}
	flow := telltale.Flow{
		Sensor: Kind, Protocol: Kind, Host: s.cfg.Name, Visibility: telltale.Clear, Start: now, End: now, BytesOut: s.size,
		Messages: []telltale.Message{{Leg: telltale.LegApp, Out: true, At: now, Size: s.size, Bytes: digest, Cut: s.size > int64(len(s.line))}},
	}
	s.line, s.size = nil, 0
	return s.rec.Record(flow)
}
