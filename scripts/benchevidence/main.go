// Command benchevidence measures what a case withstands: mutations, crashes,
// redaction, size and speed: `make bench-evidence`. It prints one row a
// measure, and fails if a row that must hold does not.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
)

// options of the command.
type options struct {
	// telltale is the program to measure, as an absolute path.
	telltale string
	only     []string
	// short asks for a fraction of the work, to see whether all is well.
	short bool
	// progress is where parts that take long say how far they are.
	progress io.Writer
}

// part is one group of measures. Each stands in a file of its own.
type part struct {
	name string
	run  func(context.Context, options) ([]row, error)
}

// parts is the list of all.
func parts() []part {
	return []part{
		// One line a part, in the order of the table.
		{"mutations", mutationPart},
		{"python", pythonPart},
		{"faults", faultPart},
		{"redact", redactPart},
		{"verify", verifyPart},
		{"report", reportPart},
	}
}

// row is one measure.
type row struct {
	// measure says what was measured, must what has to come of it, goal what
	// would be better still; an empty goal is none.
	measure, must, goal string
	measured            string
	// holds: what must be is so.
	holds bool
}

func main() {
	if is, err := playDriver(context.Background()); is {
		if err != nil {
			fmt.Fprintln(os.Stderr, "benchevidence:", err)
			os.Exit(1)
		}
		return
	}
	o := options{progress: os.Stderr}
	var only string
	flag.StringVar(&o.telltale, "telltale", "bin/telltale", "the program to measure")
	flag.StringVar(&only, "only", "", "names of parts, joined by commas; empty for all")
	flag.BoolVar(&o.short, "short", false, "a fraction of the work")
	flag.Parse()
	if only != "" {
		o.only = strings.Split(only, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "benchevidence:", err)
		stop()
		os.Exit(1)
	}
}

// run measures part after part. A part that could not measure does not keep
// the others from it.
func run(ctx context.Context, o options) error {
	var err error
	if o.telltale, err = filepath.Abs(o.telltale); err != nil {
		return err
	}
	chosen, err := choose(parts(), o.only)
	if err != nil {
		return err
	}
	var rows []row
	var failed []error
	for _, p := range chosen {
		fmt.Fprintf(o.progress, "%s…\n", p.name)
		more, err := p.run(ctx, o)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", p.name, err))
		}
		rows = append(rows, more...)
	}
	if err := print(os.Stdout, rows); err != nil {
		return err
	}
	for _, r := range rows {
		if !r.holds {
			failed = append(failed, fmt.Errorf("%s: does not hold", r.measure))
		}
	}
	return errors.Join(failed...)
}

func choose(all []part, only []string) ([]part, error) {
	if len(only) == 0 {
		return all, nil
	}
	var out []part
	var names []string
	for _, p := range all {
		names = append(names, p.name)
		if slices.Contains(only, p.name) {
			out = append(out, p)
		}
	}
	for _, name := range only {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("there is no part %q: have %s", name, strings.Join(names, ", "))
		}
	}
	return out, nil
}

// print writes the table.
func print(w io.Writer, rows []row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "measure\tmust\tgoal\tmeasured\tholds")
	for _, r := range rows {
		holds := "no"
		if r.holds {
			holds = "yes"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.measure, r.must, r.goal, r.measured, holds)
	}
	return t.Flush()
}
