//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// remoteMounts are the host's mounts where the mere name of a file that is
// asked for may travel over the host's network, past the link: network file
// systems, those that a program of the host serves, and those that are
// mounted when they are looked at.
func remoteMounts() ([]string, error) {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var all []string
	for line := range strings.Lines(string(table)) {
		// proc_pid_mountinfo(5): fields, "-", type, source, options.
		before, after, ok := strings.Cut(line, " - ")
		fields := strings.Fields(before)
		if !ok || len(fields) < 5 {
			continue
		}
		kind, _, _ := strings.Cut(after, " ")
		if path := unescapeOctal(fields[4]); remote(kind) && path != "/" {
			all = append(all, path)
		}
	}
	return all, nil
}

func remote(kind string) bool {
	kinds := []string{"autofs", "afs", "ceph", "cifs", "coda", "davfs", "fuse", "glusterfs", "lustre",
		"ncpfs", "nfs", "nfs4", "orangefs", "smb3", "smbfs"}
	return slices.Contains(kinds, kind) || strings.HasPrefix(kind, "fuse.")
}

// unescapeOctal reads a path as the kernel writes it: \040 is a space.
func unescapeOctal(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		if s[0] == '\\' && len(s) >= 4 {
			if c, err := strconv.ParseUint(s[1:4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				s = s[4:]
				continue
			}
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	return b.String()
}

// cover lays an empty directory over each path. What the caller names below
// it is put there afterwards.
func cover(paths []string) error {
	for _, path := range paths {
		fd, err := newFS("tmpfs", ownAttr|unix.MOUNT_ATTR_NOEXEC, "mode=0755", "size=1m")
		if err != nil {
			return err
		}
		err = unix.MoveMount(fd, "", unix.AT_FDCWD, path, unix.MOVE_MOUNT_F_EMPTY_PATH)
		_ = unix.Close(fd)
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
			continue // it is below one that is covered, or a file
		}
		if err != nil {
			return fmt.Errorf("covering %s: %w", path, err)
		}
	}
	return nil
}
