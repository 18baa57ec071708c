package chat

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"example.org/telltale/internal/lab/replace"
)

// compactAfter removals the journal is written anew.
const compactAfter = 2000

// maxStored frames wait in one relay in all.
const maxStored = 20_000

// store keeps the frames that wait, in memory and in a journal: one line for
// a frame that came, one for a frame that is done with. A line is in the
// kernel's hands before put returns, so it survives the death of the process
// (not that of the machine).
type store struct {
	path    string
	file    *os.File
	last    int64
	count   int
	removed int
	waiting map[string][]*frame
}

// record is one line of the journal. One of its fields is set.
type record struct {
	Put *frame `json:"put,omitempty"`
	Del int64  `json:"del,omitempty"`
	// Last keeps the numbering going when the journal is written anew.
	Last int64 `json:"last,omitempty"`
}

// openStore reads the journal and writes it anew without what is done with.
func openStore(path string) (*store, error) {
	s := &store{path: path, waiting: map[string][]*frame{}}
	if path == "" {
		return s, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("relay journal: %w", err)
	}
	if err := s.replay(raw); err != nil {
		return nil, fmt.Errorf("relay journal %s: %w", path, err)
	}
	return s, s.compact()
}

// replay applies the lines of a journal. A last line without an end was cut
// off by a crash before it was acknowledged, and is left out.
func (s *store) replay(raw []byte) error {
	r := bufio.NewReaderSize(bytes.NewReader(raw), maxLine+128)
	done := map[int64]bool{}
	var frames []*frame
	for offset := 0; ; {
		line, err := readLine(r)
		if errors.Is(err, io.EOF) {
			break
		}
		rec := record{}
		if err == nil {
			err = json.Unmarshal(line, &rec)
		}
		if err == nil && rec.Put != nil {
			err = rec.Put.check()
		}
		if err != nil {
			return fmt.Errorf("at byte %d: %w; move the file away to start afresh", offset, err)
		}
		offset += len(line) + 1
		s.last = max(s.last, rec.Last)
		if rec.Put != nil {
			s.last = max(s.last, rec.Put.N)
			frames = append(frames, rec.Put)
		}
		done[rec.Del] = true
	}
	for _, f := range frames {
		if !done[f.N] && s.count < maxStored {
			s.waiting[f.To] = append(s.waiting[f.To], f)
			s.count++
		}
	}
	return nil
}

// compact writes the journal anew and opens it for appending.
func (s *store) compact() error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	if err := enc.Encode(record{Last: s.last}); err != nil {
		return err
	}
	for _, list := range s.waiting {
		for _, f := range list {
			if err := enc.Encode(record{Put: f}); err != nil {
				return err
			}
		}
	}
	if err := s.close(); err != nil {
		return err
	}
	if err := replace.File(s.path, b.Bytes()); err != nil {
		return err
	}
	f, err := os.OpenFile(s.path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("relay journal: %w", err)
	}
	s.file, s.removed = f, 0
	return nil
}

func (s *store) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	return err
}

func (s *store) write(rec record) error {
	if s.path == "" {
		return nil
	}
	if s.file == nil {
		return errors.New("the relay is shutting down")
	}
	b, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	if _, err := s.file.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("relay journal: %w", err)
	}
	return nil
}

// put numbers a frame and keeps it.
func (s *store) put(f frame) error {
	if len(s.waiting[f.To]) >= maxPending || s.count >= maxStored {
		return fmt.Errorf("the mailbox of %s is full; try again when it has logged in", f.To)
	}
	f.N = s.last + 1
	if err := s.write(record{Put: &f}); err != nil {
		return err
	}
	s.last = f.N
	s.count++
	s.waiting[f.To] = append(s.waiting[f.To], &f)
	return nil
}

// after returns the first frame for name with a number above n, or nil.
func (s *store) after(name string, n int64) *frame {
	for _, f := range s.waiting[name] {
		if f.N > n {
			return f
		}
	}
	return nil
}

// remove forgets frame n of name.
func (s *store) remove(name string, n int64) error {
	list := s.waiting[name]
	for i, f := range list {
		if f.N != n {
			continue
		}
		s.waiting[name] = append(list[:i:i], list[i+1:]...)
		if len(s.waiting[name]) == 0 {
			delete(s.waiting, name)
		}
		s.count--
		s.removed++
		break
	}
	if err := s.write(record{Del: n}); err != nil {
		return err
	}
	if s.removed >= compactAfter && s.path != "" {
		return s.compact()
	}
	return nil
}
