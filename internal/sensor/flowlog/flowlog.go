// Package flowlog keeps connections as plain files: one JSON object a line,
// and the octets of the two directions in two files beside it.
//
// Octets go to their file as they pass, by one write each and without a
// buffer of our own, so that memory does not grow with them and whoever kills
// the program loses nothing that had passed. A line is written when its
// connection ends.
package flowlog

import (
	"bytes"
	"container/list"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
)

// Log is the sink. Make it with Create.
type Log struct {
	dir, folder string // of the octets: the directory, and it seen from the JSON file
	clock       telltale.Clock
	files       files

	mu   sync.Mutex
	out  *os.File
	open map[*flow]struct{}
	err  error // the first; nothing can be kept after it
}

// errClosed is what a Log says after Close.
var errClosed = errors.New("flowlog: the log is closed")

// names of the files that a run before may have left.
var names = regexp.MustCompile(`^[a-z]\d+\.(out|in)$`)

// Create begins the file at path, and the directory of octets beside it:
// FLOWS.raw for FLOWS.jsonl. What an earlier run left in them goes.
func Create(path string, clock telltale.Clock) (*Log, error) {
	folder := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) + ".raw"
	l := &Log{
		folder: folder, dir: filepath.Join(filepath.Dir(path), folder), clock: clock,
		open: map[*flow]struct{}{}, files: files{used: list.New()},
	}
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return nil, fmt.Errorf("flowlog: %w", err)
	}
	old, err := os.ReadDir(l.dir)
	if err != nil {
		return nil, fmt.Errorf("flowlog: %w", err)
	}
	for _, e := range old {
		if names.MatchString(e.Name()) {
			if err := os.Remove(filepath.Join(l.dir, e.Name())); err != nil {
				return nil, fmt.Errorf("flowlog: an earlier run's octets: %w", err)
			}
		}
	}
	if l.out, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
		return nil, fmt.Errorf("flowlog: %w", err)
	}
	return l, nil
}

// Open begins a connection.
func (l *Log) Open(c tape.Conn) (tape.Tape, error) {
	if !names.MatchString(c.ID + ".out") {
		return nil, fmt.Errorf("flowlog: %q is no id for a file name", c.ID)
	}
	f := &flow{log: l, conn: c}
	for i, suffix := range []string{".out", ".in"} {
		f.raw[i] = &file{path: filepath.Join(l.dir, c.ID+suffix), all: &l.files}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.open[f] = struct{}{}
	}
	return f, l.err
}

// failed remembers the first error.
func (l *Log) failed(err error) error {
	if err == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
	return err
}

// line appends one line by one write.
func (l *Log) line(f Flow) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(f); err != nil {
		return fmt.Errorf("flowlog: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.out.Write(b.Bytes()); err != nil {
		return fmt.Errorf("flowlog: %w", err)
	}
	return nil
}

// Err is the error after which nothing more is kept, nil as long as there is
// none.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Close ends what is still open, and the file. It may be called twice.
func (l *Log) Close() error {
	l.mu.Lock()
	err := l.err
	if errors.Is(err, errClosed) {
		l.mu.Unlock()
		return nil
	}
	l.err = errClosed
	var open []*flow
	for f := range l.open {
		open = append(open, f)
	}
	l.mu.Unlock()
	for _, f := range open {
		c := f.known()
		c.End, c.Error = l.clock(), "the run ended before the connection did"
		err = errors.Join(err, f.Close(c))
	}
	return errors.Join(err, l.out.Close())
}

// flow is one connection on its way to a line.
type flow struct {
	log *Log
	raw [2]*file // out, in

	mu     sync.Mutex
	conn   tape.Conn
	size   [2]int64
	turns  []Turn
	closed bool
}

func (f *flow) known() tape.Conn {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.conn
}

// Octets appends to the file of a direction.
func (f *flow) Octets(out bool, _ time.Time, b []byte) error {
	if out {
		return f.add(0, b)
	}
	return f.add(1, b)
}

// Bulk appends to both files.
func (f *flow) Bulk(out, in []byte) error {
	for way, b := range [][]byte{out, in} {
		if len(b) == 0 {
			continue
		}
		if err := f.add(way, b); err != nil {
			return err
		}
	}
	return nil
}

func (f *flow) add(way int, b []byte) error {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return errClosed
	}
	f.size[way] += int64(len(b))
	f.mu.Unlock()
	return f.log.failed(f.raw[way].write(b))
}

// Turn notes where another protocol begins.
func (f *flow) Turn(proto string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.turns = append(f.turns, Turn{Proto: proto, Out: f.size[0], In: f.size[1]})
}

// Close writes the line, once.
func (f *flow) Close(c tape.Conn) error {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return nil
	}
	f.closed = true
	line := describe(c)
	line.BytesOut, line.BytesIn, line.Turns = f.size[0], f.size[1], f.turns
	f.mu.Unlock()
	line.RawOut = f.log.folder + "/" + c.ID + ".out"
	line.RawIn = f.log.folder + "/" + c.ID + ".in"
	err := errors.Join(f.raw[0].close(), f.raw[1].close())
	err = f.log.failed(errors.Join(err, f.log.line(line)))
	f.log.mu.Lock()
	delete(f.log.open, f)
	f.log.mu.Unlock()
	return err
}
