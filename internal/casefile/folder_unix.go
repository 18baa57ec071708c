//go:build !windows

package casefile

import (
	"errors"
	"os"
	"syscall"
)

// syncFolder has the names in a directory on the disk. Some file systems, most
// of them over a network, have no such call.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, f.Close())
}
