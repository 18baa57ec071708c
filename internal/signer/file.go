package signer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"

	"example.org/telltale/internal/casefile"
)

// Load reads the investigator's signing key from path, or makes one on first
// use. The file is readable by its owner only. Programs that start together
// agree on one key: whoever comes second takes the first one's.
func Load(path string, random io.Reader) (casefile.Signer, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(path, random); err != nil {
			return nil, fmt.Errorf("making a signing key: %w", err)
		}
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the signing key: %w", err)
	}
	k, err := parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s is not a signing key (%w): move it away to have a new one made", path, err)
	}
	return k, nil
}

// makeKey puts a new key at path whole: it is written under another name and
// linked, which fails, and rightly so, where a key has come in between.
func makeKey(path string, random io.Reader) error {
	text, _, err := note.GenerateKey(random, KeyName)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	parts, err := os.MkdirTemp(filepath.Dir(path), "key")
	if err != nil {
		return err
	}
	part := filepath.Join(parts, "new")
	err = writeNew(part, []byte(text+"\n"))
	if err == nil {
		err = publish(part, path)
	}
	return errors.Join(err, os.RemoveAll(parts))
}

// writeNew makes a file that must not exist, and has it on the disk.
func writeNew(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// publish links part to path, or renames it on file systems without links.
func publish(part, path string) error {
	err := os.Link(part, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return os.Rename(part, path)
}
