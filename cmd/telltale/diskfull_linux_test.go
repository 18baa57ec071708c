package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// smallDisk is a file system of a few megabytes that can be filled up.
type smallDisk struct {
	t   *testing.T
	dir string
}

// newSmallDisk mounts a disk in memory, which takes root.
func newSmallDisk(t *testing.T, dir string) *smallDisk {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("not root: not checked what a full disk does to a run (it takes mounting a small one)")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("telltale-test", dir, "tmpfs", 0, "size=12m"); err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") == "1" {
			t.Fatalf("mounting a small disk: %v", err)
		}
		t.Skipf("no disk can be mounted (%v): not checked what a full disk does to a run", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmounting the small disk: %v", err)
		}
	})
	return &smallDisk{t, dir}
}

func (d *smallDisk) filler() string { return filepath.Join(d.dir, "filler") }

// fill takes all space but a rest of so many bytes.
func (d *smallDisk) fill(rest int64) {
	d.t.Helper()
	f, err := os.Create(d.filler())
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(page)
	}
	if !errors.Is(err, unix.ENOSPC) {
		d.t.Fatalf("filling the disk: %v", err)
	}
	info, err := f.Stat()
	if err == nil {
		err = f.Truncate(max(0, info.Size()-rest))
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *smallDisk) free() {
	d.t.Helper()
	if err := os.Remove(d.filler()); err != nil {
		d.t.Fatal(err)
	}
}

// TestAFullDiskLosesNothing fills the disk in each part of a run, to the
// last byte and with some room left, so that it is now this file and now
// that which cannot be written.
func TestAFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	l := newCrashLab(t, "tom-2008", 11)
	disk := newSmallDisk(t, filepath.Join(l.dir, "disk"))
	mustDo(t, os.Mkdir(filepath.Join(disk.dir, "case"), 0o700))
	mustDo(t, os.Symlink(filepath.Join(disk.dir, "case"), l.caseDir()))
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	for i, at := range []struct {
		probes int
		rest   int64
	}{{12, 0}, {60, 30_000}, {120, 5_000}, {175, 12_000}} {
		args := []string{"--case", l.caseDir(), l.network.Scenario()}
		if i > 0 {
			args = []string{"--resume", l.caseDir()}
		}
		cmd, out := l.start(args...)
		l.awaitProbes(ctx, at.probes)
		disk.fill(at.rest)
		diskFullError(t, cmd.Wait(), out)
		l.noneLeft(ctx)
		l.verifies()
		disk.free()
	}
	l.finish()
}

func diskFullError(t *testing.T, err error, out *bytes.Buffer) {
	t.Helper()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
		t.Fatalf("on a full disk: %v, want exit code %d\n%s", err, exitFailed, out)
	}
	for _, want := range []string{"the disk is full", "no space left on device", "go on with: telltale audit --resume"} {
		if n := strings.Count(out.String(), want); n != 1 {
			t.Errorf("the error says %q %d times, want once:\n%s", want, n, out)
		}
	}
}

// TestACaseCannotBeginOnAFullDisk: nothing half made may be in the way.
func TestACaseCannotBeginOnAFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disk := newSmallDisk(t, filepath.Join(dir, "disk"))
	disk.fill(0)
	scenario := filepath.Join(dir, "s.yaml")
	mustDo(t, os.WriteFile(scenario, []byte(`{app: {name: x}, driver: {command: [no-such-program]}, channel: [], words: [one],
accounts: [{name: a, side: app}, {name: b, side: peer}], listen: 10ms}`), 0o600))
	audit := func() string {
		program, err := os.Executable()
		mustDo(t, err)
		cmd := exec.Command(program, "audit", "--case", filepath.Join(disk.dir, "case"), scenario)
		cmd.Env = append(os.Environ(), "TELLTALE_TEST_PROGRAM=1", "TELLTALE_KEY="+filepath.Join(dir, "signing.key"))
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Error("the audit has run without a driver")
		}
		return string(out)
	}
	if out := audit(); !strings.Contains(out, "no space left on device") || strings.Contains(out, "--resume") {
		t.Errorf("on a full disk it says\n%s", out)
	}
	disk.free()
	if out := audit(); !strings.Contains(out, "no-such-program") {
		t.Errorf("with space it says\n%s\nwant to hear of the driver", out)
	}
}
