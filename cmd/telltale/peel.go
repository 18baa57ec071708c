package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/peel"
)

const peelLong = `Peel looks for copies of known texts in captured bytes, through codings,
compressions, containers and ciphers, and says how each copy was wrapped.

Give the texts with --find or --find-file, and keys, if there may be a cipher,
with --keys (one a line: hex:..., base64:..., or text) or --keys-from (a file
in whose bytes keys may stand). Simple XOR ciphers need no key. What looks like
ciphertext and stays shut is named. Of captures (pcap, pcapng) the TCP streams
are peeled, one by one; large ones are swept: without keys, but at the speed
at which they inflate.

In a terminal each copy is shown coat by coat, with the opened text and the
known text marked in it; elsewhere as one line, FILE:OFFSET: TEXT: COATS.

Exit codes: 0 nothing found, 1 could not run, 2 usage, 10 a copy was found,
11 nothing was found, but something stayed shut or a limit was reached.`

// peelFlags are the options of the command.
type peelFlags struct {
	find      []string
	findFile  string
	keys      []string
	keysFrom  []string
	list      bool
	json      bool
	onion     bool
	keyBudget int
	// parts tell where keys stand inside the archives that were searched.
	parts keyPlaces
}

func (a *app) peelCommand() *cobra.Command {
	var flags peelFlags
	cmd := &cobra.Command{
		Use:   "peel FILE...|-",
		Short: "Look for copies of known texts in captured bytes",
		Long:  peelLong,
		Example: `  telltale peel --find 'hello kvqzjxmn' capture.bin
  telltale peel --find-file typed.txt --keys-from client.dat --json upload.bin
  telltale peel --find-file typed.txt capture.pcap`,
		Args: cobra.MinimumNArgs(1),
		RunE: failing(func(cmd *cobra.Command, args []string) error { return a.peel(cmd.Context(), flags, args) }),
	}
	f := cmd.Flags()
	f.StringArrayVar(&flags.find, "find", nil, "text to look for (may be repeated)")
	f.StringVar(&flags.findFile, "find-file", "", "file with texts to look for, one a line")
	f.StringArrayVar(&flags.keys, "keys", nil, "file with keys, one a line (may be repeated)")
	f.StringArrayVar(&flags.keysFrom, "keys-from", nil, "file in whose bytes keys may stand (may be repeated)")
	f.BoolVar(&flags.list, "list", false, "look for word lists too")
	f.BoolVar(&flags.json, "json", false, "print one JSON object a line")
	f.BoolVar(&flags.onion, "onion", false, "print coat by coat, with the opened text (default in a terminal)")
	cmd.MarkFlagsMutuallyExclusive("json", "onion")
	f.IntVar(&flags.keyBudget, "max-keys", 20000, "most keys taken from one --keys-from file")
	return cmd
}

// peelMemory is the heap from which on memory is given back at once: a large
// file is most of it, and would else be let grow to twice its size.
const peelMemory = 224 << 20

// peel opens each file; the exit code says whether anything was found.
func (a *app) peel(ctx context.Context, flags peelFlags, files []string) error {
	flags.parts = keyPlaces{}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(peelMemory))
	job, err := flags.job()
	if err != nil {
		return err
	}
	opener := peel.New(peelers())
	out := peelPrinter{w: a.stdout, json: flags.json, onion: flags.onion || !flags.json && terminal(a.stdout), color: a.colour()}
	for _, name := range files {
		if size, err := captureSize(name); err != nil {
			return err
		} else if size > 0 {
			if err := peelCapture(ctx, name, job, &out); err != nil {
				return err
			}
			continue
		}
		if job.Bytes, err = a.readPeel(name); err != nil {
			return err
		}
		if err := out.print(name, flags.parts.rename(opener.Open(ctx, job))); err != nil {
			return err
		}
	}
	switch {
	case out.found:
		return exitWith(exitFound, nil)
	case out.unsure:
		return exitWith(exitInconclusive, nil)
	}
	return nil
}

func (a *app) readPeel(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(a.stdin)
	}
	return os.ReadFile(name)
}

// job reads texts and keys.
func (f peelFlags) job() (peel.Job, error) {
	job := peel.Job{ExpectList: f.list, Passwords: true}
	texts := slices.Clone(f.find)
	if f.findFile != "" {
		b, err := os.ReadFile(f.findFile)
		if err != nil {
			return job, err
		}
		texts = append(texts, strings.Split(string(b), "\n")...)
	}
	for _, t := range texts {
		if t = strings.TrimSuffix(t, "\r"); t != "" {
			job.Needles = append(job.Needles, peel.Needle{Probe: t, Text: t})
		}
	}
	if len(job.Needles) == 0 && !f.list {
		return job, fmt.Errorf("nothing to look for: give --find, --find-file or --list")
	}
	return job, f.readKeys(&job)
}

// smallKeyFile is the size up to which all that a file holds is tried like a
// list of keys; larger ones are searched by place.
const smallKeyFile = 64 << 10

func (f peelFlags) readKeys(job *peel.Job) error {
	for _, name := range f.keys {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		more, err := peel.ReadKeys(name, file)
		if err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
		job.Keys = append(job.Keys, more...)
	}
	for _, name := range f.keysFrom {
		b, err := readProgram(name)
		if err != nil {
			return err
		}
		if err := takeProgram(job, name, b, f.keyBudget, f.parts); err != nil {
			return err
		}
	}
	return nil
}
