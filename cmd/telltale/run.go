package main

import (
	"fmt"
	"os"
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
	maps                      []string
	json, pcap, caseDir, keys string
	quic                      string
	strict, display, quiet    bool
	background                bool
	writable                  []string
	pcapLimit                 int64
}

func (a *app) runCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run [flags] -- CMD [ARGS…]",
		Short: "Run a program in a sandbox and record everything it sends",
		Long:  runLong,
		Args:  cobra.MinimumNArgs(1),
		RunE: failing(func(cmd *cobra.Command, args []string) error {
			config, err := o.check()
			if err != nil {
				return exitWith(exitUsage, err)
			}
			run := &sandboxRun{app: a, options: o, box: config, command: args}
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
	f.StringArrayVar(&o.maps, "map", nil, "NAME=ADDR[:PORT]: NAME resolves inside, its connections go to ADDR as the host sees it (repeatable)")
	f.StringVar(&o.json, "json", "", "file for flows, one JSON object a line; octets go beside it")
	f.StringVar(&o.pcap, "pcap", "", "file for packets and TLS keys, pcapng")
	f.StringVar(&o.caseDir, "case", "", "directory of a new case")
	f.StringVar(&o.keys, "keylog", os.Getenv("SSLKEYLOGFILE"), "file that TLS keys are appended to")
	f.StringVar(&o.quic, "quic", "refuse", "refuse: programs fall back to TCP, which can be read; pass: recorded unopened")
	f.BoolVar(&o.strict, "strict", false, "refuse the connections of programs that do not accept our certificate")
	f.StringArrayVar(&o.writable, "writable", nil, "file or directory of the host that may be written (repeatable)")
	f.BoolVar(&o.display, "display", false, "let the program use the X11 or Wayland display")
	f.Int64Var(&o.pcapLimit, "pcap-limit", 0, "octets of packets to keep at most, 0 for all")
	f.BoolVar(&o.background, "background", false, "mark the flows as sent with nobody typing")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print no summary")
	_ = cmd.MarkFlagFilename("json", "jsonl", "json") // errors name flags that there are not
	_ = cmd.MarkFlagFilename("pcap", "pcapng")
	_ = cmd.MarkFlagDirname("case")
	_ = cmd.RegisterFlagCompletionFunc("quic", cobra.FixedCompletions([]string{"refuse", "pass"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// check reads what the flags say. The result is the box's part.
func (o *runOptions) check() (box.Config, error) {
	c := box.Config{Strict: o.strict}
	for _, m := range o.maps {
		one, err := gateway.ParseMap(m)
		if err != nil {
			return c, fmt.Errorf("--map: %w", err)
		}
		c.Maps = append(c.Maps, one)
	}
	switch c.QUIC = gateway.QUIC(o.quic); c.QUIC {
	case gateway.RefuseQUIC, gateway.PassQUIC:
	default:
		return c, fmt.Errorf("--quic %s: want refuse or pass", o.quic)
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
