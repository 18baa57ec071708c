package mutate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"example.org/telltale/internal/casefile/format"
)

// Verifier says all that is to be said of the case in dir. An error is for a
// directory that it takes for no case at all.
type Verifier func(dir, key, checkpoint string) ([]Saying, error)

// Options of a run.
type Options struct {
	// Case as it was.
	Case Tree
	// Dir is where copies of it are put; it must be empty.
	Dir string
	// Workers verify at the same time; 0 means one.
	Workers int
	Verify  Verifier
	// Done is told after each mutation, by one goroutine at a time; may be nil.
	Done func(done int)
}

// Miss is a mutation that was not named.
type Miss struct {
	What    string
	Verdict Verdict
	// Said is what the verifier said that it did not say before.
	Said []Saying
}

func (m Miss) String() string {
	text := m.What + ": " + m.Verdict.String()
	for _, s := range m.Said[:min(3, len(m.Said))] {
		text += fmt.Sprintf("; %s:%d: %s (problem: %t)", s.File, s.Line, s.What, s.Problem)
	}
	return text
}

// Report counts what became of the mutations.
type Report struct {
	Mutations int
	// Named by a problem, Noted by a note where that is enough.
	Named, Noted int
	// Missed are the others.
	Missed []Miss
}

// Run verifies a case after each of the mutations that next gives, until it
// gives none.
func Run(o Options, next func() (Mutation, bool)) (Report, error) {
	r := &run{Options: o, next: next}
	var err error
	workers := max(1, o.Workers)
	errs := make([]error, workers)
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() { errs[i] = r.work(filepath.Join(o.Dir, fmt.Sprint(i))) })
	}
	all.Wait()
	err = errors.Join(errs...)
	return r.report, err
}

type run struct {
	Options
	mu     sync.Mutex
	next   func() (Mutation, bool)
	report Report
	failed bool
}

// work has a copy of the case of its own, mutates it, and brings it back.
func (r *run) work(dir string) (err error) {
	defer func() {
		if err != nil {
			r.mu.Lock()
			r.failed = true
			r.mu.Unlock()
		}
	}()
	if err := r.Case.Save(dir); err != nil {
		return err
	}
	was := map[[2]string][]Saying{}
	for {
		r.mu.Lock()
		m, more := r.next()
		more = more && !r.failed
		r.mu.Unlock()
		if !more {
			return nil
		}
		known := [2]string{m.Key, m.Checkpoint}
		if _, there := was[known]; !there {
			if was[known], err = r.baseline(dir, m); err != nil {
				return err
			}
		}
		if err := r.one(dir, m, was[known]); err != nil {
			return fmt.Errorf("%s: %w", m.What, err)
		}
	}
}

// baseline is what the verifier says of the case as it was.
func (r *run) baseline(dir string, m Mutation) ([]Saying, error) {
	was, err := r.Verify(dir, m.Key, m.Checkpoint)
	if err != nil {
		return nil, fmt.Errorf("the case as it was: %w", err)
	}
	for _, s := range was {
		if s.Problem {
			return nil, fmt.Errorf("the case as it was does not hold: %s:%d: %s", s.File, s.Line, s.What)
		}
	}
	return was, nil
}

func (r *run) one(dir string, m Mutation, was []Saying) error {
	changed := r.Case.Changed(m.After)
	if err := m.After.write(dir, changed); err != nil {
		return err
	}
	now := r.say(dir, m)
	if err := r.Case.write(dir, changed); err != nil {
		return err
	}
	r.count(m, was, now)
	return nil
}

// say asks the verifier. An error is a problem of the file that it names.
func (r *run) say(dir string, m Mutation) []Saying {
	now, err := r.Verify(dir, m.Key, m.Checkpoint)
	if err == nil {
		return now
	}
	said := Saying{What: err.Error(), Problem: true}
	for _, file := range []string{format.FormatFile, format.LogFile} {
		if strings.Contains(said.What, filepath.Join(dir, filepath.FromSlash(file))) || strings.Contains(said.What, ": "+file+": ") {
			said.File = file
		}
	}
	return append(now, said)
}

func (r *run) count(m Mutation, was, now []Saying) {
	verdict := Judge(r.Case, m, was, now)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Mutations++
	switch verdict {
	case Named:
		r.report.Named++
	case Noted:
		r.report.Noted++
	default:
		r.report.Missed = append(r.report.Missed, Miss{m.What, verdict, fresh(was, now)})
	}
	if r.Done != nil {
		r.Done(r.report.Mutations)
	}
}

// fresh is what is said now and was not before.
func fresh(was, now []Saying) []Saying {
	known := map[Saying]bool{}
	for _, s := range was {
		known[s] = true
	}
	var out []Saying
	for _, s := range now {
		if !known[s] {
			out = append(out, s)
		}
	}
	return out
}

// TempDir makes a directory for the copies, in memory where there is a file
// system for that.
func TempDir() (string, error) {
	if dir, err := os.MkdirTemp("/dev/shm", "mutate-"); err == nil {
		return dir, nil
	}
	return os.MkdirTemp("", "mutate-")
}
