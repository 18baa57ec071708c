// Package verify checks a case without trusting whoever wrote it. It reads the
// directory by itself, as docs/format.md describes it, and shares no code with
// the writer but the names and types of casefile/format.
//
// # Order
//
// The files are listed; the log is read once, line by line: form, numbers,
// commitments, the Merkle tree; then signatures, time stamps and witnesses;
// then every blob and sealed file is hashed as it streams by; then what was
// planned is compared with what was done; at last layers are peeled again from
// the captured bytes, and observations and findings are derived again.
//
// # Trust
//
// A case may be made to hurt. Files are opened only if they are regular, lines
// and blobs are bounded, and no blob is in memory as a whole but the one that
// is peeled. Everything that is wrong is listed, with its file and line, up to
// a bound; the rest is counted.
package verify

import (
	"crypto/x509"
	"fmt"
	"path/filepath"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
)

// Options are what the reader knows from elsewhere.
type Options struct {
	// Key is the public key to trust, as in key.pub; empty takes the one in the
	// case at its word.
	Key string
	// Checkpoint is the text of a signed checkpoint of this case; the case must
	// be that one or a later one.
	Checkpoint string
	// Witnesses are public keys as in witness/NAME.pub, each of which must have
	// seen the case.
	Witnesses []string
	// Roots are the authorities that time stamps must come from; nil names the
	// signer of each and leaves the rest to the reader.
	Roots *x509.CertPool
	// Progress is told how many bytes of how many have been read. It is called
	// by one goroutine at a time.
	Progress func(done, total int64)
	// SkipReplay leaves out what is derived.
	SkipReplay bool
}

// Problem is one thing about a case: wrong, or worth knowing.
type Problem struct {
	// File within the case and, for the log, the line (from 1).
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	What string `json:"what"`
}

func (p Problem) String() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.What)
	}
	return p.File + ": " + p.What
}

// Result is what was found. docs/verify-json.md describes its JSON.
type Result struct {
	// Case is its id; empty in version 1.
	Case    string `json:"case,omitempty"`
	Version int    `json:"version"`
	// Entries in the log; Signed is how many of them the newest checkpoint
	// covers.
	Entries     int64 `json:"entries"`
	Signed      int64 `json:"signed"`
	Checkpoints int   `json:"checkpoints"`
	// Blobs that hold, and the bytes they unpack to.
	Blobs     int   `json:"blobs"`
	BlobBytes int64 `json:"blob_bytes"`
	// Files that are sealed and hold; Captures are the packet files of them.
	Files    int `json:"files"`
	Captures int `json:"captures"`
	// Sources are the signed logs that a merged case was made of.
	Sources int `json:"sources,omitempty"`
	// Finished: the run came to its end.
	Finished bool `json:"finished"`
	// Redacted: values were taken out, Masked of them.
	Redacted bool `json:"redacted,omitempty"`
	Masked   int  `json:"masked,omitempty"`
	// Stamps and Witnesses are those that hold.
	Stamps    []Stamp    `json:"stamps,omitempty"`
	Witnesses []Sighting `json:"witnesses,omitempty"`
	// Recomputed: layers, observations and findings were derived again.
	Recomputed bool `json:"recomputed"`
	// Holds: there are no problems.
	Holds bool `json:"holds"`
	// Problems make the case untrustworthy; MoreProblems were not listed.
	Problems     []Problem `json:"problems"`
	MoreProblems int       `json:"more_problems,omitempty"`
	// Notes do not: an unsigned tail after a crash, a torn line set aside.
	Notes     []Problem `json:"notes"`
	MoreNotes int       `json:"more_notes,omitempty"`
	// Record as far as it could be read.
	Record *telltale.Record `json:"-"`
}

// mostListed bounds each list; a case with so many problems is broken anyway.
const mostListed = 1000

// Case checks the case in dir. The error is for a directory that is no case
// of a version that can be read.
func Case(dir string, opts Options) (*Result, error) {
	version, err := versionOf(dir)
	if err != nil {
		return nil, err
	}
	// A walk does not follow a link, not even where it begins.
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, fmt.Errorf("%s is not a case: %w", dir, err)
	}
	c := newCheck(dir, version, opts)
	if err := c.list(); err != nil {
		return nil, err
	}
	c.keys()
	c.readNotes()
	if err := c.log(); err != nil {
		return nil, err
	}
	c.signatures()
	c.bytes()
	c.strays()
	c.sources()
	c.plan()
	if !opts.SkipReplay {
		c.replay()
	}
	c.res.Holds = len(c.res.Problems) == 0
	return c.res, nil
}

// check is one verification under way.
type check struct {
	dir     string
	version int
	opts    Options
	res     *Result
	inner   bool // a source of a merged case: a log, and no more

	files  map[string]int64 // regular files by slashed path, with their size
	order  []string         // their paths, sorted
	own    key              // that checkpoints are signed with
	canary []byte           // the canary key; nil if it cannot be trusted

	notes signedNotes
	book  book
	moved meter
	blobs cached
}

func newCheck(dir string, version int, opts Options) *check {
	rec := &telltale.Record{}
	return &check{
		dir: dir, version: version, opts: opts, files: map[string]int64{},
		res:  &Result{Version: version, Record: rec, Problems: []Problem{}, Notes: []Problem{}},
		book: newBook(rec),
	}
}

func (c *check) problem(file string, line int, what string, args ...any) {
	if len(c.res.Problems) >= mostListed {
		c.res.MoreProblems++
		return
	}
	c.res.Problems = append(c.res.Problems, Problem{file, line, fmt.Sprintf(what, args...)})
}

func (c *check) note(file string, line int, what string, args ...any) {
	if len(c.res.Notes) >= mostListed {
		c.res.MoreNotes++
		return
	}
	c.res.Notes = append(c.res.Notes, Problem{file, line, fmt.Sprintf(what, args...)})
}

// versionOf reads the line of the file "format".
func versionOf(dir string) (int, error) {
	path := filepath.Join(dir, format.FormatFile)
	text, err := readSmall(path)
	if err != nil {
		return 0, fmt.Errorf("%s: %w: %s is not a case", path, err, dir)
	}
	for version := format.Oldest; version <= format.Version; version++ {
		if string(text) == fmt.Sprintf("telltale case %d\n", version) {
			return version, nil
		}
	}
	return 0, fmt.Errorf("%s: %.40q is no format line that this program knows: want \"telltale case N\" with N from %d to %d and a newline; a newer telltale may read it",
		path, text, format.Oldest, format.Version)
}
