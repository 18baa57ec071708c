//go:build linux && (amd64 || arm64)

package faults_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/faults"
)

// TestMain lets the test binary be the program that is run: it writes a file
// as a careful program does, and says what went wrong.
func TestMain(m *testing.M) {
	if dir := os.Getenv("FAULTS_TEST_DIR"); dir != "" {
		os.Exit(careful(dir, os.Getenv("FAULTS_TEST_HOW")))
	}
	os.Exit(m.Run())
}

// careful is the program; how says what else it does.
func careful(dir, how string) int {
	if how == "hangs" {
		select {}
	}
	if how == "touches" { // what a process that was started does
		if err := os.WriteFile(filepath.Join(dir, "touched"), nil, 0o600); err != nil {
			fmt.Println(err)
		}
		return 0
	}
	var err error
	switch how {
	case "threads":
		err = manyThreads(dir)
	case "starts":
		var self string
		if self, err = os.Executable(); err != nil {
			break
		}
		child := exec.CommandContext(context.Background(), self)
		child.Env = append(os.Environ(), "FAULTS_TEST_HOW=touches")
		child.Stdout = os.Stdout
		err = child.Run()
	default:
		err = replace(dir)
	}
	if err != nil {
		fmt.Println(err)
		return 3
	}
	return 0
}

func manyThreads(dir string) error {
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() {
			for j := range 10 {
				errs[i] = errors.Join(errs[i], os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d-%d", i, j)), []byte("text"), 0o600))
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// replace writes dir/file by way of another name.
func replace(dir string) error {
	name := filepath.Join(dir, "file")
	f, err := os.Create(name + ".new")
	if err != nil {
		return err
	}
	_, err = f.WriteString("whole text")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(name+".new"))
	}
	return os.Rename(name+".new", name)
}

// run runs the test program with a fault and returns what it printed, too.
func run(t *testing.T, dir, how string, f faults.Fault) (*faults.Result, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	result, out, err := tryRun(ctx, t, dir, how, f)
	if errors.Is(err, faults.ErrNotPermitted) && os.Getenv("TELLTALE_REQUIRE_REAL") != "1" {
		t.Skipf("not checked what happens when calls fail: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return result, out
}

func tryRun(ctx context.Context, t *testing.T, dir, how string, f faults.Fault) (*faults.Result, string, error) {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	result, err := faults.Run(ctx, faults.Program{
		Path: self, Args: []string{"careful"}, Output: out, Under: dir,
		Env: append(os.Environ(), "FAULTS_TEST_DIR="+dir, "FAULTS_TEST_HOW="+how, "GORACE=atexit_sleep_ms=0"),
	}, f)
	text, readErr := os.ReadFile(out.Name())
	if readErr != nil {
		t.Fatal(readErr)
	}
	return result, string(text), err
}

func callNames(calls []faults.Call) []string {
	var out []string
	for _, c := range calls {
		out = append(out, c.String())
	}
	return out
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e.Name()+": "+string(b))
	}
	return out
}

func TestCallsAreCounted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	result, out := run(t, dir, "", faults.Fault{})
	if result.Status.ExitStatus() != 0 || out != "" || result.Hit != -1 {
		t.Errorf("it ended with %v and said %q, hit %d", result.Status, out, result.Hit)
	}
	want := []string{"openat file.new", "write file.new", "fsync file.new", "renameat file.new"}
	if diff := cmp.Diff(want, callNames(result.Calls)); diff != "" {
		t.Error(diff)
	}
}

// TestEveryFault goes through all kinds at all calls and looks at what is left
// and what the program was told.
func TestEveryFault(t *testing.T) {
	t.Parallel()
	empty, part, text, whole := []string{"file.new: "}, []string{"file.new: whole"}, []string{"file.new: whole text"}, []string{"file: whole text"}
	nothing := []string{}
	for _, test := range []struct {
		kind faults.Kind
		at   int
		says string
		left []string
	}{
		{faults.KillBefore, 1, "", nothing},
		{faults.KillBefore, 2, "", empty},
		{faults.KillBefore, 3, "", text},
		{faults.KillBefore, 4, "", text},
		{faults.KillAfter, 1, "", empty},
		{faults.KillAfter, 2, "", text},
		{faults.KillAfter, 3, "", text},
		{faults.KillAfter, 4, "", whole},
		{faults.KillWithin, 2, "", part},
		{faults.NoSpace, 1, "no space left on device", nothing},
		{faults.NoSpace, 2, "no space left on device", nothing},
		{faults.Broken, 3, "input/output error", nothing},
		{faults.Broken, 4, "input/output error", text},
		{faults.Short, 2, "no space left on device", nothing},
		{faults.Quota, 2, "disk quota exceeded", nothing},
		{faults.Denied, 1, "permission denied", nothing},
		{faults.ReadOnly, 2, "read-only file system", empty},
	} {
		t.Run(fmt.Sprintf("%s-%d", test.kind, test.at), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			result, out := run(t, dir, "", faults.Fault{At: test.at, Kind: test.kind})
			if result.Hit != test.at-1 {
				t.Errorf("hit %d, want %d", result.Hit, test.at-1)
			}
			if killed := result.Status.Signaled() && result.Status.Signal() == syscall.SIGKILL; killed != test.kind.Kills() {
				t.Errorf("killed: %v, want %v", killed, test.kind.Kills())
			}
			if !strings.Contains(out, test.says) || (out == "") != (test.says == "") {
				t.Errorf("it said %q, want %q", out, test.says)
			}
			left := files(t, dir)
			if diff := cmp.Diff(test.left, left); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAShortWriteThenNone(t *testing.T) {
	t.Parallel()
	result, _ := run(t, t.TempDir(), "", faults.Fault{At: 2, Kind: faults.Short})
	want := []string{"openat file.new", "write file.new", "write file.new (no space left on device)", "fsync file.new", "unlinkat file.new"}
	if diff := cmp.Diff(want, callNames(result.Calls)); diff != "" {
		t.Error(diff)
	}
	if result, _ = run(t, t.TempDir(), "", faults.Fault{At: 1, Kind: faults.Short}); result.Hit != 1 {
		t.Errorf("the first write from call 1 on was not shortened: hit %d", result.Hit)
	}
	result, out := run(t, t.TempDir(), "", faults.Fault{At: 3, Kind: faults.Short})
	if result.Hit != -1 || out != "" {
		t.Errorf("fsync was shortened: hit %d, said %q", result.Hit, out)
	}
}

func TestCallsOfAllThreadsCount(t *testing.T) {
	t.Parallel()
	result, _ := run(t, t.TempDir(), "threads", faults.Fault{})
	if len(result.Calls) != 160 {
		t.Errorf("%d calls were counted, want 160", len(result.Calls))
	}
	dir := t.TempDir()
	result, _ = run(t, dir, "threads", faults.Fault{At: 100, Kind: faults.KillBefore})
	if len(result.Calls) != 100 || !result.Status.Signaled() {
		t.Errorf("%d calls, ended with %v", len(result.Calls), result.Status)
	}
}

func TestProcessesThatItStartsAreLetBe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	result, out := run(t, dir, "starts", faults.Fault{At: 1, Kind: faults.NoSpace})
	if len(result.Calls) != 0 || out != "" || !slices.Equal(files(t, dir), []string{"touched: "}) {
		t.Errorf("calls %v, said %q, left %v", result.Calls, out, files(t, dir))
	}
}

func TestGivingUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	cancel(reason)
	if _, _, err := tryRun(ctx, t, t.TempDir(), "hangs", faults.Fault{}); !errors.Is(err, reason) {
		t.Errorf("got %v, want %v", err, reason)
	}
}

func TestNoProgram(t *testing.T) {
	t.Parallel()
	_, err := faults.Run(t.Context(), faults.Program{Path: filepath.Join(t.TempDir(), "none"), Args: []string{"none"}, Under: t.TempDir()}, faults.Fault{})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
