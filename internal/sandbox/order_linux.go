//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// newOrder turns what the caller wants into what the init is told.
func newOrder(c Config) (order, error) {
	env := c.Env
	if env == nil {
		env = os.Environ()
	}
	dir := c.Dir
	if dir == "" {
		var err error
		if dir, err = os.Getwd(); err != nil {
			return order{}, fmt.Errorf("working directory: %w", err)
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return order{}, err
	}
	h := host{env: env, dir: dir}
	o := order{
		Stage: stageInit, Args: c.Args, Dir: dir, Umask: umask(),
		NoTun: c.NoTun, RawSockets: mayUseRawSockets(),
	}
	o.Tree, err = h.tree(c)
	if err != nil {
		return order{}, err
	}
	o.Env = h.inside(o.Tree, c.Display)
	return o, nil
}

// umask is that of this process. It cannot be asked for without being
// changed for all, so the kernel's account of the process is read.
func umask() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0o022
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "Umask:"); ok {
			if mask, err := strconv.ParseInt(strings.TrimSpace(value), 8, 32); err == nil {
				return int(mask)
			}
		}
	}
	return 0o022
}

// mayUseRawSockets says whether this process could open raw sockets. Then
// the program may too, on its own network; otherwise it may not inside
// either, so that it behaves as it would outside.
func mayUseRawSockets() bool {
	header := &unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	err := unix.Capget(header, &data[0])
	return err == nil && os.Geteuid() == 0 && data[0].Effective&(1<<unix.CAP_NET_RAW) != 0
}

// host is what the caller's side looks like.
type host struct {
	env []string
	dir string
}

// get is a variable of the program's environment.
func (h host) get(name string) string {
	value := ""
	for _, entry := range h.env {
		if v, ok := strings.CutPrefix(entry, name+"="); ok {
			value = v
		}
	}
	return value
}

func (h host) tree(c Config) (tree, error) {
	t := tree{HomePaths: h.homes()}
	var err error
	absolute := func(path string) string {
		if !filepath.IsAbs(path) {
			path = filepath.Join(h.dir, path)
		}
		resolved, e := filepath.EvalSymlinks(path)
		if e != nil && err == nil {
			err = e
		}
		return resolved
	}
	if c.Home != "" {
		t.Home = absolute(c.Home)
	}
	for _, path := range c.Writable {
		t.Writable = append(t.Writable, absolute(path))
	}
	for _, path := range c.Hidden {
		t.Hidden = append(t.Hidden, absolute(path))
	}
	for _, b := range c.Binds {
		t.Binds = append(t.Binds, Bind{Source: absolute(b.Source), Path: filepath.Clean(b.Path)})
	}
	if err != nil {
		return tree{}, err
	}
	if h.get("XDG_RUNTIME_DIR") != "" {
		t.Runtime = filepath.Join("/run/user", strconv.Itoa(os.Geteuid()))
	}
	if c.Display {
		t.Sockets = h.display()
	}
	if t.Remote, err = remoteMounts(); err != nil {
		return tree{}, err
	}
	t.Shown = h.shown(c.Args, t)
	t.Masked = hostSockets(slices.Concat([]string{h.dir}, t.Shown, t.Writable))
	return t, nil
}

// homes are the user's home directories, as the environment and the user
// database name them. One that holds the system is none.
func (h host) homes() []string {
	candidates := []string{h.get("HOME")}
	if u, err := user.LookupId(strconv.Itoa(os.Geteuid())); err == nil {
		candidates = append(candidates, u.HomeDir)
	}
	var homes []string
	for _, path := range candidates {
		resolved, err := filepath.EvalSymlinks(path)
		info, statErr := os.Stat(path)
		if err != nil || statErr != nil || !info.IsDir() || !filepath.IsAbs(path) || holdsSystem(resolved) {
			continue
		}
		if len(homes) == 0 || homes[0] != resolved {
			homes = append(homes, resolved)
		}
	}
	if len(homes) == 0 {
		return []string{"/run/home"}
	}
	return homes
}

// holdsSystem says whether a directory is one that programs need.
func holdsSystem(path string) bool {
	for _, system := range append(privateDirs(), "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/opt", "/proc",
		"/sbin", "/sys", "/usr", "/var") {
		if within(system, path) {
			return true
		}
	}
	for _, system := range []string{"/usr", "/etc", "/dev", "/proc", "/sys", "/bin", "/sbin", "/lib"} {
		if within(path, system) {
			return true
		}
	}
	return false
}

// within says whether path is dir or lies in it.
func within(path, dir string) bool {
	return path == dir || dir == "/" || strings.HasPrefix(path, dir+"/")
}
