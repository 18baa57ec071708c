//go:build amd64 || arm64

package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// startProgram starts the launcher, which becomes the program, and returns
// its pid once it has.
func startProgram(o order) (int, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return 0, err
	}
	defer ours.Close()
	o.Stage = stageLauncher
	files := []uintptr{0, 1, 2, theirs.Fd()}
	pid, err := syscall.ForkExec("/proc/self/exe", os.Args, &syscall.ProcAttr{
		Dir: "/", Env: []string{}, Files: files, Sys: &syscall.SysProcAttr{Setsid: true},
	})
	theirs.Close()
	if err != nil {
		return 0, fmt.Errorf("starting the launcher: %w", err)
	}
	err = json.NewEncoder(ours).Encode(o)
	if err == nil {
		err = unix.Shutdown(int(ours.Fd()), unix.SHUT_WR)
	}
	if err != nil {
		return 0, fmt.Errorf("starting the launcher: %w", err)
	}
	// The launcher's end closes by itself when the program takes its place.
	var failed notice
	err = json.NewDecoder(ours).Decode(&failed)
	switch {
	case errors.Is(err, io.EOF):
		return pid, nil
	case err != nil:
		return 0, fmt.Errorf("starting the program: %w", err)
	}
	return 0, errors.New(failed.Error)
}

// becomeProgram gives up every privilege and turns this process into the
// program. It returns only if that fails.
func becomeProgram(o order, control io.Reader) error {
	// What is left unread would make the socket's end look like a failure.
	if _, err := io.Copy(io.Discard, control); err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("hiding the launcher: %w", err)
	}
	if err := unix.CloseRange(controlFD, ^uint(0), unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return fmt.Errorf("closing descriptors: %w", err)
	}
	if err := os.Chdir(o.Dir); err != nil {
		return fmt.Errorf("working directory: %w", err)
	}
	path, err := lookPath(o.Args[0], o.Env)
	if err != nil {
		return err
	}
	unix.Umask(o.Umask)
	if err := dropPrivileges(o.RawSockets); err != nil {
		return err
	}
	err = unix.Exec(path, o.Args, o.Env)
	return fmt.Errorf("%s: %w", o.Args[0], err)
}

// lookPath finds the program in the PATH of its own environment.
func lookPath(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for _, entry := range env {
		if path, ok := strings.CutPrefix(entry, "PATH="); ok {
			if err := os.Setenv("PATH", path); err != nil {
				return "", err
			}
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%w (inside the sandbox)", err)
	}
	return path, nil
}
