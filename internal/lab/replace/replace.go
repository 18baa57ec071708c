// Package replace writes the lab's small files so that whoever reads them, and
// whoever starts after a crash, sees the old content or the new one.
package replace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// File replaces the file at path, readable by its owner only. If it fails,
// the old file is as it was.
func File(path string, b []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone already if all went well
	_, err = tmp.Write(b)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
