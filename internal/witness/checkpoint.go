package witness

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"example.org/telltale/internal/casefile/format"
)

// Checkpoint is one that a case is signed with.
type Checkpoint struct {
	// Case is the case's id.
	Case string
	// Size is the number of entries that it vouches for.
	Size int64
	// Text that is signed, and Note, the text with the signature.
	Text string
	Note []byte
	// PublicKey that it is signed with.
	PublicKey string
}

// Newest reads the newest checkpoint of a case, with the key that the case says
// to be signed with.
func Newest(dir string) (Checkpoint, error) {
	public, err := readSmall(dir, format.PublicKeyFile)
	if err != nil {
		return Checkpoint{}, err
	}
	text, err := readSmall(dir, format.CheckpointFile)
	if errors.Is(err, os.ErrNotExist) {
		return Checkpoint{}, fmt.Errorf("%s has no checkpoint yet: nothing in it was signed: %w", dir, err)
	}
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := ParseCheckpoint(text, strings.TrimSpace(string(public)))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%s: %w", filepath.Join(dir, format.CheckpointFile), err)
	}
	return c, nil
}

// File is the checkpoint's file in its case.
func (c Checkpoint) File() string { return fmt.Sprintf("%s/%08d", format.CheckpointDir, c.Size) }

// ParseCheckpoint checks a checkpoint's signature and reads it.
func ParseCheckpoint(signed []byte, public string) (Checkpoint, error) {
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the case's public key cannot be read: %w", err)
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the signature does not hold: %w", err)
	}
	c := Checkpoint{Text: opened.Text, Note: signed, PublicKey: public}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] == format.CheckpointOrigin1 {
		return Checkpoint{}, errors.New("it is no checkpoint of version 2: cases of version 1 have no name to remember them by")
	}
	var found bool
	c.Case, found = strings.CutPrefix(lines[0], format.CheckpointOrigin)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if !found || !isID(c.Case) || err != nil || len(root) != 32 {
		return Checkpoint{}, errors.New("it is no checkpoint of a case")
	}
	c.Size, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || c.Size < 1 || strconv.FormatInt(c.Size, 10) != lines[1] {
		return Checkpoint{}, errors.New("it is no checkpoint of a case: the number of entries cannot be read")
	}
	return c, nil
}

// isID reports whether a text is a case's id: it becomes part of a file name.
func isID(id string) bool {
	return len(id) == 16 && strings.Trim(id, "0123456789abcdef") == ""
}

// readSmall reads a file of a few lines.
func readSmall(dir, name string) ([]byte, error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	info, err := os.Lstat(path)
	if err != nil {
		return nil, fmt.Errorf("reading the case: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > format.MaxSmall {
		return nil, fmt.Errorf("%s is no file of a few lines", path)
	}
	return os.ReadFile(path)
}
