package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"example.org/telltale"
	"example.org/telltale/internal/lab"
	"example.org/telltale/internal/lab/truth"
	"example.org/telltale/internal/verify"
)

// score is one run of one profile, scored.
type score struct {
	Profile string      `json:"profile"`
	Seed    uint64      `json:"seed"`
	Case    string      `json:"case"`
	Seconds float64     `json:"seconds"`
	Holds   bool        `json:"holds"`
	Table   truth.Table `json:"table"`
	// Messages typed, and those of them that set something off.
	Messages int    `json:"messages"`
	Error    string `json:"error,omitempty"`
}

// demoAll runs every profile over the seeds and prints what was found.
func (a *app) demoAll(ctx context.Context, o demoOptions) error {
	var scores []score
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(o.jobs)
	for seed := range uint64(o.seeds) {
		for _, profile := range lab.Profiles() {
			group.Go(func() error {
				s := a.scoreProfile(ctx, o, labRun{
					profile: profile.Name, seed: o.seed + seed, quiet: true,
					dir: filepath.Join(o.out, fmt.Sprintf("%s-%d", profile.Name, o.seed+seed)),
				})
				mu.Lock()
				defer mu.Unlock()
				scores = append(scores, s)
				a.announce(o, s)
				return ctx.Err()
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if o.json {
		return errors.Join(a.printJSON(scores), imperfect(scores))
	}
	return errors.Join(a.printScores(scores), imperfect(scores))
}

func (a *app) scoreProfile(ctx context.Context, o demoOptions, l labRun) score {
	began := a.clock()
	s := score{Profile: l.profile, Seed: l.seed}
	run, err := a.demoRun(ctx, o, l)
	if err == nil {
		s.Case = run.dir
		s.Table, err = scoreCase(run.dir, filepath.Join(l.dir, "lab", "truth.json"))
	}
	var v *verify.Result
	if err == nil {
		v, err = verifyCase(run.dir, "")
	}
	if err != nil {
		s.Error = err.Error()
	} else {
		s.Holds, s.Messages = v.Holds, len(v.Record.Receipts)
	}
	s.Seconds = a.clock().Sub(began).Round(100 * time.Millisecond).Seconds()
	return s
}

// announce says on stderr how one run went.
func (a *app) announce(o demoOptions, s score) {
	if o.json {
		return
	}
	verdict := "as the truth"
	switch {
	case s.Error != "":
		verdict = "FAILED: " + s.Error
	case !s.Holds:
		verdict = "the case does not verify"
	case !s.Table.Perfect():
		verdict = fmt.Sprintf("missed %q, false %q", s.Table.Missed, s.Table.False)
	}
	fmt.Fprintf(a.stderr, "%-14s seed %-3d %6.1f s %5d messages  %s\n", s.Profile, s.Seed, s.Seconds, s.Messages, verdict)
}

// printScores sums over seeds: a row a profile, then a row a kind.
func (a *app) printScores(scores []score) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "profile\truns\tfailed\ttrue\tfound\tmissed\tfalse\t")
	var total truth.Row
	for _, profile := range lab.Profiles() {
		var row truth.Row
		runs, failed := 0, 0
		for _, s := range scores {
			if s.Profile != profile.Name {
				continue
			}
			runs++
			if s.Error != "" || !s.Holds {
				failed++
			}
			row = sum(row, s.Table.Total)
		}
		total = sum(total, row)
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n", profile.Name, runs, failed, row.Truth, row.Found, row.Missed, row.False)
	}
	fmt.Fprintln(w, "\t\t\t\t\t\t\t\nkind\t\t\ttrue\tfound\tmissed\tfalse\t")
	for _, kind := range truth.Kinds() {
		row := sumKind(scores, kind)
		fmt.Fprintf(w, "%s\t\t\t%d\t%d\t%d\t%d\t\n", kind, row.Truth, row.Found, row.Missed, row.False)
	}
	fmt.Fprintf(w, "all\t\t\t%d\t%d\t%d\t%d\t\n", total.Truth, total.Found, total.Missed, total.False)
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "\nrecall %.4f, precision %.4f\n", ratio(total.Found, total.Truth), ratio(total.Found, total.Found+total.False))
	return err
}

func sum(a, b truth.Row) truth.Row {
	return truth.Row{Truth: a.Truth + b.Truth, Found: a.Found + b.Found, Missed: a.Missed + b.Missed, False: a.False + b.False}
}

func sumKind(scores []score, kind telltale.Kind) truth.Row {
	var row truth.Row
	for _, s := range scores {
		for _, r := range s.Table.Rows {
			if r.Kind == kind {
				row = sum(row, r)
			}
		}
	}
	return row
}

// ratio is 1 where there is nothing to find.
func ratio(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

// imperfect is an error unless every run found the truth and nothing else.
func imperfect(scores []score) error {
	bad := 0
	for _, s := range scores {
		if s.Error != "" || !s.Holds || !s.Table.Perfect() {
			bad++
		}
	}
	if bad == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d runs differ from the truth or do not verify", bad, len(scores))
}
