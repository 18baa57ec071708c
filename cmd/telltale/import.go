package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/bench"
	"example.org/telltale/internal/flow/tlsdecrypt"
	"example.org/telltale/internal/sensor/flowlog"
	"example.org/telltale/internal/sensor/imports"
	"example.org/telltale/internal/sensor/tape"
)

const importLong = `Reads what others captured into a case: packet captures (pcap and pcapng, TLS
opened with the secrets in them or with key logs), HAR files of browsers, and
dumps of mitmproxy.

    telltale import --case DIR capture.pcapng
    telltale import --case DIR --keylog sslkeys.log phone.pcap
    telltale import --json FLOWS.jsonl session.har dump.mitm

A case that is there already is added to. --json writes one line a flow, its
octets beside it, with or without a case. What of a file could not be read is
named, with its place, and the rest is read; docs/design/capture.md says what
imports can see and what they cannot.

With --typed LOG what was typed while the capture was made is put beside it:
copies are looked for and findings stated; docs/replay.md describes the log.
Then the exit codes are those of an audit.

Exit codes: 0 read, 1 a file could not be opened, is of no known kind, or
nothing could be written.`

// importOptions are the flags of import.
type importOptions struct {
	caseDir, json string
	keylogs       []string
	// typed is a log of what was typed while the capture was made, channel
	// the hosts that messages were supposed to pass through.
	typed   string
	channel []string
}

func (a *app) importCommand() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import --case DIR [flags] FILE…",
		Short: "Read captures, HAR files and mitmproxy dumps into a case",
		Long:  importLong,
		Args:  cobra.MinimumNArgs(1),
		RunE: failing(func(cmd *cobra.Command, args []string) error {
			if o.typed != "" && o.caseDir == "" {
				return exitWith(exitUsage, errors.New("--typed needs a case to state findings in: name one with --case"))
			}
			if o.caseDir == "" && o.json == "" {
				return exitWith(exitUsage, errors.New("nowhere to import to: name a case with --case, or a file with --json"))
			}
			run := &importRun{app: a, options: o}
			if err := run.run(cmd.Context(), args); err != nil || o.typed == "" {
				return err
			}
			return verdict(run.into.Snapshot().Findings)
		}),
	}
	f := cmd.Flags()
	f.StringVar(&o.caseDir, "case", "", "directory of the case; a new one is begun if there is none")
	f.StringVar(&o.json, "json", "", "file for flows, one JSON object a line; octets go beside it")
	f.StringVar(&o.typed, "typed", "", "log of what was typed meanwhile, one JSON object a line: copies are looked for (docs/replay.md)")
	f.StringArrayVar(&o.channel, "channel", nil, "with --typed: host that messages were supposed to pass through, as in *.example.org (repeatable)")
	f.StringArrayVar(&o.keylogs, "keylog", nil, "TLS key log, as SSLKEYLOGFILE names it (repeatable)")
	return cmd
}

// importRun is one import on its way.
type importRun struct {
	app     *app
	options importOptions
	keys    tlsdecrypt.Keys
	sinks   tape.Tee
	log     *flowlog.Log
	into    *importCase
	typed   []bench.Typed
}

func (r *importRun) run(ctx context.Context, files []string) (err error) {
	for _, f := range files { // before anything is begun
		if err := readable(f); err != nil {
			return err
		}
	}
	if err := r.readKeys(); err != nil {
		return err
	}
	if r.options.typed != "" {
		if r.typed, err = readTyped(r.options.typed); err != nil {
			return err
		}
	}
	defer func() { err = errors.Join(err, r.close(err)) }()
	if err := r.open(files); err != nil {
		return err
	}
	m := imports.New(r.sinks, &r.keys)
	for _, f := range files {
		digest := r.into.digest(f)
		summary, err := m.File(ctx, f)
		r.print(summary)
		if err := errors.Join(err, r.into.done(summary, digest)); err != nil {
			return err
		}
	}
	return r.into.replay(ctx, r.typed, r.app.stderr)
}

func readable(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return f.Close()
}

func (r *importRun) readKeys() error {
	for _, name := range r.options.keylogs {
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if r.keys.Add(b) == 0 {
			fmt.Fprintf(r.app.stderr, "%s: no line of a TLS key log\n", name)
		}
	}
	return nil
}

func (r *importRun) open(files []string) (err error) {
	if r.options.json != "" {
		if r.log, err = flowlog.Create(r.options.json, r.app.clock); err != nil {
			return err
		}
		r.sinks = append(r.sinks, r.log)
	}
	if r.options.caseDir != "" {
		if r.into, err = r.openCase(files); err != nil {
			return err
		}
		r.sinks = append(r.sinks, r.into.views)
	}
	return nil
}

func (r *importRun) close(stopped error) error {
	var errs []error
	if r.log != nil {
		errs = append(errs, r.log.Close())
	}
	return errors.Join(append(errs, r.into.close(stopped))...)
}

// print says what was in a file, and what of it could not be read.
func (r *importRun) print(s imports.Summary) {
	if s.Kind == "" {
		return
	}
	fmt.Fprintf(r.app.stdout, "%s: %s, %d flows", s.File, s.Kind, s.Flows)
	if s.Packets > 0 {
		fmt.Fprintf(r.app.stdout, " in %d packets", s.Packets)
	}
	fmt.Fprintf(r.app.stdout, ", TLS taken off %d, left on %d\n", s.Opened, s.Opaque)
	for _, n := range s.Notes {
		fmt.Fprintf(r.app.stderr, "%s\n", n)
	}
	if s.NotesLeft > 0 {
		fmt.Fprintf(r.app.stderr, "%s: and %d notes more\n", s.File, s.NotesLeft)
	}
}
