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
	const stops = "and the case can take no more entries"
	switch {
	case diskFull(err):
		c.failed = fmt.Errorf("the disk is full %s: free some space where %s is, then resume: %w", stops, c.dir, err)
	case quotaUsed(err):
		c.failed = fmt.Errorf("the quota is used up %s: free some space where %s is, or have it raised, then resume: %w", stops, c.dir, err)
	case readOnly(err):
		c.failed = fmt.Errorf("the disk is read-only now %s: see why, then resume: %w", stops, err)
	case errors.Is(err, fs.ErrPermission):
		c.failed = fmt.Errorf("writing is not allowed any more %s: give back the right to write where %s is, then resume: %w", stops, c.dir, err)
	default:
		c.failed = fmt.Errorf("the case can take no more entries: mend what is named here, then resume: %w", err)
	}
	return c.failed
}

// What the system calls say on Windows, where their names are others.
const (
	windowsHandleDiskFull = syscall.Errno(39)
	windowsDiskFull       = syscall.Errno(112)
	windowsWriteProtect   = syscall.Errno(19)
	windowsQuota          = syscall.Errno(1295)
)

func diskFull(err error) bool {
	if runtime.GOOS == "windows" {
		return errors.Is(err, windowsDiskFull) || errors.Is(err, windowsHandleDiskFull)
	}
	return errors.Is(err, syscall.ENOSPC)
}

func quotaUsed(err error) bool {
	if runtime.GOOS == "windows" {
		return errors.Is(err, windowsQuota)
	}
	return errors.Is(err, syscall.EDQUOT)
}

func readOnly(err error) bool {
	if runtime.GOOS == "windows" {
		return errors.Is(err, windowsWriteProtect)
	}
	return errors.Is(err, syscall.EROFS)
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
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
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
