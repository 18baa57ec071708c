package casefile

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"example.org/telltale"
)

// Reader reads a case without changing it. Whole entries are read; a torn
// tail is left alone.
type Reader struct {
	Dir string
	// Record is everything the log holds.
	Record *telltale.Record
	// Entries is the number of entries.
	Entries int64
	// Checkpoint is the text of the newest signed checkpoint; empty before
	// the first one.
	Checkpoint string
	// PublicKey that the case names.
	PublicKey string
	blobs     blobDir
}

// Read reads the case in dir. It checks no signature; Verify does.
func Read(dir string) (*Reader, error) {
	if err := checkFormat(dir); err != nil {
		return nil, err
	}
	r := &Reader{Dir: dir, Record: &telltale.Record{}, blobs: blobDir(filepath.Join(dir, "blobs"))}
	path := filepath.Join(dir, "log", "entries.jsonl")
	_, err := eachLine(path, func(_ int, line []byte) error {
		entry, err := parseLine(line)
		if err != nil {
			return err
		}
		r.Entries++
		return apply(r.Record, entry)
	})
	var at *lineError
	if errors.As(err, &at) {
		return nil, fmt.Errorf("%w; case verify tells more", err)
	}
	if err != nil {
		return nil, err
	}
	r.readSigned()
	return r, nil
}

// Reader reads what was written so far, without reading the log again: the
// record was made of the lines as they were written.
func (c *Case) Reader() *Reader {
	c.mu.Lock()
	defer c.mu.Unlock()
	record := *c.record
	r := &Reader{Dir: c.dir, Record: &record, Entries: c.entries, blobs: c.blobs.blobDir}
	r.readSigned()
	return r
}

// readSigned reads what the log is signed with, as far as it is there.
func (r *Reader) readSigned() {
	if text, err := readSmall(filepath.Join(r.Dir, "checkpoint")); err == nil {
		r.Checkpoint = string(text)
	}
	if text, err := readSmall(filepath.Join(r.Dir, "key.pub")); err == nil {
		r.PublicKey = strings.TrimSpace(string(text))
	}
}

// Blob returns kept bytes after checking them against their name.
func (r *Reader) Blob(d telltale.Digest) ([]byte, error) { return r.blobs.get(d) }

// CopyLog writes the whole entries of a case's log as they are. They are
// JSON, so a terminal is safe from control characters in them.
func CopyLog(w io.Writer, dir string) error {
	if err := checkFormat(dir); err != nil {
		return err
	}
	_, err := eachLine(filepath.Join(dir, "log", "entries.jsonl"), func(_ int, line []byte) error {
		if _, err := parseLine(line); err != nil {
			return fmt.Errorf("%w; case verify tells more", err)
		}
		_, err := fmt.Fprintf(w, "%s\n", line)
		return err
	})
	return err
}
