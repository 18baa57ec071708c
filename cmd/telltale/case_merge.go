package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"example.org/telltale"
	"example.org/telltale/internal/bench"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/merge"
	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/verify"
)

const caseMergeLong = `Makes one case of several that belong to one investigation: one in which messages
were typed, and others in which the traffic of that time was captured, such as
on a telephone that used "telltale proxy --case". The captured bytes are opened
with what was typed, and the findings are stated anew.

Every case is verified first. Their signed logs go into the new case as they
are, so that "case verify" can trace each record back to a log that was signed
at the time. A message counts as watched only if all cases watched: clocks of the
machines must agree to within the window of the scenario.

Exit codes: 0 nothing found, 1 it could not be done, 2 wrong usage, 10 found,
11 inconclusive.`

func (a *app) caseMergeCommand() *cobra.Command {
	var output string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "merge CASE CASE...",
		Short: "Make one case of what was typed and what was captured elsewhere",
		Long:  caseMergeLong,
		Example: `  telltale proxy --case phone-traffic --listen 192.168.1.5:8080 --auth me:secret   # in one window
  telltale audit phone.yaml --case phone                                           # in another
  telltale case merge phone phone-traffic -o phone-merged`,
		Args: cobra.MinimumNArgs(2),
		RunE: failing(func(cmd *cobra.Command, args []string) error {
			if output == "" {
				return exitWith(exitUsage, errors.New("where does the merged case go? name a new directory with -o"))
			}
			findings, err := a.mergeCases(cmd.Context(), args, output)
			if err != nil {
				return err
			}
			if err := a.printCase(output, "", asJSON); err != nil {
				return err
			}
			return verdict(findings)
		}),
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "directory of the merged case")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}

// mergeCases makes the merged case and returns what it finds.
func (a *app) mergeCases(ctx context.Context, dirs []string, output string) (findings []telltale.Finding, err error) {
	sources, joined, err := joinCases(dirs)
	if err != nil {
		return nil, err
	}
	typed := sources[0]
	for _, s := range sources {
		if len(s.Record.Probes) > 0 {
			typed = s
		}
	}
	key, err := os.ReadFile(filepath.Join(typed.Dir, format.CanaryKeyFile))
	if err != nil {
		return nil, fmt.Errorf("reading the key of the canaries: %w", err)
	}
	signer, err := a.signingKey()
	if err != nil {
		return nil, err
	}
	c, err := casefile.Create(output, casefile.Options{Clock: a.clock, Random: a.random, Signer: signer, CanaryKey: key})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := merge.Into(c, joined, typed.Plan, sources); err != nil {
		return nil, err
	}
	err = bench.Restate(ctx, bench.Config{
		Scenario: joined.Scenario, Case: c, Opener: peel.New(peelers()), Lists: offerLists, ReadFile: os.ReadFile,
		Clock: a.clock, Random: a.random, Progress: newProgress(a.stderr, false), Log: a.logger(false),
	})
	if err != nil {
		return nil, err
	}
	if err := c.PutEnd(""); err != nil {
		return nil, err
	}
	return c.Snapshot().Findings, finishCase(ctx, c)
}

// joinCases reads the cases to merge. One that does not hold is refused.
func joinCases(dirs []string) ([]*casefile.Reader, *telltale.Record, error) {
	var sources []*casefile.Reader
	var records []*telltale.Record
	for _, dir := range dirs {
		check, err := verify.Case(dir, verify.Options{SkipReplay: true})
		if err != nil {
			return nil, nil, err
		}
		if !check.Holds {
			return nil, nil, fmt.Errorf("%s does not hold: %s; case verify tells more", dir, check.Problems[0])
		}
		if check.Redacted {
			return nil, nil, fmt.Errorf("%s is a redacted copy: merge the case itself", dir)
		}
		reader, err := casefile.Read(dir)
		if err != nil {
			return nil, nil, err
		}
		sources, records = append(sources, reader), append(records, reader.Record)
	}
	joined, err := merge.Join(records)
	return sources, joined, err
}
