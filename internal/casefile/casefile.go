// Package casefile is the only writer of evidence. A case is a directory that
// docs/format.md describes: a log of one JSON entry a line, never changed, blobs
// by the digest of their content, packet files, and signed checkpoints.
//
// Every entry is committed to value by value, with salts, so that values can be
// taken out of a published copy. The commitments are the leaves of a Merkle
// tree (RFC 6962, section 2), so one signed root vouches for every entry before
// it. Whether a case holds is for internal/verify to say, which shares no code
// with this package.
//
// # Order of writing
//
// A probe is on the disk before it is typed. A blob is in its place before
// the entry that names it. An entry is one write of one line; a line that a
// crash cut off is recognised by its missing end, set aside and named.
package casefile

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
)

// maxEntry bounds one line of the log.
const maxEntry = format.MaxEntry

// Options are what a writer needs from outside.
type Options struct {
	Clock telltale.Clock
	// Random makes keys and salts.
	Random io.Reader
	Signer Signer
	// CanaryKey is the key of the canaries of a case that Create makes; nil
	// for a new one. Only a case that is made of another one has a reason to
	// name it.
	CanaryKey []byte
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

	putting sync.Mutex // held while a file is put into the case

	mu      sync.Mutex
	log     *os.File
	size    int64 // bytes of whole lines in log
	hashes  []tlog.Hash
	entries int64
	signed  int64 // entries under the newest checkpoint
	encoder encoder
	state   *state
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
	key, id := make([]byte, 32), make([]byte, 8)
	for _, b := range [][]byte{key, id} {
		if _, err := io.ReadFull(opts.Random, b); err != nil {
			return nil, fmt.Errorf("making the canary key: %w", err)
		}
	}
	if opts.CanaryKey != nil {
		key = opts.CanaryKey
	}
	verifier := opts.Signer.Verifier()
	for _, file := range []struct {
		name    string
		content []byte
	}{{"canary.key", key}, {"key.pub", []byte(verifier + "\n")}, {"format", []byte(formatLine(format.Version))}} {
		if err := writeOnce(filepath.Join(dir, file.name), file.content); err != nil {
			return nil, err
		}
	}
	c, err := open(dir, opts)
	if err != nil {
		return nil, err
	}
	start := format.Begin{
		Case: hex.EncodeToString(id), Program: "telltale " + telltale.Version,
		CanaryKey: telltale.DigestOf(key), PublicKey: verifier,
	}
	err = c.append(format.TypeBegin, start, true)
	err = errors.Join(err, syncFolder(filepath.Dir(c.log.Name())), syncFolder(dir))
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	_ = syncFolder(filepath.Dir(dir)) // who may not read it can make cases in it all the same
	return c, nil
}

// Open goes on with the case in dir after it was closed or cut off. A torn
// last line is set aside as log/torn-N and named in the log.
func Open(dir string, opts Options) (*Case, error) {
	if err := mayGoOn(dir); err != nil {
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

// errLocked means that somebody else holds the writer's lock.
var errLocked = errors.New("the lock is held")

func open(dir string, opts Options) (*Case, error) {
	lock, err := acquire(filepath.Join(dir, "lock"))
	if errors.Is(err, errLocked) {
		return nil, fmt.Errorf("%s is being written by another telltale: wait for it, or stop it", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written to: %w", dir, err)
	}
	c := &Case{dir: dir, opts: opts, lock: lock, blobs: newBlobStore(filepath.Join(dir, "blobs")), state: newState()}
	if c.canaryKey, err = readSmall(filepath.Join(dir, "canary.key")); err != nil {
		return nil, errors.Join(fmt.Errorf("reading the case: %w", err), c.blobs.close(), release(lock))
	}
	c.log, err = os.OpenFile(filepath.Join(dir, "log", "entries.jsonl"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the log: %w", err), c.blobs.close(), release(lock))
	}
	return c, nil
}

// Dir is the case's directory.
func (c *Case) Dir() string { return c.dir }

// Canary derives the canary of a probe with the case's key.
func (c *Case) Canary(probeID string) telltale.Canary {
	return telltale.NewCanary(c.canaryKey, probeID)
}

// ID is the case's own name, 16 hexadecimal digits.
func (c *Case) ID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.begin.Case
}

// Plan is what was settled before the first message; nil if nothing was. It
// must not be changed.
func (c *Case) Plan() *telltale.Plan {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.plan
}

// Snapshot returns the record as it stands. The slices are shared, so it
// must not be changed; entries appended later do not show in it.
func (c *Case) Snapshot() *telltale.Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	snapshot := c.state.record
	return &snapshot
}

// Close releases the case. It signs nothing; see Checkpoint.
func (c *Case) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.log == nil {
		return nil
	}
	err := errors.Join(c.blobs.close(), c.log.Close(), release(c.lock))
	c.log = nil
	if c.failed == nil {
		c.failed = errors.New("the case is closed")
	}
	return err
}

// mayGoOn says why a case cannot be gone on with.
func mayGoOn(dir string) error {
	version, err := formatOf(dir)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(filepath.Join(dir, format.RedactedFile)); err == nil {
		return fmt.Errorf("%s is a redacted copy, which nothing is added to: go on with the case that it was made of", dir)
	}
	if version == format.Version {
		return nil
	}
	first := errors.New("the first entry is all that is wanted")
	program := "the telltale that began it"
	_ = EachEntry(dir, func(e format.Entry, _ []byte) error { // a case without a first entry is not opened either
		var begin format.Begin
		if decode(e, &begin) == nil && begin.Program != "" {
			program = fmt.Sprintf("the program that began it (%.40q)", begin.Program)
		}
		return first
	})
	return fmt.Errorf("%s is a case of version %d, this program writes version %d: it can be read and verified; to go on with it, use %s", dir, version, format.Version, program)
}

// formatOf reads which version a case is of, and refuses those that are not
// read.
func formatOf(dir string) (int, error) {
	path := filepath.Join(dir, format.FormatFile)
	text, err := readSmall(path)
	if err != nil {
		return 0, fmt.Errorf("%s is not a case: %w", dir, err)
	}
	var version int
	_, err = fmt.Sscanf(string(text), "telltale case %d\n", &version)
	if err != nil || string(text) != formatLine(version) {
		return 0, fmt.Errorf("%s: %.40q is not a format line: want %q", path, text, formatLine(format.Version))
	}
	if version < format.Oldest || version > format.Version {
		return 0, fmt.Errorf("%s: format %d, this program reads %d to %d: use the telltale that wrote it or a newer one", path, version, format.Oldest, format.Version)
	}
	return version, nil
}

func formatLine(version int) string { return fmt.Sprintf("telltale case %d\n", version) }
