package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/lab"
	"example.org/telltale/internal/lab/labdir"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/roles"
)

const labLong = `The lab network rebuilds the monitored messenger of 2005-2013 as real processes
on loopback: a directory, a relay, chat clients that encrypt from end to end, and
behind the monitored clients a list server and eight collectors. A profile says
how the client behaves; its truth says what an investigation must find.

Everything stays on this machine: no address but loopback, no name but .test,
and no person in it is real. Monitored clients say so in every window.

  telltale lab up tom-2008          start a lab, here, until Ctrl-C
  telltale lab chat --as alice      in a second terminal: a monitored client
  telltale lab chat --as bob        in a third: a clean one
  telltale audit SCENARIO           investigate it; lab up prints the path`

func (a *app) labCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lab",
		Short: "Run a messenger that spies in known ways, on this machine only",
		Long:  labLong,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		a.labListCommand(), a.labUpCommand(), a.labDownCommand(), a.labTruthCommand(),
		a.labScenarioCommand(), a.labChatCommand(),
	)
	for _, name := range []string{"role", "client", "driver"} {
		cmd.AddCommand(a.labProcessCommand(name))
	}
	return cmd
}

// dirFlag adds --dir: the lab directory, by default one fixed place.
func dirFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "dir", "", "lab directory (default: one in the user's cache directory)")
}

// labDir is the directory asked for, or the fixed place, as absolute path.
func labDir(dir string) (string, error) {
	if dir != "" {
		return filepath.Abs(dir)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place for the lab: %w; name one with --dir", err)
	}
	return filepath.Join(cache, "telltale", "lab"), nil
}

func (a *app) labListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the profiles",
		Args:  cobra.NoArgs,
		RunE: failing(func(*cobra.Command, []string) error {
			if asJSON {
				return a.printJSON(lab.Profiles())
			}
			w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			for _, p := range lab.Profiles() {
				fmt.Fprintf(w, "%s\t%s\n", p.Name, p.Summary)
			}
			return w.Flush()
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the profiles as JSON")
	return cmd
}

func (a *app) labUpCommand() *cobra.Command {
	var o lab.Options
	cmd := &cobra.Command{
		Use:   "up PROFILE",
		Short: "Start a lab and keep it running until Ctrl-C",
		Long: `Starts every process of the lab and prints how to try it by hand and how to
investigate it. Ctrl-C, or telltale lab down elsewhere, stops all of them. What
the lab has collected stays in its directory until another profile or seed is
started there.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeProfiles,
		RunE: failing(func(cmd *cobra.Command, args []string) error {
			o.Profile = args[0]
			if err := chooseSensor(&o.Sensor); err != nil {
				return err
			}
			return a.labUp(cmd.Context(), o)
		}),
	}
	dirFlag(cmd, &o.Dir)
	sensorFlag(cmd, &o.Sensor)
	cmd.Flags().Uint64Var(&o.Seed, "seed", 1, "what words, people and addresses are drawn from")
	cmd.Flags().StringSliceVar(&o.Oddities, "odd", nil, "oddities of the list server: "+strings.Join(roles.Oddities(), ", "))
	return cmd
}

func completeProfiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, p := range lab.Profiles() {
		names = append(names, p.Name+"\t"+p.Title)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) labUp(ctx context.Context, o lab.Options) error {
	dir, err := labDir(o.Dir)
	if err != nil {
		return err
	}
	explicit := o.Dir != ""
	o.Dir, o.Log, o.Clock, o.Random = dir, a.stderr, a.clock, a.random
	network, err := lab.Up(ctx, o)
	if err != nil {
		return err
	}
	in := ""
	if explicit {
		in = " --dir " + dir
	}
	fmt.Fprintf(a.stdout, `The lab is up: %s, seed %d. %s

In two more terminals:
  telltale lab chat --as %s%s   (the app under test)
  telltale lab chat --as %s%s     (a clean client)
Investigate it (while nobody else chats as alice, carol or bob):
  telltale audit %s
What must be found:
  telltale lab truth %s --seed %d

Ctrl-C stops everything.
`, o.Profile, o.Seed, network.Plan().Profile.Summary, profile.Alice, in, profile.Bob, in, network.Scenario(), o.Profile, o.Seed)
	select {
	case <-ctx.Done():
	case <-network.Done():
	}
	return network.Down()
}

func (a *app) labDownCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Stop the lab that runs in a directory",
		Args:  cobra.NoArgs,
		RunE: failing(func(cmd *cobra.Command, _ []string) error {
			path, err := labDir(dir)
			if err != nil {
				return err
			}
			err = lab.Down(cmd.Context(), path)
			if errors.Is(err, lab.ErrNotRunning) || errors.Is(err, labdir.ErrEmpty) {
				fmt.Fprintf(a.stdout, "No lab was running in %s.\n", path)
				return nil
			}
			if err == nil {
				fmt.Fprintln(a.stdout, "The lab is down.")
			}
			return err
		}),
	}
	dirFlag(cmd, &dir)
	return cmd
}

// labProcessCommand is one of the lab's own processes, started by the others.
func (a *app) labProcessCommand(name string) *cobra.Command {
	return &cobra.Command{
		Use:                name,
		Short:              "One of the lab's own processes",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: failing(func(cmd *cobra.Command, args []string) error {
			std := lab.Stdio{In: a.stdin, Out: a.stdout, Err: a.stderr}
			return lab.Process(cmd.Context(), append([]string{name}, args...), std)
		}),
	}
}
