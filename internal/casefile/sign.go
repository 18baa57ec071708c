package casefile

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"example.org/telltale/internal/casefile/format"
)

// Signer signs checkpoints. Where it keeps its key is its own affair.
type Signer interface {
	note.Signer
	// Verifier is the public key in the form of the note package: name, hash
	// and key joined by "+".
	Verifier() string
}

// Checkpoint signs the log as it stands. Everything that the signed entries
// name is on the disk before.
func (c *Case) Checkpoint() error {
	if err := c.blobs.sync(); err != nil {
		return c.fail(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.checkpointLocked()
}

// checkpointLocked signs. When that fails the case takes no more entries: a
// line behind the end of a stage would claim that the end was signed.
func (c *Case) checkpointLocked() error {
	if c.failed != nil {
		return c.failed
	}
	// Most blobs are on the disk by now; those of entries that came while it
	// was waited for may not be.
	if err := c.blobs.sync(); err != nil {
		return c.failLocked(err)
	}
	if err := c.sign(); err != nil {
		return c.failLocked(err)
	}
	return nil
}

func (c *Case) sign() error {
	if err := c.log.Sync(); err != nil {
		return fmt.Errorf("signing the log: %w", err)
	}
	root, err := tlog.TreeHash(c.entries, tlog.HashReaderFunc(c.readHashes))
	if err != nil {
		return fmt.Errorf("signing the log: %w", err)
	}
	text := fmt.Sprintf("%s%s\n%d\n%s\n", format.CheckpointOrigin, c.state.begin.Case, c.entries, base64.StdEncoding.EncodeToString(root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, c.opts.Signer)
	if err != nil {
		return fmt.Errorf("signing the log: %w", err)
	}
	return c.publish(signed)
}

func (c *Case) publish(signed []byte) error {
	numbered := c.numbered()
	latest := filepath.Join(c.dir, format.CheckpointFile)
	_, err := os.Lstat(numbered)
	if errors.Is(err, fs.ErrNotExist) {
		err = replace(numbered, latest+".new", signed)
	}
	if err != nil {
		return fmt.Errorf("signing the log: %w", err)
	}
	// The copy is made anew even if nothing was added: a run that was cut
	// off between the two left it behind. Signatures are deterministic.
	if err := replace(latest, latest+".new", signed); err != nil {
		return fmt.Errorf("signing the log: %w", err)
	}
	c.signed = c.entries
	return nil
}

// numbered is where the checkpoint over all entries stands, once it is signed.
func (c *Case) numbered() string {
	return filepath.Join(c.dir, format.CheckpointDir, fmt.Sprintf("%08d", c.entries))
}
