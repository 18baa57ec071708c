package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"example.org/telltale"
	"example.org/telltale/internal/lab"
	"example.org/telltale/internal/lab/chat"
	"example.org/telltale/internal/lab/labdir"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/roles"
	"example.org/telltale/internal/lab/truth"
)

func (a *app) labTruthCommand() *cobra.Command {
	var seed uint64
	var asJSON, full bool
	cmd := &cobra.Command{
		Use:   "truth PROFILE",
		Short: "Print what an investigation of a profile must find",
		Long: `Prints the claims that are true of a profile with a seed. Claims marked with
"not decidable" are true as well, but what the lab's scenario types does not show
them, so missing them is no fault; they are only counted.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeProfiles,
		RunE: failing(func(_ *cobra.Command, args []string) error {
			p, err := profile.Get(args[0])
			if err != nil {
				return err
			}
			t := truth.For(profile.NewPlan(p, seed))
			if asJSON {
				return a.printJSON(t)
			}
			return a.printTruth(p, t, full)
		}),
	}
	cmd.Flags().Uint64Var(&seed, "seed", 1, "seed of the lab")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the truth as JSON")
	cmd.Flags().BoolVar(&full, "full", false, "list the claims that cannot be decided one by one")
	return cmd
}

func (a *app) printTruth(p profile.Profile, t truth.Truth, full bool) error {
	fmt.Fprintf(a.stdout, "%s, seed %d: %s\n\n", p.Name, t.Seed, p.Summary)
	if len(t.Findings) == 0 {
		fmt.Fprintln(a.stdout, "Nothing may be found.")
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	others := map[string]int{}
	for _, f := range t.Findings {
		if !f.Decidable && !full {
			others[fmt.Sprintf("%s: %s", f.Kind, f.Why)]++
			continue
		}
		note := ""
		if !f.Decidable {
			note = "not decidable: " + f.Why
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Kind, inWords(f.Claim), note)
	}
	if err := w.Flush(); err != nil || len(others) == 0 {
		return err
	}
	fmt.Fprintln(a.stdout, "\nTrue as well, but not decidable (--full lists them):")
	for _, why := range slices.Sorted(maps.Keys(others)) {
		fmt.Fprintf(a.stdout, "  %d  %s\n", others[why], why)
	}
	return nil
}

// inWords writes the fields of a claim that are set.
func inWords(c telltale.Claim) string {
	var parts []string
	for _, s := range []string{string(c.Direction), string(c.Condition), c.Account, c.Host, c.Detail, string(c.Cell)} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if len(c.Words) > 0 {
		parts = append(parts, fmt.Sprintf("%q", c.Words))
	}
	if len(c.Without) > 0 {
		parts = append(parts, fmt.Sprintf("without %q", c.Without))
	}
	return strings.Join(parts, " ")
}

func (a *app) labScenarioCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "scenario",
		Short: "Print the scenario that investigates the lab in a directory",
		Args:  cobra.NoArgs,
		RunE: failing(func(*cobra.Command, []string) error {
			path, err := labDir(dir)
			if err != nil {
				return err
			}
			if _, err := labdir.Dir(path).Load(); err != nil {
				return err
			}
			b, err := os.ReadFile(labdir.Dir(path).Scenario())
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(b)
			return err
		}),
	}
	dirFlag(cmd, &dir)
	return cmd
}

// labChat are the flags of `telltale lab chat`.
type labChat struct {
	account, dir     string
	clean, monitored bool
}

func (a *app) labChatCommand() *cobra.Command {
	var f labChat
	cmd := &cobra.Command{
		Use:   "chat --as NAME",
		Short: "Chat in the lab, as a person",
		Long: fmt.Sprintf(`Opens a chat client of the running lab in this terminal. alice and carol use the
app under test, bob a clean client; %s are free for anybody. Choose a
recipient with /to NAME; /help shows more.

HTTP_PROXY and SSL_CERT_FILE are honoured, so you can put your own proxy between
the client and the lab.`, strings.Join(roles.Spares(), ", ")),
		Args: cobra.NoArgs,
		RunE: failing(func(cmd *cobra.Command, _ []string) error { return a.chat(cmd, f) }),
	}
	cmd.Flags().StringVar(&f.account, "as", "", "account to chat as")
	cmd.Flags().BoolVar(&f.clean, "clean", false, "use the clean build, whatever the account has")
	cmd.Flags().BoolVar(&f.monitored, "monitored", false, "use the build under test, whatever the account has")
	cmd.MarkFlagsMutuallyExclusive("clean", "monitored")
	dirFlag(cmd, &f.dir)
	if err := cmd.MarkFlagRequired("as"); err != nil {
		panic(err) // the flag is three lines above
	}
	return cmd
}

func (a *app) chat(cmd *cobra.Command, f labChat) error {
	dir, err := labDir(f.dir)
	if err != nil {
		return err
	}
	state, err := labdir.Dir(dir).Load()
	if err != nil {
		return err
	}
	if !lab.Running(cmd.Context(), state) {
		return fmt.Errorf("%w in %s: start one with `telltale lab up PROFILE`", lab.ErrNotRunning, dir)
	}
	env, err := lab.Environment(dir, lab.Stdio{In: a.stdin, Out: a.stdout, Err: a.stderr})
	if err != nil {
		return err
	}
	o := roles.ClientOptions{Account: f.account}
	switch {
	case f.clean:
		o.Build = roles.BuildClean
	case f.monitored:
		o.Build = roles.BuildMonitored
	}
	env.Log = a.logger(false)
	err = roles.Client(cmd.Context(), env, o, func(ctx context.Context, c *chat.Client) error {
		return chat.RunTerminal(ctx, c, a.stdin, a.stdout)
	})
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is logged in elsewhere (another terminal, or an audit): choose another account: %w", f.account, err)
	}
	return err
}
