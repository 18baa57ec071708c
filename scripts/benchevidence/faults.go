package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"example.org/telltale/internal/faults"
	"example.org/telltale/internal/faults/trial"
	"example.org/telltale/internal/verify"
)

// playDriver reports whether this program was started as the driver of trials,
// and is one then.
func playDriver(ctx context.Context) (bool, error) {
	if len(os.Args) < 2 || os.Args[1] != trial.DriverCommand {
		return false, nil
	}
	return true, trial.Driver(ctx, os.Args[2:], os.Stdin, os.Stdout)
}

// faultRow is the audits with one kind of fault.
type faultRow struct {
	measure string
	// lists are the faults of each audit: one while it begins, one while it is
	// resumed.
	lists [][]faults.Fault
}

// faultPart lets every system call of an audit go wrong, each in an audit of
// its own, and resumes each.
func faultPart(ctx context.Context, o options) (out []row, err error) {
	dir, err := os.MkdirTemp("", "telltale-faults-")
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	bed, err := trial.New(ctx, trial.Options{
		Program: o.telltale, Driver: []string{self, trial.DriverCommand}, Dir: dir, Verify: wrongWith,
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bed.Close()) }()
	clean, err := bed.Clean(ctx)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(o.progress, "an audit makes %d system calls that change its case\n", len(clean.Calls))
	bench := &faultBench{bed: bed, clean: clean, progress: o.progress}
	rows := faultRows(clean, o.short)
	for _, r := range rows {
		bench.total += len(r.lists)
	}
	for _, r := range rows {
		one, err := bench.run(ctx, r)
		if err != nil {
			return out, err
		}
		out = append(out, one)
		fmt.Fprintf(o.progress, "%s: %s\n", one.measure, one.measured)
	}
	if bench.bad > 0 {
		return out, nil // the files of what does not hold stay
	}
	return out, os.RemoveAll(dir)
}

// wrongWith lists what is wrong with a case.
func wrongWith(dir string) ([]string, error) {
	result, err := verify.Case(dir, verify.Options{})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range result.Problems {
		out = append(out, p.String())
	}
	return out, nil
}

// faultRows lists the audits to make.
func faultRows(clean *trial.Clean, short bool) []faultRow {
	step := 1
	if short {
		step = 40
	}
	every := func(first ...faults.Fault) func(faults.Kind) [][]faults.Fault {
		return func(kind faults.Kind) (out [][]faults.Fault) {
			for at := 1; at <= len(clean.Calls); at += step {
				if kind.Halves() && step == 1 && !strings.Contains(clean.Calls[at-1].Name, "write") {
					continue
				}
				out = append(out, append(slices.Clone(first), faults.Fault{At: at, Kind: kind}))
			}
			return out
		}
	}
	fresh := every()
	resumed := every(faults.Fault{At: middleWrite(clean), Kind: faults.KillWithin})
	return []faultRow{
		{"kill -9 before every system call of an audit", fresh(faults.KillBefore)},
		{"kill -9 after every system call", fresh(faults.KillAfter)},
		{"kill -9 in the middle of every write", fresh(faults.KillWithin)},
		{"every call fails: disk full (ENOSPC), and stays so", fresh(faults.NoSpace)},
		{"every call fails: disk broken (EIO), once", fresh(faults.Broken)},
		{"every write is cut short, then the disk is full", fresh(faults.Short)},
		{"kill -9 before every call of a resumed audit", resumed(faults.KillBefore)},
	}
}

// middleWrite is a call that writes to the log, half way through an audit.
func middleWrite(clean *trial.Clean) int {
	for at := len(clean.Calls) / 2; at > 0; at-- {
		if c := clean.Calls[at-1]; c.File == "log/entries.jsonl" && strings.Contains(c.Name, "write") {
			return at
		}
	}
	return 1
}

// faultBench makes audits, several at a time.
type faultBench struct {
	bed      *trial.Bed
	clean    *trial.Clean
	progress io.Writer
	// total of audits in all rows.
	total int
	began time.Time

	mu sync.Mutex
	// done and bad count all rows' audits, hit the faults of one row: a call is
	// not always made, or is no write.
	done, bad, hit int
}

func (b *faultBench) run(ctx context.Context, r faultRow) (row, error) {
	bad := b.bad
	b.hit = 0
	if b.began.IsZero() {
		b.began = time.Now()
	}
	next := make(chan []faults.Fault)
	errs := make([]error, 2*runtime.NumCPU()) // audits wait more than they compute
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			for list := range next {
				errs[i] = errors.Join(errs[i], b.one(ctx, list))
			}
		})
	}
	for _, list := range r.lists {
		next <- list
	}
	close(next)
	all.Wait()
	bad = b.bad - bad
	return row{
		measure: r.measure, must: "verifies; loses at most the probe in flight; resumes to the same findings",
		measured: fmt.Sprintf("%d faults in %d audits, %d do not hold", b.hit, len(r.lists), bad), holds: bad == 0 && b.hit > 0,
	}, errors.Join(errs...)
}

// one makes one audit.
func (b *faultBench) one(ctx context.Context, list []faults.Fault) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	out, err := b.bed.Try(ctx, b.clean, list...)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		return err
	}
	if out.At[len(list)-1] != "" {
		b.hit++
	}
	if len(out.Problems) > 0 {
		b.bad++
		fmt.Fprintf(b.progress, "%v (%s), files in %s:\n%s\n", list, out.At, out.Dir, strings.Join(out.Problems, "\n"))
	}
	if b.done++; b.done%50 == 0 {
		fmt.Fprintf(b.progress, "%d of %d audits, %s\n", b.done, b.total, time.Since(b.began).Round(time.Second))
	}
	return nil
}
