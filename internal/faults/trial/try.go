package trial

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"example.org/telltale/internal/faults"
)

// Exit codes of an audit.
const (
	exitFailed = 1
	exitFound  = 10
)

// Clean is an audit to which nothing happened.
type Clean struct {
	// Calls that it made.
	Calls []faults.Call
	// Findings as claim and verdict, sorted.
	Findings []string
}

// Clean runs the audit without a fault. It comes first: it makes the key that
// all cases are signed with.
func (b *Bed) Clean(ctx context.Context) (*Clean, error) {
	t, err := b.begin()
	if err != nil {
		return nil, err
	}
	result, err := t.audit(ctx, faults.Fault{}, false)
	if err != nil {
		return nil, err
	}
	if result.Status.ExitStatus() != exitFound {
		return nil, fmt.Errorf("without a fault the audit ended with %v, want exit code %d:\n%s", result.Status, exitFound, t.output.Bytes())
	}
	s, err := t.read()
	if err == nil {
		err = t.checkTyped(s, 0)
	}
	if err == nil {
		err = t.verify("without a fault")
	}
	if err != nil {
		return nil, err
	}
	t.checkOnce(s)
	if len(t.problems) > 0 {
		return nil, fmt.Errorf("without a fault: %q", t.problems)
	}
	return &Clean{Calls: result.Calls, Findings: s.findings}, os.RemoveAll(t.dir)
}

// Outcome is what came of a trial.
type Outcome struct {
	// At is the call at which each fault came, as in "write log/entries.jsonl";
	// empty where it came at none.
	At []string
	// Problems are what does not hold; Dir has the files if there are any.
	Problems []string
	Dir      string
}

// Try begins an audit with the first fault and resumes it with the others, one
// each; then it is resumed without any.
func (b *Bed) Try(ctx context.Context, clean *Clean, list ...faults.Fault) (*Outcome, error) {
	t, err := b.begin()
	if err != nil {
		return nil, err
	}
	out := &Outcome{At: make([]string, len(list)), Dir: t.dir}
	if err := t.try(ctx, clean, list, out); err != nil {
		return nil, fmt.Errorf("%v: %w", list, err)
	}
	if out.Problems = t.problems; len(out.Problems) == 0 {
		return out, os.RemoveAll(t.dir)
	}
	return out, nil
}

func (t *one) try(ctx context.Context, clean *Clean, list []faults.Fault, out *Outcome) error {
	before := &state{}
	for i, f := range list {
		result, err := t.audit(ctx, f, before.scenario)
		if err != nil {
			return err
		}
		if result.Hit >= 0 {
			out.At[i] = result.Calls[result.Hit].Name + " " + result.Calls[result.Hit].File
		}
		t.checkExit(f, result)
		if before, err = t.after(before, i+1); err != nil {
			return err
		}
		if result.Status.ExitStatus() == exitFailed {
			t.checkHint(f, before)
		}
		if !before.scenario {
			// Nothing was typed; what was begun is only in the way.
			if err := os.RemoveAll(t.caseDir()); err != nil {
				return err
			}
			before = &state{}
		}
	}
	return t.finish(ctx, clean, before, len(list))
}

// checkExit: a run ends as it was killed, or says that it could not go on, or
// comes to its end all the same.
func (t *one) checkExit(f faults.Fault, r *faults.Result) {
	if r.Hit >= 0 && f.Kind.Kills() {
		if !r.Status.Signaled() {
			t.problem("%v: it was killed and ended with exit code %d", f, r.Status.ExitStatus())
		}
		return
	}
	code := r.Status.ExitStatus()
	if code != exitFound && (r.Hit < 0 || code != exitFailed) {
		t.problem("%v: it ended with exit code %d:\n%s", f, code, t.output.Bytes())
	}
}

// checkHint: a run that could not go on says how to.
func (t *one) checkHint(f faults.Fault, s *state) {
	hint := "audit --resume " + t.caseDir()
	if !s.scenario {
		hint = f.Kind.Errno().Error()
	}
	if !strings.Contains(t.output.String(), hint) {
		t.problem("%v: it does not say %q:\n%s", f, hint, t.output.Bytes())
	}
}

// after looks at what a fault has left. lost is how many messages may have no
// receipt.
func (t *one) after(before *state, lost int) (*state, error) {
	s, err := t.read()
	if err != nil {
		return nil, err
	}
	t.checkKept(before, s)
	if err := t.checkTyped(s, lost); err != nil {
		return nil, err
	}
	if !s.scenario {
		return s, nil // no case yet
	}
	return s, t.verify("after the fault")
}

// finish resumes the case without a fault and compares its end with that of the
// audit to which nothing happened.
func (t *one) finish(ctx context.Context, clean *Clean, before *state, lost int) error {
	result, err := t.audit(ctx, faults.Fault{}, before.scenario)
	if err != nil {
		return err
	}
	if code := result.Status.ExitStatus(); code != exitFound {
		t.problem("resumed, it ended with exit code %d:\n%s", code, t.output.Bytes())
		return nil
	}
	s, err := t.read()
	if err != nil {
		return err
	}
	t.checkKept(before, s)
	t.checkOnce(s)
	if !slices.Equal(clean.Findings, s.findings) {
		t.problem("resumed, it finds\n%q\nand without a fault\n%q", s.findings, clean.Findings)
	}
	if err := t.checkTyped(s, lost); err != nil {
		return err
	}
	return t.verify("resumed,")
}
