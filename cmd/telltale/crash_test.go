package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/lab"
	"example.org/telltale/internal/lab/labdir"
)

// crashLab is a running lab network and a case about its client.
type crashLab struct {
	t       *testing.T
	network *lab.Network
	dir     string
	program string
	env     []string
}

func newCrashLab(t *testing.T, profile string, seed uint64) *crashLab {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: runs whole audits on real processes")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	l := &crashLab{t: t, dir: dir, program: program,
		env: append(os.Environ(), "TELLTALE_TEST_PROGRAM=1", "TELLTALE_KEY="+filepath.Join(dir, "signing.key"))}
	// The lab's processes are this test binary again; see TestMain.
	if err := os.Setenv("TELLTALE_TEST_PROGRAM", "1"); err != nil {
		t.Fatal(err)
	}
	l.network, err = lab.Up(t.Context(), lab.Options{Profile: profile, Seed: seed, Dir: filepath.Join(dir, "lab"), Program: program, Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.network.Down(); err != nil {
			t.Errorf("stopping the lab: %v", err)
		}
	})
	return l
}

func (l *crashLab) caseDir() string { return filepath.Join(l.dir, "case") }

// start begins an audit as a process of its own.
func (l *crashLab) start(args ...string) (*exec.Cmd, *bytes.Buffer) {
	l.t.Helper()
	var out bytes.Buffer
	cmd := exec.Command(l.program, append([]string{"audit"}, args...)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = l.env, &out, &out
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	return cmd, &out
}

// awaitProbes returns when the case has n probes. The file's growth is the
// event; there is nothing else to wait on in another process.
func (l *crashLab) awaitProbes(ctx context.Context, n int) {
	l.t.Helper()
	log := filepath.Join(l.caseDir(), "log", "entries.jsonl")
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		if b, err := os.ReadFile(log); err == nil && bytes.Count(b, []byte(`"type":"probe"`)) >= n {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			l.t.Fatalf("the case never had %d probes", n)
		}
	}
}

// finish resumes the case until it is done, then checks everything.
func (l *crashLab) finish() {
	l.t.Helper()
	cmd, out := l.start("--resume", l.caseDir())
	l.check(cmd.Wait(), out)
}

func (l *crashLab) check(err error, out *bytes.Buffer) {
	l.t.Helper()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFound {
		l.t.Fatalf("the audit ended with %v, want exit code %d\n%s", err, exitFound, out)
	}
	l.verifies()
	l.countsOnce()
	table, err := scoreCase(l.caseDir(), filepath.Join(l.dir, "lab", "truth.json"))
	if err != nil {
		l.t.Fatal(err)
	}
	if !table.Perfect() {
		l.t.Errorf("missed %q, false %q", table.Missed, table.False)
	}
}

func (l *crashLab) verifies() {
	l.t.Helper()
	v, err := verifyCase(l.caseDir(), "")
	if err != nil {
		l.t.Fatal(err)
	}
	if !v.Holds {
		l.t.Errorf("the case does not hold: %v", v.Problems)
	}
}

// countsOnce checks that no question of the plan has two counted answers, and
// that no probe was typed under the same id twice.
func (l *crashLab) countsOnce() {
	l.t.Helper()
	if err := countsOnce(l.caseDir()); err != nil {
		l.t.Error(err)
	}
}

func recordOf(dir string) (*telltale.Record, error) {
	reader, err := casefile.Read(dir)
	if err != nil {
		return nil, err
	}
	return reader.Record, nil
}

// countsOnce is an error if a question of the plan has two counted answers,
// or if there is none at all.
func countsOnce(dir string) error {
	rec, err := recordOf(dir)
	if err != nil {
		return err
	}
	counted := map[string]string{}
	outcomes := map[string]string{}
	for _, o := range rec.Observations {
		if o.Feature == "outcome" {
			outcomes[o.Probe] = o.Text
		}
	}
	for _, p := range rec.Probes {
		if outcomes[p.ID] == "" || outcomes[p.ID] == "void" {
			continue
		}
		if other, ok := counted[p.Key]; ok {
			return fmt.Errorf("%s and %s both count for %s", other, p.ID, p.Key)
		}
		counted[p.Key] = p.ID
	}
	if len(counted) == 0 {
		return errors.New("no trial counts at all")
	}
	return nil
}

// noneLeft checks that every process that the audit started has ended: those
// that name the lab's directory but are not the supervisor's.
func (l *crashLab) noneLeft(ctx context.Context) {
	l.t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		left := l.auditProcesses()
		if len(left) == 0 {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			l.t.Fatalf("still there after telltale was killed: %q", left)
		}
	}
}

// auditProcesses lists the driver and the clients under test.
func (l *crashLab) auditProcesses() []string {
	var out []string
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		args := strings.Split(strings.TrimRight(string(b), "\x00"), "\x00")
		if len(args) > 3 && args[1] == "lab" && (args[2] == "driver" || args[2] == "client") && strings.Contains(string(b), l.dir) {
			out = append(out, filepath.Base(filepath.Dir(path))+" "+strings.Join(args[1:], " "))
		}
	}
	return out
}

func TestKillingTelltaleLosesNothing(t *testing.T) {
	t.Parallel()
	l := newCrashLab(t, "tom-2008", 3)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	// In contact, early and late in screening, while isolating.
	for i, probes := range []int{10, 60, 130, 175, 190} {
		args := []string{"--case", l.caseDir(), l.network.Scenario()}
		if i > 0 {
			args = []string{"--resume", l.caseDir()}
		}
		cmd, out := l.start(args...)
		l.awaitProbes(ctx, probes)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Fatalf("telltale was done before it could be killed\n%s", out)
		}
		l.noneLeft(ctx)
		l.verifies()
	}
	l.finish()
}

func TestKillingAnyProcessOfTheLabLosesNothing(t *testing.T) {
	t.Parallel()
	l := newCrashLab(t, "tom-2011", 4)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd, out := l.start("--case", l.caseDir(), l.network.Scenario())
	probes := 20
	for _, role := range l.network.Roles() {
		l.awaitProbes(ctx, probes)
		l.killRole(role)
		probes += 8
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == exitFound {
		l.check(err, out)
		return
	}
	// The run gave up: what it has must hold, and it must be possible to go on.
	l.verifies()
	l.finish()
}

func (l *crashLab) killRole(role labdir.Role) {
	l.t.Helper()
	process, err := os.FindProcess(role.PID)
	if err == nil {
		err = process.Kill()
	}
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		l.t.Errorf("killing %s: %v", role.Name, err)
	}
}

func TestKillingTheAppOrItsDriverLosesNothing(t *testing.T) {
	t.Parallel()
	l := newCrashLab(t, "tom-2006", 5)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd, out := l.start("--case", l.caseDir(), l.network.Scenario())
	for i, what := range []string{"client", "driver", "client"} {
		l.awaitProbes(ctx, 40+40*i)
		l.killOne(what)
	}
	l.check(cmd.Wait(), out)
}

// killOne kills one of the audit's processes of a kind.
func (l *crashLab) killOne(what string) {
	l.t.Helper()
	for _, p := range l.auditProcesses() {
		pid, args, _ := strings.Cut(p, " ")
		if !strings.HasPrefix(args, "lab "+what) {
			continue
		}
		var n int
		if err := json.Unmarshal([]byte(pid), &n); err != nil {
			l.t.Fatal(err)
		}
		process, err := os.FindProcess(n)
		if err == nil {
			err = process.Kill()
		}
		if err != nil && !errors.Is(err, os.ErrProcessDone) {
			l.t.Errorf("killing %s: %v", p, err)
		}
		return
	}
	l.t.Fatalf("there is no %s to kill", what)
}
