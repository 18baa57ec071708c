// Package attach puts into a case what others say of it: time stamps over its
// checkpoints and the signatures of witnesses. Nothing that is signed changes;
// the files stand beside it until the investigator seals them.
package attach

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/stamp"
	"example.org/telltale/internal/witness"
)

// mostStamps bounds the stamps over one checkpoint.
const mostStamps = 1000

// StampName is a name that no stamp over the checkpoint of that size has yet, as
// in stamps/00000042-1.tsr.
func StampName(dir string, size int64) (string, error) {
	for k := 1; k <= mostStamps; k++ {
		name := fmt.Sprintf("%s/%08d-%d.tsr", format.StampDir, size, k)
		if _, err := os.Lstat(path(dir, name)); errors.Is(err, fs.ErrNotExist) {
			return name, nil
		} else if err != nil {
			return "", fmt.Errorf("naming a time stamp: %w", err)
		}
	}
	return "", fmt.Errorf("checkpoint %d of %s has %d time stamps: that is enough", size, dir, mostStamps)
}

// StampsOver lists the stamps over a checkpoint.
func StampsOver(dir string, size int64) ([]string, error) {
	entries, err := os.ReadDir(path(dir, format.StampDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the time stamps: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), fmt.Sprintf("%08d-", size)) && strings.HasSuffix(e.Name(), ".tsr") {
			names = append(names, format.StampDir+"/"+e.Name())
		}
	}
	return names, nil
}

// Put writes a file into a case, whole or not at all. One that is there with
// another content stays, and that is an error.
func Put(dir, name string, content []byte) error {
	whole := path(dir, name)
	before, err := os.ReadFile(whole)
	if err == nil && bytes.Equal(before, content) {
		return nil
	}
	if err == nil {
		return fmt.Errorf("%s is there already and holds something else", name)
	}
	if err := os.MkdirAll(filepath.Dir(whole), 0o700); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	f, err := os.OpenFile(whole+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), whole)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

func path(dir, name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }

// File is something that somebody sent. Name is where it is from or, once it was
// sorted, its place in the case.
type File struct {
	Name    string
	Content []byte
}

// Sort finds the places of files that others sent: keys of witnesses, their
// signatures, time stamps. Each is checked against the case.
func Sort(dir string, sent []File) ([]File, error) {
	var files []File
	keys := map[string]witness.Key{}
	for _, f := range sent {
		if k, err := witness.ParseKey(string(f.Content)); err == nil {
			keys[k.Name] = k
			files = append(files, File{witness.KeyFileName(k.Name), []byte(k.String() + "\n")})
		}
	}
	for _, f := range sent {
		if _, err := witness.ParseKey(string(f.Content)); err == nil {
			continue
		}
		name, err := place(dir, f.Content, keys)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		files = append(files, File{name, f.Content})
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files, nil
}

// place finds the place of a signature or a stamp.
func place(dir string, content []byte, keys map[string]witness.Key) (string, error) {
	if name, err := witness.Name(content); err == nil {
		return placeSignature(dir, content, name, keys)
	}
	return placeStamp(dir, content)
}

func placeSignature(dir string, content []byte, name string, keys map[string]witness.Key) (string, error) {
	k, ok := keys[name]
	if !ok {
		line, err := os.ReadFile(path(dir, witness.KeyFileName(filepath.Base(name))))
		if err != nil {
			return "", fmt.Errorf("it is signed by %.80q, whose key is not known here: name their file %.80s.pub too", name, name)
		}
		if k, err = witness.ParseKey(string(line)); err != nil {
			return "", err
		}
	}
	text, _, err := witness.Check(content, k)
	if err != nil {
		return "", err
	}
	for size, checkpoint := range checkpoints(dir) {
		if strings.HasPrefix(string(checkpoint), text+"\n") {
			return witness.FileName(size, k.Name), nil
		}
	}
	return "", fmt.Errorf("%s signed a checkpoint that %s does not have", k.Name, dir)
}

func placeStamp(dir string, content []byte) (string, error) {
	first := errors.New("it is over a checkpoint that the case does not have")
	for size, checkpoint := range checkpoints(dir) {
		if _, err := stamp.Check(content, sha256.Sum256(checkpoint)); err == nil {
			return StampName(dir, size)
		} else if !errors.Is(err, stamp.ErrOther) {
			first = err
			break
		}
	}
	return "", fmt.Errorf("it is neither a witness's key or signature nor a time stamp over this case: %w", first)
}

// checkpoints yields the checkpoints of a case that can be read.
func checkpoints(dir string) func(func(int64, []byte) bool) {
	return func(yield func(int64, []byte) bool) {
		entries, err := os.ReadDir(path(dir, format.CheckpointDir))
		if err != nil {
			return
		}
		for _, e := range entries {
			size, err := strconv.ParseInt(e.Name(), 10, 64)
			if err != nil || !e.Type().IsRegular() {
				continue
			}
			content, err := os.ReadFile(path(dir, format.CheckpointDir+"/"+e.Name()))
			if err == nil && !yield(size, content) {
				return
			}
		}
	}
}
