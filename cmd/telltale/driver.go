package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/driver/drivertest"
	"example.org/telltale/internal/driver/exec"
)

func (a *app) driverCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "driver",
		Short: "Test an adapter that types messages into an app",
		Long: `A driver types messages into an app and says what arrived. Anybody can write
one in any language: docs/driver-protocol.md describes it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.driverTestCommand())
	return cmd
}

// driverTest are the flags of `telltale driver test`.
type driverTest struct {
	json          bool
	dir           string
	env           []string
	wait, timeout time.Duration
}

func (a *app) driverTestCommand() *cobra.Command {
	var f driverTest
	cmd := &cobra.Command{
		Use:   "test [flags] -- COMMAND [ARGUMENT...]",
		Short: "Hold a driver against the contract",
		Long: `Starts COMMAND, speaks the driver protocol with it, types about thirty harmless
messages in both directions and checks what the driver says about them.

Use an app and accounts that do not filter: a harmless message that does not
arrive counts against the driver. Ends with code 0 if every check holds, 1 if not.`,
		Example: "  telltale driver test -- python3 my-adapter.py\n  telltale driver test --json -- ./adapter --account alice",
		Args:    cobra.MinimumNArgs(1),
		RunE:    failing(func(cmd *cobra.Command, args []string) error { return a.testDriver(cmd, args, f) }),
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "print the checks as JSON")
	cmd.Flags().StringVar(&f.dir, "dir", "", "working directory of the driver")
	cmd.Flags().StringArrayVar(&f.env, "env", nil, "NAME=value for the driver's environment (repeatable)")
	cmd.Flags().DurationVar(&f.wait, "wait", 5*time.Second, "how long a message may take to arrive")
	cmd.Flags().DurationVar(&f.timeout, "timeout", exec.DefaultTimeout, "how long the driver may take to answer")
	return cmd
}

func (a *app) testDriver(cmd *cobra.Command, command []string, f driverTest) error {
	d := exec.New(exec.Config{Command: command, Dir: f.dir, Env: f.env, Timeout: f.timeout, Clock: a.clock})
	results := drivertest.Check(cmd.Context(), d, drivertest.Options{Wait: f.wait, Patience: 2 * f.timeout})
	if err := printChecks(a.stdout, results, f.json); err != nil {
		return err
	}
	if err := cmd.Context().Err(); err != nil {
		return err
	}
	if !drivertest.Passed(results) {
		return errors.New("the driver does not keep the contract; docs/driver-protocol.md says what is expected")
	}
	return nil
}

func printChecks(w io.Writer, results []drivertest.Result, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(results)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range results {
		verdict := "ok"
		if !r.OK {
			verdict = "FAILED"
		}
		detail := strings.NewReplacer("\n", " ", "\t", " ").Replace(r.Detail)
		fmt.Fprintf(table, "%s\t%s\t%s\n", verdict, r.Name, detail)
	}
	return table.Flush()
}
