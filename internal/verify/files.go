package verify

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"example.org/telltale/internal/casefile/format"
)

// openRegular opens a file that others may have made: a pipe, a device or a
// link in its place would have us wait or read elsewhere.
func openRegular(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errMissing
	}
	if err != nil {
		return nil, bare(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errIrregular
	}
	f, err := os.Open(path)
	return f, bare(err)
}

var (
	errMissing   = errors.New("missing")
	errIrregular = errors.New("is not a regular file")
)

// bare takes the path off an error: problems name the file themselves.
func bare(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return fmt.Errorf("cannot be read: %w", at.Err)
	}
	return err
}

// readSmall reads a file of a few lines.
func readSmall(path string) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(f, format.MaxSmall+1))
	if err != nil {
		return nil, bare(err)
	}
	if n > format.MaxSmall {
		return nil, fmt.Errorf("is larger than %d bytes", int64(format.MaxSmall))
	}
	return b.Bytes(), nil
}

func (c *check) path(file string) string {
	return filepath.Join(c.dir, filepath.FromSlash(file))
}

func (c *check) small(file string) ([]byte, error) { return readSmall(c.path(file)) }

// list notes every file of the case with its size, and names what is neither
// a file nor a folder.
func (c *check) list() error {
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(c.dir, path)
		if err != nil {
			return err
		}
		file := filepath.ToSlash(rel)
		switch {
		case d.IsDir():
			c.folder(file)
			return nil
		case !d.Type().IsRegular():
			c.problem(file, 0, "is not a regular file")
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		c.files[file] = info.Size()
		c.order = append(c.order, file)
		c.moved.total += info.Size()
		return nil
	})
	if err != nil {
		return fmt.Errorf("listing the case: %w", err)
	}
	slices.Sort(c.order)
	c.moved.show = c.opts.Progress
	return nil
}
