package casefile

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// syncAll has the whole file system on the disk. Before Linux 5.8 syncfs did
// not tell of what could not be written.
func syncAll(root *os.File) error {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return err
	}
	var major, minor int
	release := unix.ByteSliceToString(name.Release[:])
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil {
		return err
	}
	if major < 5 || major == 5 && minor < 8 {
		return errors.ErrUnsupported
	}
	return unix.Syncfs(int(root.Fd()))
}
