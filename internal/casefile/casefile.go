// Package casefile is the only writer of evidence. A case is a directory:
//
//	format            "telltale case 1"
//	log/entries.jsonl the log: one JSON entry a line, never changed
//	checkpoints/N     signed note over the first N entries (write-once)
//	checkpoint        copy of the newest one
//	key.pub           public key that the checkpoints are signed with
//	canary.key        key that the canaries are derived from
//	blobs/ab/cd….zst  bytes by SHA-256 of their content, zstd-compressed
//	capture/*.pcapng  packets as the sensors saw them, digested when closed
//	index.sqlite      a cache of the log for queries; may be deleted
//
// The lines of the log are the leaves of a Merkle tree (RFC 6962, section 2),
// so one signed root vouches for every line before it.
//
// # Order of writing
//
// A probe is on the disk before it is typed. A blob is in its place before
// the entry that names it. An entry is one write of one line; a line that a
// crash cut off is recognised by its missing end, set aside and named.
package casefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/telltale"
)

// FormatVersion is the version of the directory's layout and entries.
const FormatVersion = 1

// maxEntry bounds one line of the log.
const maxEntry = 64 << 20

// Entry is one line of the log.
type Entry struct {
	// N counts from 0 without gaps.
	N int64 `json:"n"`
	// At is when the entry was written.
	At time.Time `json:"at"`
	// Type names what Body holds; see the table in apply.go.
	Type string          `json:"type"`
	Body json.RawMessage `json:"body"`
}

// Options are what a writer needs from outside.
type Options struct {
	Clock  telltale.Clock
	Random io.Reader
	Signer Signer
}

// Case is a case open for writing. Its methods may be called from many
// goroutines. After a write has failed every later one fails too: what was
// written before is intact, and the run has to stop.
type Case struct {
	dir       string
	opts      Options
	lock      *os.File
	canaryKey []byte
	blobs     *blobStore

	mu      sync.Mutex
	log     *os.File
	size    int64 // bytes of whole lines in log
	hashes  []tlog.Hash
	entries int64
	record  *telltale.Record
	failed  error
}

// Create makes a new case in dir, which must not exist or be empty.
func Create(dir string, opts Options) (*Case, error) {
	if names, err := os.ReadDir(dir); err == nil && len(names) > 0 {
		return nil, fmt.Errorf("%s is not empty: name a new directory, or go on with the case in it by --resume", dir)
	}
	c, err := create(dir, opts)
	if errors.Is(err, fs.ErrExist) {
		return nil, err // another telltale is making a case in the same place
	}
	if err != nil {
		return nil, errors.Join(err, removeParts(dir))
	}
	return c, nil
}

func create(dir string, opts Options) (*Case, error) {
	for _, sub := range []string{"log", "blobs", "checkpoints", "capture"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("making the case: %w", err)
		}
	}
	key := make([]byte, 32)
	if _, err := io.ReadFull(opts.Random, key); err != nil {
		return nil, fmt.Errorf("making the canary key: %w", err)
	}
	verifier := opts.Signer.Verifier()
	for _, file := range []struct {
		name    string
		content []byte
	}{{"canary.key", key}, {"key.pub", []byte(verifier + "\n")}, {"format", []byte(formatLine(FormatVersion))}} {
		if err := writeOnce(filepath.Join(dir, file.name), file.content); err != nil {
			return nil, err
		}
	}
	c, err := open(dir, opts)
	if err != nil {
		return nil, err
	}
	start := Begin{Program: "telltale " + telltale.Version, CanaryKey: telltale.DigestOf(key), PublicKey: verifier}
	if err := c.append("begin", start, true); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Open goes on with the case in dir after it was closed or cut off. A torn
// last line is set aside as log/torn-N and named in the log.
func Open(dir string, opts Options) (*Case, error) {
	if err := checkFormat(dir); err != nil {
		return nil, err
	}
	c, err := open(dir, opts)
	if err != nil {
		return nil, err
	}
	if err := c.recover(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func open(dir string, opts Options) (*Case, error) {
	lock, err := acquire(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("%s is being written by another telltale (%w): wait for it, or stop it", dir, err)
	}
	c := &Case{dir: dir, opts: opts, lock: lock, blobs: newBlobStore(filepath.Join(dir, "blobs")), record: &telltale.Record{}}
	if c.canaryKey, err = readSmall(filepath.Join(dir, "canary.key")); err != nil {
		return nil, errors.Join(fmt.Errorf("reading the case: %w", err), c.blobs.close(), lock.Close())
	}
	c.log, err = os.OpenFile(filepath.Join(dir, "log", "entries.jsonl"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the log: %w", err), c.blobs.close(), lock.Close())
	}
	return c, nil
}

// Dir is the case's directory.
func (c *Case) Dir() string { return c.dir }

// Canary derives the canary of a probe with the case's key.
func (c *Case) Canary(probeID string) telltale.Canary {
	return telltale.NewCanary(c.canaryKey, probeID)
}

// Snapshot returns the record as it stands. The slices are shared, so it
// must not be changed; entries appended later do not show in it.
func (c *Case) Snapshot() *telltale.Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	snapshot := *c.record
	return &snapshot
}

// Close releases the case. It signs nothing; see Checkpoint.
func (c *Case) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.log == nil {
		return nil
	}
	err := errors.Join(c.blobs.close(), c.log.Close(), c.lock.Close())
	c.log = nil
	if c.failed == nil {
		c.failed = errors.New("the case is closed")
	}
	return err
}

func checkFormat(dir string) error {
	path := filepath.Join(dir, "format")
	text, err := readSmall(path)
	if err != nil {
		return fmt.Errorf("%s is not a case: %w", dir, err)
	}
	var version int
	_, err = fmt.Sscanf(string(text), "telltale case %d\n", &version)
	if err != nil || string(text) != formatLine(version) {
		return fmt.Errorf("%s: %.40q is not a format line: want %q", path, text, formatLine(FormatVersion))
	}
	if version != FormatVersion {
		return fmt.Errorf("%s: format %d, this program reads %d: use the telltale that wrote it or a newer one", path, version, FormatVersion)
	}
	return nil
}

func formatLine(version int) string { return fmt.Sprintf("telltale case %d\n", version) }
