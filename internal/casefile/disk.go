package casefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// Failed returns the error that ended writing, nil while the case takes
// entries. It names the cause and the remedy; what later calls return is
// only its consequence.
func (c *Case) Failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}

func (c *Case) fail(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failLocked(err)
}

// failLocked ends writing for good and returns why. The first error stays.
func (c *Case) failLocked(err error) error {
	if c.failed != nil {
		return c.failed
	}
	if diskFull(err) {
		c.failed = fmt.Errorf("the disk is full and the case can take no more entries: free some space where %s is, then resume: %w", c.dir, err)
	} else {
		c.failed = fmt.Errorf("the case can take no more entries: mend what is named here, then resume: %w", err)
	}
	return c.failed
}

// diskFull recognises a full disk or a used-up quota.
func diskFull(err error) bool {
	const windowsDiskFull, windowsHandleDiskFull = syscall.Errno(112), syscall.Errno(39)
	if runtime.GOOS == "windows" {
		return errors.Is(err, windowsDiskFull) || errors.Is(err, windowsHandleDiskFull)
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// writeOnce makes a file that must not exist, and has it on the disk. When
// that fails, no part of it stays.
func writeOnce(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("writing the case: %w", err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", path, errors.Join(err, os.Remove(path)))
	}
	return nil
}

// replace puts a file in its place whole, by way of another name.
func replace(path, by string, b []byte) error {
	if err := os.Remove(by); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := writeOnce(by, b); err != nil {
		return err
	}
	if err := os.Rename(by, path); err != nil {
		return fmt.Errorf("writing %s: %w", path, errors.Join(err, os.Remove(by)))
	}
	return nil
}

// removeParts clears away what Create made before it failed. Nothing was
// typed yet, and half a case would only be in the way.
func removeParts(dir string) error {
	var errs []error
	for _, name := range []string{"log", "blobs", "checkpoints", "capture", "canary.key", "key.pub", "format", "lock"} {
		errs = append(errs, os.RemoveAll(filepath.Join(dir, name)))
	}
	return errors.Join(errs...)
}
