//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// scratch is where the box's own files are written before anything private is
// there. It is gone afterwards; the files stay where they are laid over.
const scratch = "/tmp"

// networkFiles writes the box's own name server and names. The host's names
// are not among them: they are asked for, and answered as the host would.
func networkFiles() ([]mount, error) {
	space, err := newFS("tmpfs", ownAttr|unix.MOUNT_ATTR_NOEXEC, "mode=0755", "size=1m")
	if err != nil {
		return nil, err
	}
	defer unix.Close(space) //nolint:errcheck // the files keep it
	if err := unix.MoveMount(space, "", unix.AT_FDCWD, scratch, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return nil, fmt.Errorf("%s: %w", scratch, err)
	}
	in := Inside()
	servers, err := ownFile("/etc/resolv.conf", "nameserver "+in.Gateway4.String()+"\n")
	if err != nil {
		return nil, err
	}
	hosts := "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"
	if name, err := os.Hostname(); err == nil && name != "" && !strings.ContainsAny(name, " \t\n") {
		hosts += "127.0.1.1 " + name + "\n"
	}
	names, err := ownFile("/etc/hosts", hosts)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(names.path); errors.Is(err, unix.ENOENT) {
		names.wanted = false // without the file, all names are asked for
	}
	return []mount{servers, names}, unix.Unmount(scratch, unix.MNT_DETACH)
}

// ownFile is a file with text, to be laid over path or where a link there
// leads to.
func ownFile(path, text string) (mount, error) {
	file := filepath.Join(scratch, filepath.Base(path))
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return mount{}, err
	}
	if err := os.Chmod(file, 0o644); err != nil { // whatever the umask is
		return mount{}, err
	}
	if target, err := os.Readlink(path); err == nil {
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	fd, err := clone(file, readOnly|unix.MOUNT_ATTR_NOEXEC)
	return mount{fd, path, false, true}, err
}
