//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// hostSockets are the paths of the Unix sockets that the host knows of, as
// seen from here and from its first process. A socket that was bound by a
// relative path is looked for in the directories that processes are in, and
// in those given.
func hostSockets(dirs []string) []string {
	var all, relative []string
	for _, table := range []string{"/proc/self/net/unix", "/proc/1/net/unix"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue // that of another process may be out of sight
		}
		for line := range strings.Lines(string(text)) {
			switch path := socketPath(line); {
			case filepath.IsAbs(path):
				all = append(all, filepath.Clean(path))
			case path != "":
				relative = append(relative, path)
			}
		}
	}
	if len(relative) > 0 {
		all = append(all, boundIn(append(workingDirs(), dirs...), relative)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// socketPath is the path in a line of /proc/net/unix; empty if there is none,
// or an abstract name.
//
//	Num RefCount Protocol Flags Type St Inode Path
func socketPath(line string) string {
	const before = 7
	rest := strings.TrimSuffix(line, "\n")
	for range before {
		_, after, ok := strings.Cut(strings.TrimLeft(rest, " "), " ")
		if !ok {
			return ""
		}
		rest = after
	}
	if rest == "Path" || strings.HasPrefix(rest, "@") {
		return "" // the heading
	}
	return rest
}

// workingDirs are those of the processes that may be looked at.
func workingDirs() []string {
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		return nil
	}
	var dirs []string
	for _, link := range links {
		if dir, err := os.Readlink(link); err == nil {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// boundIn are the sockets among the names in the directories.
func boundIn(dirs, names []string) []string {
	var all []string
	for _, dir := range dirs {
		for _, name := range names {
			path := filepath.Join(dir, name)
			if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
				all = append(all, path)
			}
		}
	}
	return all
}

// maskSockets lays something that is no socket over each of the host's
// sockets that is still to be seen, but for those that were passed in.
func maskSockets(paths, passed []string) error {
	for _, path := range paths {
		if slices.Contains(passed, path) {
			continue
		}
		info, err := os.Lstat(path)
		if err != nil || info.Mode()&os.ModeSocket == 0 {
			continue
		}
		if err := protect(path, true); err != nil {
			return fmt.Errorf("hiding the socket %s: %w", path, err)
		}
	}
	return nil
}
