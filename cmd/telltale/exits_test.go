package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// exits runs a command and checks its exit code: exits 2 telltale audit. Its
// output is left in the files "out" and "err" of the current directory.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARGUMENT...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	program, err := os.Executable()
	ts.Check(err)
	cmd := exec.Command(program, args[2:]...)
	cmd.Dir = ts.Getenv("WORK")
	cmd.Env = append(os.Environ(), "TELLTALE_TEST_PROGRAM=1", "TELLTALE_KEY="+ts.Getenv("TELLTALE_KEY"))
	out, err := os.Create(filepath.Join(cmd.Dir, "out"))
	ts.Check(err)
	defer out.Close()
	errs, err := os.Create(filepath.Join(cmd.Dir, "err"))
	ts.Check(err)
	defer errs.Close()
	cmd.Stdout, cmd.Stderr = out, errs
	got := 0
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("running %v: %v", args[1:], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		text, _ := os.ReadFile(errs.Name())
		ts.Fatalf("%v: exit code %d, want %d\n%s", args[1:], got, want, text)
	}
}
