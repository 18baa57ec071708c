//go:build amd64 || arm64

package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// shown are the files and directories in hidden places that the caller has
// named: the program, arguments that are paths, the working directory, and
// the directories of PATH. So `cd ~/app && telltale run -- ./app` works. The
// home itself, or /tmp itself, is never shown.
func (h host) shown(args []string, t tree) []string {
	s := shower{hidden: slices.Concat(privateDirs(), t.HomePaths, t.Remote)}
	s.show(h.dir)
	for _, arg := range args {
		if arg == "" || strings.ContainsRune(arg, 0) {
			continue
		}
		if !filepath.IsAbs(arg) {
			arg = filepath.Join(h.dir, arg)
		}
		s.show(arg)
	}
	for _, dir := range filepath.SplitList(h.get("PATH")) {
		s.showTools(dir, t.HomePaths)
	}
	return s.paths
}

// shower collects what is shown.
type shower struct {
	hidden []string
	paths  []string
}

// show adds a file or directory, and what it is a link to.
func (s *shower) show(path string) {
	if !filepath.IsAbs(path) {
		return
	}
	path = filepath.Clean(path)
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() && !info.Mode().IsRegular() {
		return // what is named may be no file at all, and sockets stay out
	}
	s.add(path)
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		s.add(resolved)
	}
}

func (s *shower) add(path string) {
	inside := false
	for _, dir := range s.hidden {
		if within(dir, path) {
			return // it holds a hidden place: all of that would be seen
		}
		inside = inside || within(path, dir)
	}
	if inside && !slices.Contains(s.paths, path) {
		s.paths = append(s.paths, path)
	}
}

// showTools shows a directory of PATH. Programs that are installed in the
// home, as by pyenv or nvm, have the rest of theirs beside bin.
func (s *shower) showTools(dir string, homes []string) {
	s.show(dir)
	parent := filepath.Dir(dir)
	name := filepath.Base(dir)
	if name != "bin" && name != "sbin" && name != "shims" || filepath.Base(parent) == ".local" {
		return
	}
	for _, home := range homes {
		if within(parent, home) {
			s.show(parent)
		}
	}
}
