//go:build unix

package box

import (
	"os"

	"golang.org/x/sys/unix"
)

// makePipe makes a named pipe and opens both its ends, so that neither
// readers nor writers ever wait for each other to come.
func makePipe(path string) (*os.File, error) {
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDWR, 0)
}
