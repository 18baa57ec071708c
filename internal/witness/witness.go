package witness

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/signer"
)

// Witness looks at cases and signs what holds.
type Witness struct {
	Key    casefile.Signer
	Memory Memory
	// Verify checks a case, and that it is the one, or goes on from the one,
	// that a checkpoint of old (nil for none) is of. What it finds wrong is
	// returned as an error.
	Verify func(dir string, known []byte) error
}

// Signed is a witness's signature over a checkpoint.
type Signed struct {
	// Name of the file, as in witness/00000042-Jane, and its content.
	Name string
	File []byte
	// Checkpoint that was signed.
	Checkpoint Checkpoint
	// Before is what had been seen of the case, nil if this is the first time.
	Before *Sight
	At     time.Time
}

// See checks a case and signs its newest checkpoint. It refuses a case that does
// not hold, that is the witness's own, or that does not go on from what was seen
// of it before. What was seen is remembered before it is signed, so that a crash
// cannot make a witness of two stories.
func (w Witness) See(dir string, at time.Time) (*Signed, error) {
	checkpoint, err := Newest(dir)
	if err != nil {
		return nil, err
	}
	if err := w.stranger(checkpoint); err != nil {
		return nil, err
	}
	before, err := w.Memory.Last(checkpoint.Case)
	if err != nil {
		return nil, err
	}
	known, err := goesOn(before, checkpoint)
	if err != nil {
		return nil, err
	}
	if err := w.Verify(dir, known); err != nil {
		return nil, fmt.Errorf("nobody should be a witness to this case: %w", err)
	}
	if err := unchanged(dir, checkpoint); err != nil {
		return nil, err
	}
	sight := Sight{Case: checkpoint.Case, PublicKey: checkpoint.PublicKey, Checkpoint: string(checkpoint.Note), At: at.UTC()}
	if err := w.Memory.Keep(sight); err != nil {
		return nil, err
	}
	file, err := Cosign(checkpoint.Text, w.Key, at)
	if err != nil {
		return nil, err
	}
	name, _, _ := strings.Cut(w.Key.Verifier(), "+")
	return &Signed{Name: FileName(checkpoint.Size, name), File: file, Checkpoint: checkpoint, Before: before, At: at.UTC()}, nil
}

// stranger checks that witness and investigator are not the same.
func (w Witness) stranger(c Checkpoint) error {
	own, err := KeyOf(w.Key.Verifier())
	if err != nil {
		return err
	}
	_, theirs, err := signer.Public(c.PublicKey)
	if err != nil {
		return err
	}
	if own.Same(theirs) {
		return errors.New("the case is signed with this very key: a witness is somebody else")
	}
	return nil
}

// goesOn compares a checkpoint with what was seen before, as far as it can be
// without the log, and returns the old one.
func goesOn(before *Sight, c Checkpoint) ([]byte, error) {
	if before == nil {
		return nil, nil
	}
	when := before.At.Format(time.RFC3339)
	if before.PublicKey != c.PublicKey {
		return nil, fmt.Errorf("at %s this case was signed with another key (%.100s): it was made anew", when, before.PublicKey)
	}
	old, err := ParseCheckpoint([]byte(before.Checkpoint), before.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("what was seen of the case at %s cannot be read: %w", when, err)
	}
	if c.Size < old.Size {
		return nil, fmt.Errorf("at %s the case had %d entries that were signed, now %d: it was cut short, or it is an old copy", when, old.Size, c.Size)
	}
	if c.Size == old.Size && c.Text != old.Text {
		return nil, fmt.Errorf("at %s another checkpoint over %d entries was seen: the case was made anew", when, old.Size)
	}
	return old.Note, nil
}

// unchanged makes sure that what was read before the check is what was checked.
func unchanged(dir string, c Checkpoint) error {
	now, err := readSmall(dir, c.File())
	if err != nil {
		return err
	}
	if !bytes.Equal(now, c.Note) {
		return fmt.Errorf("the case changed while it was checked: try again when nobody writes to it")
	}
	return nil
}

// FileName is where a witness's signature stands in a case.
func FileName(size int64, name string) string { return fmt.Sprintf("witness/%08d-%s", size, name) }

// KeyFileName is where a witness's key stands in a case.
func KeyFileName(name string) string { return "witness/" + name + ".pub" }
