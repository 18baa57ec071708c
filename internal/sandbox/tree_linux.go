//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// readOnly are the attributes of what is the host's.
const readOnly = unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV

// ownAttr are those of what is the program's.
const ownAttr = unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV

// mount is a mount that is made but not yet seen anywhere.
type mount struct {
	fd   int
	path string // where it goes
	dir  bool
	// wanted says that nothing works without it.
	wanted bool
}

// build replaces the host's tree by the program's. Everything that is taken
// from the host is opened first; then the root is changed, the host's tree is
// gone, and what was opened is put in its place.
func (t tree) build() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("parting from the host's mounts: %w", err)
	}
	root, err := clone("/", readOnly)
	if err != nil {
		return fmt.Errorf("the host's tree: %w", err)
	}
	system, err := systemMounts()
	if err != nil {
		return err
	}
	own, err := t.mounts()
	if err != nil {
		return err
	}
	if err := enter(root); err != nil {
		return err
	}
	if err := cover(t.Remote); err != nil {
		return err
	}
	files, err := networkFiles()
	if err != nil {
		return fmt.Errorf("name server: %w", err)
	}
	for _, m := range slices.Concat(system, files, own) {
		if err := m.attach(); err != nil && m.wanted {
			return err
		}
	}
	if err := cover(t.Hidden); err != nil {
		return err
	}
	return t.finish()
}

// finish does what needs the new tree in place.
func (t tree) finish() error {
	if t.Runtime != "" {
		if err := os.MkdirAll(t.Runtime, 0o700); err != nil {
			return fmt.Errorf("runtime directory: %w", err)
		}
	}
	if err := protectProc(); err != nil {
		return err
	}
	if err := protectDev(); err != nil {
		return err
	}
	return maskSockets(t.Masked, t.Sockets)
}

// mounts are those that the caller decides on, parents before children.
func (t tree) mounts() ([]mount, error) {
	var all []mount
	home := func() (int, error) { return newFS("tmpfs", ownAttr, "mode=0700", "size=50%") }
	if t.Home != "" {
		home = func() (int, error) { return clone(t.Home, ownAttr) }
	}
	for _, path := range t.HomePaths {
		fd, err := home()
		if err != nil {
			return nil, fmt.Errorf("home: %w", err)
		}
		all = append(all, mount{fd, path, true, true})
	}
	add := func(source, path string, attr uint64, wanted bool) error {
		fd, err := clone(source, attr)
		switch {
		case err == nil:
			all = append(all, mount{fd, path, isDir(fd), wanted})
		case wanted:
			return fmt.Errorf("%s: %w", source, err)
		}
		return nil // what was only guessed at may be out of reach
	}
	for _, path := range t.Shown {
		if err := add(path, path, readOnly, false); err != nil {
			return nil, err
		}
	}
	for _, path := range t.Writable {
		if err := add(path, path, ownAttr, true); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(all, func(a, b mount) int { return depth(a.path) - depth(b.path) })
	for _, path := range t.Sockets {
		if err := add(path, path, readOnly, true); err != nil {
			return nil, err
		}
	}
	for _, b := range t.Binds {
		if err := add(b.Source, b.Path, readOnly, true); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func depth(path string) int { return strings.Count(filepath.Clean(path), "/") }

func isDir(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR
}

// clone opens a second view of a part of the host's tree.
func clone(path string, attr uint64) (int, error) {
	fd, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return -1, err
	}
	return fd, restrict(fd, attr)
}

// restrict adds attributes to a mount and those below it.
func restrict(fd int, attr uint64) error {
	err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: attr})
	if errors.Is(err, unix.ENOSYS) {
		return errors.New("the sandbox needs Linux 5.12 or newer")
	}
	return err
}

// newFS makes a new file system of a kind, with options as in "key=value".
func newFS(kind string, attr int, options ...string) (int, error) {
	context, err := unix.Fsopen(kind, unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("%s: %w", kind, err)
	}
	defer unix.Close(context) //nolint:errcheck // the mount has its own descriptor
	for _, option := range options {
		key, value, isString := strings.Cut(option, "=")
		if isString {
			err = unix.FsconfigSetString(context, key, value)
		} else {
			err = unix.FsconfigSetFlag(context, key)
		}
		if err != nil {
			return -1, fmt.Errorf("%s: option %s: %w", kind, option, err)
		}
	}
	if err := unix.FsconfigCreate(context); err != nil {
		return -1, fmt.Errorf("%s: %w", kind, err)
	}
	fd, err := unix.Fsmount(context, unix.FSMOUNT_CLOEXEC, attr)
	if err != nil {
		return -1, fmt.Errorf("%s: %w", kind, err)
	}
	return fd, nil
}

// enter makes the mount root the root of everything and forgets the old one.
func enter(root int) error {
	const step = "changing the root: %w"
	if err := unix.MoveMount(root, "", unix.AT_FDCWD, "/proc", unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf(step, err)
	}
	if err := unix.Fchdir(root); err != nil {
		return fmt.Errorf(step, err)
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf(step, err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf(step, err)
	}
	_ = unix.Close(root)
	return os.Chdir("/")
}

// attach puts the mount where it belongs. Where nothing is there to lay it
// over, that is made, if the place is private or writable.
func (m mount) attach() error {
	if err := m.place(); err != nil {
		return fmt.Errorf("%s: %w", m.path, err)
	}
	flags := unix.MOVE_MOUNT_F_EMPTY_PATH | unix.MOVE_MOUNT_T_SYMLINKS
	if err := unix.MoveMount(m.fd, "", unix.AT_FDCWD, m.path, flags); err != nil {
		return fmt.Errorf("%s: %w", m.path, err)
	}
	_ = unix.Close(m.fd)
	return nil
}

func (m mount) place() error {
	_, err := os.Stat(m.path)
	if err == nil || !errors.Is(err, unix.ENOENT) {
		return err
	}
	if m.dir {
		return os.MkdirAll(m.path, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(m.path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(m.path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}
