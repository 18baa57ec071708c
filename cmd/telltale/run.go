package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/sensor/box"
	"example.org/telltale/internal/sensor/gateway"
)

const runLong = `Runs a program in a sandbox whose only way out is telltale, and records
everything that leaves: connections over IPv4 and IPv6, name lookups, UDP, ICMP.
It needs no root and changes nothing in the host's network. Linux only.

    telltale run -- curl https://example.com/
    telltale run --json FLOWS.jsonl --pcap all.pcapng -- ./app --its-flags
    telltale run --map api.test=127.0.0.1:8443 -- ./app

TLS is opened with an authority of the run's own, which programs inside are
made to trust (docs/design/capture.md says how, and which cannot be). A program
that does not accept it is left alone from its next connection on: that passes
unopened and is recorded as opaque; --strict goes on refusing instead.
QUIC (HTTP/3) is refused, since programs then take TCP. --quic intercept opens
it the same way, each stream a flow of its own; --quic pass lets it through
unopened.

Inside, the host's files are there to be read. Home, /tmp, /var/tmp, /run and
/dev/shm are the program's own and are forgotten at the end; --writable lets it
write elsewhere. Nothing of the host's loopback can be reached but what --map
names; NAME may be an IP address too.

The command ends when the last process inside has ended, which may be later
than the program that was named. Ctrl-C and SIGTERM end everything inside and
complete the files. With SSLKEYLOGFILE set, or --keylog, the keys of what was
opened are appended to that file; --pcap holds them in any case.

--json writes one line a flow, its octets beside it: docs/flows-json.md.
--case writes a case that telltale case, report and export read.

Exit status: that of the program; 128 plus the number of the signal that ended
it; 1 if telltale could not run it or could not record; 2 for wrong usage.`

// runOptions are the flags of run.
type runOptions struct {
	carryOptions
	quic     string
	display  bool
	writable []string
}

// carryOptions are the flags that say how connections are carried.
type carryOptions struct {
	maps, authorities []string
	strict            bool
}

// flags adds them to a command.
func (o *carryOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.maps, "map", nil, "NAME=ADDR[:PORT]: connections to NAME, which resolves inside, go to ADDR as the host sees it (repeatable)")
	f.StringArrayVar(&o.authorities, "upstream-ca", nil, "PEM file of an authority that servers may be signed by, besides the system's (repeatable)")
	f.BoolVar(&o.strict, "strict", false, "refuse the connections of programs that do not accept our certificate")
}

// names reads what --map says.
func (o *carryOptions) names() (all []gateway.Map, err error) {
	for _, m := range o.maps {
		one, err := gateway.ParseMap(m)
		if err != nil {
			return nil, exitWith(exitUsage, fmt.Errorf("--map: %w", err))
		}
		all = append(all, one)
	}
	return all, nil
}

func (a *app) runCommand() *cobra.Command {
	var o runOptions
	var keep recordOptions
	cmd := &cobra.Command{
		Use:   "run [flags] -- CMD [ARGS…]",
		Short: "Run a program in a sandbox and record everything it sends",
		Long:  runLong,
		Args:  cobra.MinimumNArgs(1),
		RunE: failing(func(cmd *cobra.Command, args []string) error {
			config, err := o.check()
			if err != nil {
				return err
			}
			run := &sandboxRun{recording: recording{app: a, keep: keep}, options: o, box: config, command: args}
			status, err := run.run(cmd.Context())
			if err != nil {
				return err
			}
			if status != 0 {
				return exitWith(status, nil)
			}
			return nil
		}),
	}
	f := cmd.Flags()
	f.SetInterspersed(false)
	o.flags(cmd)
	keep.flags(cmd)
	f.StringVar(&o.quic, "quic", "refuse", "refuse: programs fall back to TCP; intercept: opened as TLS is, for programs that do not fall back; pass: recorded unopened")
	f.StringArrayVar(&o.writable, "writable", nil, "file or directory of the host that may be written (repeatable)")
	f.BoolVar(&o.display, "display", false, "let the program use the X11 or Wayland display")
	_ = cmd.RegisterFlagCompletionFunc("quic", cobra.FixedCompletions([]string{"refuse", "intercept", "pass"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// check reads what the flags say. The result is the box's part.
func (o *runOptions) check() (c box.Config, err error) {
	c.Strict = o.strict
	if c.Maps, err = o.names(); err != nil {
		return c, err
	}
	switch c.QUIC = gateway.QUIC(o.quic); c.QUIC {
	case gateway.RefuseQUIC, gateway.PassQUIC, gateway.InterceptQUIC:
	default:
		return c, exitWith(exitUsage, fmt.Errorf("--quic %s: want refuse, intercept or pass", o.quic))
	}
	return c, nil
}

// title is how the program is called where there is little room.
func title(command []string) string {
	const most = 60
	text := strings.Join(command, " ")
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return text
}
