//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"os"
)

// openLink makes a link of the descriptor that the init has sent.
func openLink(fd int, about linkNotice) (Link, error) {
	switch about.Kind {
	case kindTun:
		// One read or write of a TUN device is one packet, no more.
		return os.NewFile(uintptr(fd), LinkName), nil
	case kindVeth:
		return openRing(fd, about)
	}
	return nil, fmt.Errorf("link of kind %q is unknown", about.Kind)
}
