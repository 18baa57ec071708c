package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// system is a real system that runs.
type system struct {
	cmd *exec.Cmd
	// usual is the first port that it takes by default, port the one it has.
	usual, port int
	dir         string
}

// defaultPort finds the port in a start.sh.
var defaultPort = regexp.MustCompile(`(?m)^PORT=\$\{PORT:-(\d+)\}`)

// spread is how many ports in a row are looked for.
const spread = 6

// start brings a system up, at its usual ports if port is 0, and waits until it
// says that it is ready.
func start(ctx context.Context, folder, dir string, port int) (*system, error) {
	script := filepath.Join(folder, "start.sh")
	text, err := os.ReadFile(script)
	if err != nil {
		return nil, err
	}
	m := defaultPort.FindSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("%s names no port", script)
	}
	s := &system{dir: dir}
	if s.usual, err = strconv.Atoi(string(m[1])); err != nil {
		return nil, err
	}
	s.port = cmp.Or(port, s.usual)
	s.cmd = exec.CommandContext(ctx, "bash", script)
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	modules, err := nodeModules(ctx, folder)
	if err != nil {
		return nil, err
	}
	s.cmd.Env = append(os.Environ(), "BASE="+dir, "PORT="+strconv.Itoa(s.port), modules)
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "READY ") {
			return s, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%s ended before it was ready", script), s.cmd.Wait())
}

// nodeModules installs what a system's package.json asks for, once, outside of
// its folder, and gives the setting that says where it lies.
func nodeModules(ctx context.Context, folder string) (string, error) {
	if set := os.Getenv("NODE_MODULES"); set != "" {
		return "NODE_MODULES=" + set, nil
	}
	wanted, err := os.ReadFile(filepath.Join(folder, "package.json"))
	if err != nil {
		return "BENCHPLATFORMS=1", nil // it asks for nothing
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "telltale-bench", filepath.Base(folder))
	modules := filepath.Join(dir, "node_modules")
	if _, err := os.Stat(modules); err == nil {
		return "NODE_MODULES=" + modules, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), wanted, 0o644); err != nil {
		return "", err
	}
	install := exec.CommandContext(ctx, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir, install.Stdout, install.Stderr = dir, os.Stderr, os.Stderr
	if err := install.Run(); err != nil {
		return "", fmt.Errorf("npm install for %s: %w", filepath.Base(folder), err)
	}
	return "NODE_MODULES=" + modules, nil
}

func (s *system) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	_ = s.cmd.Wait()
}

// freePorts finds a few ports in a row that nobody uses.
func freePorts() (int, error) {
	for range 100 {
		l, err := listen("127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		first := l.Addr().(*net.TCPAddr).Port
		l.Close()
		if first+spread < 65536 && allFree(first) {
			return first, nil
		}
	}
	return 0, errors.New("there are no free ports in a row")
}

func listen(address string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
}

func allFree(first int) bool {
	for p := first; p < first+spread; p++ {
		l, err := listen(net.JoinHostPort("127.0.0.1", strconv.Itoa(p)))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}

// usualDir is where a scenario expects its system's directory.
func usualDir(name string) string { return "/tmp/telltale-" + base(name) }

// move writes a scenario for where the system really is: its ports and its
// directory instead of the usual ones.
func (s *system) move(text, name string) string {
	for i := range spread {
		text = regexp.MustCompile(`\b`+strconv.Itoa(s.usual+i)+`\b`).ReplaceAllString(text, strconv.Itoa(s.port+i))
	}
	return strings.ReplaceAll(text, usualDir(name), s.dir)
}
