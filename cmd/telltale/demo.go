package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"golang.org/x/sync/errgroup"

	"example.org/telltale/internal/bench"
	"example.org/telltale/internal/lab"
)

const demoLong = `Runs the whole investigation on the lab network, which rebuilds the monitored
messenger of 2005-2013 as real processes on loopback: it starts the network,
drives a monitored client and a clean one with the same messages, captures what
leaves, opens the copies, isolates the words, looks at the collectors, and
writes a report. Nothing leaves this machine. Where programs can be sandboxed
(Linux) the client runs in a sandbox, elsewhere behind a proxy.

With --all every profile is run and scored against its truth.`

// demoReference is the profile that the demo's client is compared with.
const demoReference = "clean"

// demoOptions are the flags of the demo.
type demoOptions struct {
	profile string
	seed    uint64
	seeds   int
	jobs    int
	out     string
	sensor  string
	all     bool
	json    bool
	verbose bool
}

func (a *app) demoCommand() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run the whole investigation on the lab network",
		Long:  demoLong,
		Args:  cobra.NoArgs,
		RunE: failing(func(cmd *cobra.Command, _ []string) error {
			if o.out == "" {
				o.out = filepath.Join("telltale-cases", "demo-"+a.clock().Format("20060102-150405"))
			}
			if err := chooseSensor(&o.sensor); err != nil {
				return err
			}
			if o.all {
				return a.demoAll(cmd.Context(), o)
			}
			return a.demo(cmd.Context(), o)
		}),
	}
	cmd.Flags().StringVar(&o.profile, "profile", "tom-2011", "profile of the client under test; telltale lab list shows them")
	cmd.Flags().Uint64Var(&o.seed, "seed", 1, "seed of the network and of the schedule")
	cmd.Flags().StringVar(&o.out, "out", "", "directory for the cases (default telltale-cases/demo-TIME)")
	cmd.Flags().BoolVar(&o.all, "all", false, "run every profile and score it against the truth")
	sensorFlag(cmd, &o.sensor)
	cmd.Flags().IntVar(&o.seeds, "seeds", 1, "with --all: number of seeds")
	cmd.Flags().IntVar(&o.jobs, "jobs", 4, "with --all: number of runs at a time")
	cmd.Flags().BoolVar(&o.json, "json", false, "print JSON")
	cmd.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "say on stderr what the processes do")
	return cmd
}

// demo audits a monitored client and a clean one side by side.
func (a *app) demo(ctx context.Context, o demoOptions) error {
	bars := newBars(a.stderr)
	if o.json {
		bars = nil
	}
	names := []string{o.profile}
	if o.profile != demoReference {
		names = append(names, demoReference)
	}
	runs := make([]*auditRun, len(names))
	group, ctx := errgroup.WithContext(ctx)
	for i, name := range names {
		group.Go(func() error {
			run, err := a.demoRun(ctx, o, labRun{profile: name, seed: o.seed, dir: filepath.Join(o.out, name), bars: bars})
			runs[i] = run
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	reference := ""
	if len(runs) > 1 {
		reference = runs[1].dir
	}
	if err := a.compareReports(runs[0].dir, reference); err != nil {
		return err
	}
	if err := a.printCase(runs[0].dir, reference, o.json); err != nil {
		return err
	}
	return verdict(runs[0].findings())
}

// labRun is one profile on its own lab network.
type labRun struct {
	profile string
	seed    uint64
	dir     string
	bars    *mpb.Progress
	quiet   bool
}

// demoRun starts a lab network, audits its client and ends the network.
func (a *app) demoRun(ctx context.Context, o demoOptions, l labRun) (run *auditRun, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program's own file: %w", err)
	}
	p := &progress{out: a.stderr, label: l.profile, bars: l.bars}
	if o.json || l.quiet {
		p = &progress{}
	}
	defer p.end()
	p.Stage("lab", 0)
	network, err := a.startLab(ctx, o, l, program)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, network.Down()) }()
	run = &auditRun{app: a, dir: filepath.Join(l.dir, "case"), progress: p, log: a.logger(o.verbose)}
	if err := run.load(network.Scenario()); err != nil {
		return nil, err
	}
	err = run.audit(ctx)
	if errors.Is(err, bench.ErrStopped) {
		return run, fmt.Errorf("%s: %w; go on with: telltale audit --resume %s", l.profile, err, run.dir)
	}
	if err != nil {
		return run, fmt.Errorf("%s: %w", l.profile, err)
	}
	return run, nil
}

func (a *app) startLab(ctx context.Context, o demoOptions, l labRun, program string) (*lab.Network, error) {
	log := io.Discard
	if o.verbose {
		log = a.stderr
	}
	dir, err := filepath.Abs(filepath.Join(l.dir, "lab"))
	if err != nil {
		return nil, fmt.Errorf("starting the lab network: %w", err)
	}
	network, err := lab.Up(ctx, lab.Options{Profile: l.profile, Dir: dir, Seed: l.seed, Program: program, Log: log, Sensor: o.sensor})
	if err != nil {
		return nil, fmt.Errorf("starting the lab network: %w", err)
	}
	return network, nil
}
