// Command benchplatforms points telltale at real messaging systems whose rules
// are known, lets it find them out from outside, and prints a score table:
// `make bench-platforms`.
//
// Each system is a folder of the directory given by -platforms. Its start.sh
// brings it up on loopback, its rules.json tells the truth; neither is part of
// this project. The scenarios stand in examples/platforms, where people can
// run them as they are; here ports and directories are moved, so that nothing
// is in the way of anything.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options of the command.
type options struct {
	platforms, scenarios, telltale string
	seeds                          int
	only                           []string
	keep                           string
	// null leaves every word of a rule out: nothing may be found.
	null bool
	// up brings one system up where its scenario expects it, and stays.
	up string
}

func main() {
	var o options
	var only string
	flag.StringVar(&o.platforms, "platforms", "../shared/platforms", "directory of the systems")
	flag.StringVar(&o.scenarios, "scenarios", "examples/platforms", "directory of the scenarios")
	flag.StringVar(&o.telltale, "telltale", "bin/telltale", "the program to measure")
	flag.IntVar(&o.seeds, "seeds", 1, "runs of each system, each with its own seed")
	flag.StringVar(&only, "only", "", "names of systems, joined by commas; empty for all")
	flag.StringVar(&o.keep, "keep", "", "directory to keep the cases in")
	flag.BoolVar(&o.null, "null", false, "try decoys alone: nothing may be found")
	flag.StringVar(&o.up, "up", "", "bring this system up for its scenario, write the words to try, and stay until Ctrl-C")
	flag.Parse()
	if only != "" {
		o.only = strings.Split(only, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "benchplatforms:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	var err error
	for _, path := range []*string{&o.platforms, &o.scenarios, &o.telltale} {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	if o.up != "" {
		return bringUp(ctx, o)
	}
	names, err := systems(o)
	if err != nil {
		return err
	}
	var table []score
	for _, name := range names {
		for seed := 1; seed <= o.seeds; seed++ {
			fmt.Fprintf(os.Stderr, "%s, seed %d…\n", name, seed)
			s, err := measure(ctx, o, name, seed)
			if err != nil {
				return fmt.Errorf("%s, seed %d: %w", name, seed, err)
			}
			table = append(table, s)
		}
	}
	return print(os.Stdout, table)
}

// systems lists those that there is a scenario for.
func systems(o options) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(o.scenarios, "*.yaml"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".yaml")
		if len(o.only) > 0 && !slices.Contains(o.only, name) {
			continue
		}
		if _, err := os.Stat(filepath.Join(o.platforms, base(name), "start.sh")); err == nil {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("there is no system: name the directory that holds them with -platforms")
	}
	return names, nil
}

// base is the folder of a scenario's system: one system may have several
// scenarios, as in "privoxy" and "privoxy@search".
func base(name string) string {
	folder, _, _ := strings.Cut(name, "@")
	return folder
}

// patience bounds one run of one system.
const patience = 20 * time.Minute

// measure runs one system once.
func measure(ctx context.Context, o options, name string, seed int) (score, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	dir, err := os.MkdirTemp("", "benchplatforms-")
	if err != nil {
		return score{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // it holds nothing of worth
	// Servers drop to users of their own, who have to get in.
	if err := os.Chmod(dir, 0o755); err != nil {
		return score{}, err
	}
	truth, err := readTruth(o.platforms, base(name))
	if err != nil {
		return score{}, err
	}
	ports, err := freePorts()
	if err != nil {
		return score{}, err
	}
	system, err := start(ctx, filepath.Join(o.platforms, base(name)), filepath.Join(dir, "system"), ports)
	if err != nil {
		return score{}, err
	}
	defer system.stop()
	words := truth.words()
	if o.null {
		words = nil
	}
	file, err := stage(o, name, seed, dir, system, words)
	if err != nil {
		return score{}, err
	}
	cases := filepath.Join(dir, "case")
	if o.keep != "" {
		cases = filepath.Join(o.keep, fmt.Sprintf("%s-%d", name, seed))
	}
	began := time.Now()
	found, err := audit(ctx, o.telltale, file, cases)
	if err != nil {
		return score{}, err
	}
	if o.null {
		truth = &truthFile{}
	}
	s := truth.judge(found)
	s.name, s.seed, s.took = name, seed, time.Since(began)
	return s, nil
}
