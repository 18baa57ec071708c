package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"example.org/telltale"
	"example.org/telltale/internal/bench"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/scenario"
)

const auditLong = `Puts a scenario's question to an app and states what was found.

Every message is committed to the case before it is typed. A run that was
stopped, by Ctrl-C, a crash or a limit, goes on with

    telltale audit --resume DIR

which types only what has no answer yet. See docs/scenario.md for the file.

Exit codes: 0 nothing found, 1 the question could not be put, 2 wrong usage, 10
found, 11 inconclusive. With --fail-on only findings of these kinds count, all
are printed (docs/ci.md).`

const auditExample = `  telltale audit scenario.yaml
  telltale audit --resume telltale-cases/chat-20260304-101500
  telltale audit scenario.yaml --fail-on copy,suppression --junit telltale.xml`

func (a *app) auditCommand() *cobra.Command {
	var dir string
	var resume, plan, asJSON, verbose bool
	var kinds []string
	var files checkFiles
	cmd := &cobra.Command{
		Use:     "audit SCENARIO.yaml | audit --resume DIR",
		Short:   "Put a scenario's question to an app",
		Long:    auditLong,
		Example: auditExample,
		Args:    cobra.ExactArgs(1),
		RunE: failing(func(cmd *cobra.Command, args []string) error {
			fail, err := parseFailOn(kinds)
			if err = errors.Join(err, files.writable()); err != nil {
				return exitWith(exitUsage, err)
			}
			run := &auditRun{app: a, dir: dir, resume: resume, progress: newProgress(a.stderr, asJSON), log: a.logger(verbose)}
			if err := run.load(args[0]); err != nil {
				return err
			}
			if plan {
				return a.printPlan(run.scenario, asJSON)
			}
			stopped := run.audit(cmd.Context())
			run.progress.finish()
			if stopped != nil && !errors.Is(stopped, bench.ErrStopped) {
				return run.withHint(stopped)
			}
			if err := a.printCase(run.dir, "", asJSON); err != nil {
				return err
			}
			return run.end(stopped, fail, files)
		}),
	}
	cmd.Flags().StringVar(&dir, "case", "", "directory of the new case (default telltale-cases/NAME-TIME)")
	cmd.Flags().BoolVar(&resume, "resume", false, "go on with the case in the directory given")
	cmd.Flags().BoolVar(&plan, "plan", false, "print what would be typed, and type nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "say on stderr what the driver and the sensors do")
	cmd.Flags().StringSliceVar(&kinds, "fail-on", nil, failOnUsage)
	cmd.Flags().StringVar(&files.sarif, "sarif", "", "file to write the findings to as SARIF 2.1.0")
	cmd.Flags().StringVar(&files.junit, "junit", "", "file to write what was found, and what was not, to as JUnit XML")
	cmd.MarkFlagsMutuallyExclusive("case", "resume")
	return cmd
}

// auditRun is one scenario on its way to a case.
type auditRun struct {
	app      *app
	scenario telltale.Scenario
	dir      string
	resume   bool
	progress *progress
	log      *slog.Logger
	stderr   io.Writer
}

// load reads the scenario from its file, or from the case that is resumed.
func (r *auditRun) load(path string) error {
	if r.resume {
		reader, err := casefile.Read(path)
		if err != nil {
			return err
		}
		if reader.Record.Scenario.Name == "" {
			return fmt.Errorf("%s ended before its scenario was recorded: nothing was typed; begin a new case", path)
		}
		r.dir, r.scenario = path, reader.Record.Scenario
		return nil
	}
	s, err := scenario.LoadWith(path, wrongKinds)
	if err != nil {
		return err
	}
	r.scenario = s
	if r.dir == "" {
		r.dir = filepath.Join("telltale-cases", s.Name+"-"+r.app.clock().Format("20060102-150405"))
	}
	return nil
}

// audit runs the scenario and writes the reports into the case.
func (r *auditRun) audit(ctx context.Context) (err error) {
	c, err := r.openCase()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	config, err := r.config(c)
	if err != nil {
		return err
	}
	stopped := bench.Run(ctx, config)
	if stopped != nil && !errors.Is(stopped, bench.ErrStopped) {
		return stopped
	}
	return errors.Join(finishCase(ctx, c), stopped)
}

func (r *auditRun) openCase() (*casefile.Case, error) {
	key, err := r.app.signingKey()
	if err != nil {
		return nil, err
	}
	opts := casefile.Options{Clock: r.app.clock, Random: r.app.random, Signer: key}
	if r.resume {
		return casefile.Open(r.dir, opts)
	}
	return casefile.Create(r.dir, opts)
}

func (r *auditRun) config(c *casefile.Case) (bench.Config, error) {
	// The driver runs in a directory of its own, so the path is whole.
	caDir, err := filepath.Abs(filepath.Join(r.dir, "ca"))
	if err != nil {
		return bench.Config{}, fmt.Errorf("finding the case's certificates: %w", err)
	}
	s := surroundings{
		app: r.app, scenario: r.scenario, caDir: caDir,
		capture: c.NewCapture, stderr: r.stderr, log: r.log,
	}
	driver, err := choose("driver", r.scenario.Driver.Kind, drivers())
	if err != nil {
		return bench.Config{}, err
	}
	config := bench.Config{
		Scenario: r.scenario, Case: c, Resume: r.resume,
		Driver:   func(env []string) (telltale.Driver, error) { return driver(s, env) },
		Opener:   peel.New(peelers()),
		Lists:    offerLists,
		Getter:   &bench.Fetcher{Case: c, Resolve: s.resolve, Clock: r.app.clock},
		Stamp:    r.app.stampCheckpoint,
		ReadFile: os.ReadFile,
		Clock:    r.app.clock, Progress: r.progress, Log: r.log,
	}
	for _, spec := range r.scenario.Sensors {
		build, err := choose("sensor", spec.Kind, sensors())
		if err != nil {
			return bench.Config{}, err
		}
		sensor, err := build(s, spec)
		if err != nil {
			return bench.Config{}, err
		}
		config.Sensors = append(config.Sensors, sensor)
	}
	return config, nil
}

// withHint tells how to go on after the question could not be put. A case
// that does not exist, or cannot be read, is not one to go on with.
func (r *auditRun) withHint(err error) error {
	reader, readErr := casefile.Read(r.dir)
	if readErr != nil {
		return err
	}
	if reader.Record.Scenario.Name == "" {
		return fmt.Errorf("%w\nnothing was typed; remove %s and begin again", err, r.dir)
	}
	return fmt.Errorf("%w\nwhat was recorded is safe in %s; go on with: telltale audit --resume %s", err, r.dir, r.dir)
}

func (r *auditRun) findings() []telltale.Finding {
	reader, err := casefile.Read(r.dir)
	if err != nil {
		return nil
	}
	return reader.Record.Findings
}

// end writes the files for CI and gives the exit code of a run. One that was
// stopped says nothing of what it did not come to: unless something was found it
// is inconclusive.
func (r *auditRun) end(stopped error, fail failOn, files checkFiles) error {
	in, err := reportInput(r.dir, "")
	if err == nil {
		err = files.write(r.dir, in)
	}
	if err != nil {
		return err
	}
	code := verdict(in.Record.Findings)
	if fail.given() {
		code = fail.verdict(in, r.app.stderr)
	}
	if stopped == nil {
		return code
	}
	var exit *exitError
	if !errors.As(code, &exit) || exit.code != exitFound {
		exit = &exitError{code: exitInconclusive}
	}
	return exitWith(exit.code, r.withHint(stopped))
}

// verdict maps findings to the exit code.
func verdict(findings []telltale.Finding) error {
	code := exitNothing
	for _, f := range findings {
		switch f.Verdict {
		case telltale.Supported:
			return exitWith(exitFound, nil)
		case telltale.Inconclusive:
			code = exitInconclusive
		case telltale.NotSupported:
		}
	}
	if code == exitNothing {
		return nil
	}
	return exitWith(code, nil)
}

func (a *app) logger(verbose bool) *slog.Logger {
	if !verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
