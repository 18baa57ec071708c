package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.org/telltale"
	"example.org/telltale/internal/environ"
	"example.org/telltale/internal/sandbox"
	"example.org/telltale/internal/sensor/box"
)

// boxCommand is what TELLTALE_BOX names: it puts a program into a sandbox of
// the audit that waits at the socket.
func (a *app) boxCommand() *cobra.Command {
	var writable []string
	cmd := &cobra.Command{
		Use:    "box SOCKET [flags] -- CMD [ARGS…]",
		Short:  "Run a program in a sandbox of a running audit",
		Hidden: true,
		Args:   cobra.MinimumNArgs(2),
		RunE: failing(func(cmd *cobra.Command, args []string) error {
			return enterBox(cmd.Context(), args[0], box.Order{Args: args[1:], Writable: writable})
		}),
	}
	cmd.Flags().StringArrayVar(&writable, "writable", nil, "file or directory of the host that may be written (repeatable)")
	return cmd
}

func enterBox(ctx context.Context, socket string, o box.Order) error {
	var err error
	if o.Dir, err = os.Getwd(); err != nil {
		return err
	}
	o.Env = slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, environ.Box+"=") })
	status, err := box.Enter(ctx, socket, o, [3]*os.File{os.Stdin, os.Stdout, os.Stderr})
	switch {
	case err != nil:
		return err
	case status != 0:
		return exitWith(status, nil)
	}
	return nil
}

// boxed puts the way into a sandbox in front of a driver's command, if there
// is one and the driver does not go in by itself.
func boxed(d telltale.DriverSpec, env []string) ([]string, error) {
	command, err := environ.Command(env)
	if command == nil || d.Boxes {
		return d.Command, err
	}
	for _, path := range d.Writable {
		command = append(command, "--writable", path)
	}
	return slices.Concat(command, []string{"--"}, d.Command), nil
}

// sensorFlag lets people choose under whose eyes the lab's client runs.
func sensorFlag(cmd *cobra.Command, kind *string) {
	cmd.Flags().StringVar(kind, "sensor", "auto", "under whose eyes the app runs: sandbox, proxy, or auto for the sandbox where it can be had")
	_ = cmd.RegisterFlagCompletionFunc("sensor", cobra.FixedCompletions([]string{"auto", "sandbox", "proxy"}, cobra.ShellCompDirectiveNoFileComp))
}

// chooseSensor settles what auto means here.
func chooseSensor(kind *string) error {
	switch {
	case *kind == "auto" && sandbox.Check() == nil:
		*kind = "sandbox"
	case *kind == "auto":
		*kind = "proxy"
	}
	if _, err := choose("sensor", *kind, sensors()); err != nil {
		return exitWith(exitUsage, fmt.Errorf("--sensor: %w", err))
	}
	return nil
}
