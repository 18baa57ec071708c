package casefile

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
)

// Reader reads a case without changing it. Whole entries are read; a torn
// tail is left alone. Cases of older versions read as if they were of this
// one, redacted copies with what stands for masked values.
type Reader struct {
	Dir string
	// Record is everything the log holds.
	Record *telltale.Record
	// Version of the case as it was written.
	Version int
	// Begin is the first entry.
	Begin format.Begin
	// Plan is what was settled before the first message; nil if nothing was.
	Plan *telltale.Plan
	// Ended says how the run ended; nil while it is not finished.
	Ended *format.End
	// Files are the sealed files by name, as they were sealed last.
	Files map[string]format.File
	// Redacted says that values and files were taken out of this copy.
	Redacted bool
	// Entries is the number of entries.
	Entries int64
	// Checkpoint is the text of the newest signed checkpoint; empty before
	// the first one.
	Checkpoint string
	// PublicKey that the case names.
	PublicKey string
	blobs     blobDir
}

// Read reads the case in dir. It checks no signature; see internal/verify.
func Read(dir string) (*Reader, error) {
	version, err := formatOf(dir)
	if err != nil {
		return nil, err
	}
	_, err = os.Lstat(filepath.Join(dir, format.RedactedFile))
	r := &Reader{Dir: dir, Version: version, Redacted: err == nil, blobs: blobDir(filepath.Join(dir, format.BlobDir))}
	s := newState()
	err = eachEntry(dir, version, func(e format.Entry, _ []byte) error {
		r.Entries++
		if r.Redacted {
			var err error
			if e.Body, err = Visible(e.Body); err != nil {
				return err
			}
		}
		return s.apply(e)
	})
	if err != nil {
		return nil, err
	}
	if version == 1 {
		s.finish1()
	}
	r.take(s)
	r.readSigned()
	return r, nil
}

func (r *Reader) take(s *state) {
	record := s.record
	r.Record, r.Begin, r.Plan, r.Ended, r.Files = &record, s.begin, s.plan, s.ended, maps.Clone(s.files)
}

// Reader reads what was written so far, without reading the log again: the
// record was made of the lines as they were written.
func (c *Case) Reader() *Reader {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := &Reader{Dir: c.dir, Version: format.Version, Entries: c.entries, blobs: c.blobs.blobDir}
	r.take(c.state)
	r.readSigned()
	return r
}

// readSigned reads what the log is signed with, as far as it is there.
func (r *Reader) readSigned() {
	if text, err := readSmall(filepath.Join(r.Dir, format.CheckpointFile)); err == nil {
		r.Checkpoint = string(text)
	}
	if text, err := readSmall(filepath.Join(r.Dir, format.PublicKeyFile)); err == nil {
		r.PublicKey = strings.TrimSpace(string(text))
	}
}

// Blob returns kept bytes after checking them against their name.
func (r *Reader) Blob(d telltale.Digest) ([]byte, error) { return r.blobs.get(d) }

// EachEntry gives the whole entries of a case's log one after the other, with
// their lines as they stand in the file, without newlines. Entries of older
// versions come as entries of this one. Bodies of a redacted copy hold what
// stands for masked values; see [Visible]. An error of use ends it and comes
// back with file and line. Neither entry nor line may be kept.
func EachEntry(dir string, use func(e format.Entry, line []byte) error) error {
	version, err := formatOf(dir)
	if err != nil {
		return err
	}
	return eachEntry(dir, version, use)
}

func eachEntry(dir string, version int, use func(e format.Entry, line []byte) error) error {
	_, err := eachLine(filepath.Join(dir, filepath.FromSlash(format.LogFile)), func(_ int, line []byte) error {
		e, err := parseLine(version, line)
		if err != nil {
			return err
		}
		return use(e, line)
	})
	var at *lineError
	if errors.As(err, &at) {
		return fmt.Errorf("%w; case verify tells more", err)
	}
	return err
}
