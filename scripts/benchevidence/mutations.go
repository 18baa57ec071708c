package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/mutate"
	"example.org/telltale/internal/verify"
)

// mutationPart damages a case at random and by the rules of its format, and
// counts what is not named. Most are verified within this program; those of
// index.sqlite, which only the program compares, by it.
func mutationPart(ctx context.Context, o options) ([]row, error) {
	bed, err := newMutationBed()
	if err != nil {
		return nil, err
	}
	defer bed.remove()
	drawn, flips, indexes := 10_000, 200, 100
	if o.short {
		drawn, flips, indexes = 500, 10, 10
	}
	all, err := mutate.Structural(bed.plain, bed.other, bed.forger, flips)
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(1, 1))
	random := func(before, other mutate.Tree, n int) func() (mutate.Mutation, bool) {
		return func() (mutate.Mutation, bool) {
			n--
			return mutate.Random(rng, before, other), n >= 0
		}
	}
	var rows []row
	for _, m := range []struct {
		what   string
		before mutate.Tree
		next   func() (mutate.Mutation, bool)
		verify mutate.Verifier
	}{
		{"random mutations of a case", bed.plain, random(bed.plain, bed.other, drawn), mutate.Checked(false)},
		{"structural mutations of a case", bed.plain, mutate.Each(all), mutate.Checked(false)},
		{"mutations of index.sqlite", bed.whole, mutate.Each(ofTheIndex(rng, bed.whole, indexes)), byProgram(ctx, o.telltale)},
	} {
		r, err := bed.measure(ctx, o, m.what, m.before, m.next, m.verify)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", m.what, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// mutationBed is a sample of a case, and another one.
type mutationBed struct {
	dir          string
	whole, plain mutate.Tree // plain has no index
	other        mutate.Tree
	forger       *mutate.Forger
}

func newMutationBed() (*mutationBed, error) {
	dir, err := mutate.TempDir()
	if err != nil {
		return nil, err
	}
	b := &mutationBed{dir: dir}
	key, err := mutate.Sample(filepath.Join(dir, "case"), 1)
	if err == nil {
		b.whole, err = mutate.Load(filepath.Join(dir, "case"))
	}
	if err == nil {
		_, err = mutate.Sample(filepath.Join(dir, "other"), 2)
	}
	if err == nil {
		b.other, err = mutate.Load(filepath.Join(dir, "other"))
	}
	somebody, keyErr := mutate.NewSigner(3)
	if err = errors.Join(err, keyErr); err != nil {
		b.remove()
		return nil, err
	}
	b.other = b.other.With(format.IndexFile, nil)
	b.plain, b.forger = b.whole.With(format.IndexFile, nil), &mutate.Forger{Key: key, Other: somebody}
	return b, nil
}

func (b *mutationBed) remove() { _ = os.RemoveAll(b.dir) } // it holds nothing of worth

func (b *mutationBed) measure(ctx context.Context, o options, what string, before mutate.Tree, next func() (mutate.Mutation, bool), by mutate.Verifier) (row, error) {
	dir, err := os.MkdirTemp(b.dir, "copies-")
	if err != nil {
		return row{}, err
	}
	began := time.Now()
	report, err := mutate.Run(mutate.Options{Case: before, Dir: dir, Workers: runtime.GOMAXPROCS(0), Verify: by, Done: func(done int) {
		if done%1000 == 0 {
			fmt.Fprintf(o.progress, "  %s: %d\n", what, done)
		}
	}}, func() (mutate.Mutation, bool) {
		if ctx.Err() != nil {
			return mutate.Mutation{}, false
		}
		return next()
	})
	if err = errors.Join(err, ctx.Err()); err != nil {
		return row{}, err
	}
	for _, miss := range report.Missed[:min(10, len(report.Missed))] {
		fmt.Fprintf(o.progress, "  %v\n", miss)
	}
	return row{
		measure: what, must: "each detected and named",
		measured: fmt.Sprintf("%d: %d named as problems, %d as notes, %d missed, in %v", report.Mutations, report.Named, report.Noted, len(report.Missed), time.Since(began).Round(time.Second)),
		holds:    len(report.Missed) == 0 && report.Mutations > 0,
	}, nil
}

// ofTheIndex draws mutations of the one file.
func ofTheIndex(rng *rand.Rand, before mutate.Tree, n int) []mutate.Mutation {
	index := before[format.IndexFile]
	var out []mutate.Mutation
	for i := range n {
		at := rng.IntN(len(index))
		bent := bytes.Clone(index)
		bent[at] ^= 1 << (i % 8)
		out = append(out, mutate.Mutation{What: fmt.Sprintf("bit %d of byte %d flipped", i%8, at), After: before.With(format.IndexFile, bent)})
	}
	return append(out,
		mutate.Mutation{What: "cut off", After: before.With(format.IndexFile, index[:len(index)/2])},
		mutate.Mutation{What: "emptied", After: before.With(format.IndexFile, []byte{})},
		mutate.Mutation{What: "a byte more", After: before.With(format.IndexFile, append(bytes.Clone(index), 0))})
}

// byProgram is what `telltale case verify` says.
func byProgram(ctx context.Context, program string) mutate.Verifier {
	return func(dir, _, _ string) ([]mutate.Saying, error) {
		out, err := exec.CommandContext(ctx, program, "case", "verify", "--json", dir).Output()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return nil, err
		}
		var r verify.Result
		if err := json.Unmarshal(out, &r); err != nil {
			return nil, fmt.Errorf("case verify --json: %w: %.200s", err, out)
		}
		return mutate.Sayings(&r), nil
	}
}
