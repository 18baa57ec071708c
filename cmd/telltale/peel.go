package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/peel"
)

const peelLong = `Peel looks for copies of known texts in captured bytes, through codings,
compressions, containers and ciphers, and says how each copy was wrapped.

Give the texts with --find or --find-file, and keys, if there may be a cipher,
with --keys (one a line: hex:..., base64:..., or text) or --keys-from (a file
in whose bytes keys may stand). Simple XOR ciphers need no key.`

// peelFlags are the options of the command.
type peelFlags struct {
	find      []string
	findFile  string
	keys      []string
	keysFrom  []string
	list      bool
	json      bool
	keyBudget int
}

func (a *app) peelCommand() *cobra.Command {
	var flags peelFlags
	cmd := &cobra.Command{
		Use:   "peel FILE...",
		Short: "Look for copies of known texts in captured bytes",
		Long:  peelLong,
		Example: `  telltale peel --find 'hello kvqzjxmn' capture.bin
  telltale peel --find-file typed.txt --keys-from client.dat --json upload.bin`,
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
	f.IntVar(&flags.keyBudget, "max-keys", 20000, "most keys taken from one --keys-from file")
	return cmd
}

// peel opens each file; the exit code says whether anything was found.
func (a *app) peel(ctx context.Context, flags peelFlags, files []string) error {
	job, err := flags.job()
	if err != nil {
		return err
	}
	opener := peel.New(peelers())
	out := peelPrinter{w: a.stdout, json: flags.json}
	for _, name := range files {
		if job.Bytes, err = a.readPeel(name); err != nil {
			return err
		}
		if err := out.print(name, opener.Open(ctx, job)); err != nil {
			return err
		}
	}
	switch {
	case out.found:
		return exitWith(exitFound, nil)
	case out.limited:
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
	job := peel.Job{ExpectList: f.list}
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
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if len(b) <= smallKeyFile {
			job.Keys = append(job.Keys, peel.Harvest(name, b, f.keyBudget)...)
		}
		job.KeyFiles = append(job.KeyFiles, peel.KeyFile{Name: name, Bytes: b})
	}
	return nil
}

// peelFind and peelNote are the lines of --json.
type peelFind struct {
	File   string `json:"file"`
	Find   string `json:"find"`
	Offset int    `json:"offset"`
	// Path are the names of the coats; Coats have their parameters too.
	Path   []string `json:"path"`
	Coats  []string `json:"coats"`
	Key    *string  `json:"key"`
	Source string   `json:"key_source,omitempty"`
	Score  float64  `json:"score"`
	List   []string `json:"list,omitempty"`
}

type peelNote struct {
	File   string `json:"file"`
	Note   string `json:"note"`
	Offset int    `json:"offset"`
	Detail string `json:"detail"`
}

// peelPrinter writes results and remembers what the exit code must be.
type peelPrinter struct {
	w              io.Writer
	json           bool
	found, limited bool
}

func (p *peelPrinter) print(file string, r peel.Result) error {
	w := bufio.NewWriter(p.w)
	for _, f := range r.Finds {
		p.found = true
		if err := p.find(w, file, f); err != nil {
			return err
		}
	}
	for _, n := range r.Notes {
		p.limited = p.limited || n.Kind == peel.NoteLimit
		if err := p.note(w, file, n); err != nil {
			return err
		}
	}
	return w.Flush()
}

func (p *peelPrinter) find(w io.Writer, file string, f peel.Find) error {
	line := peelFind{File: file, Offset: f.Offset, Path: []string{}, Coats: append([]string{}, f.Path...), Score: f.Score, List: f.List}
	for _, coat := range f.Path {
		name, parameter, _ := strings.Cut(coat, ":")
		switch name {
		case "hash":
			name, _, _ = strings.Cut(parameter, ":")
		case "chunked":
			name = "http-chunked"
		}
		line.Path = append(line.Path, name)
	}
	if f.Key != nil {
		key := hex.EncodeToString(f.Key.Bytes)
		line.Key, line.Source = &key, f.Key.Source
	}
	needles := f.Needles
	if f.List != nil {
		needles = []string{""}
	}
	for _, text := range needles {
		line.Find = text
		if err := p.line(w, line); err != nil {
			return err
		}
	}
	return nil
}

// line prints one find. Captured text is quoted: it is hostile.
func (p *peelPrinter) line(w io.Writer, f peelFind) error {
	if p.json {
		return json.NewEncoder(w).Encode(f)
	}
	what := strconv.Quote(f.Find)
	if f.List != nil {
		what = fmt.Sprintf("a list of %d lines", len(f.List))
	}
	path := "as it is"
	if len(f.Coats) > 0 {
		quoted := strconv.Quote(strings.Join(f.Coats, " › "))
		path = quoted[1 : len(quoted)-1]
	}
	_, err := fmt.Fprintf(w, "%s:%d: %s: %s", f.File, f.Offset, what, path)
	if err == nil && f.Key != nil {
		_, err = fmt.Fprintf(w, " (key %s, %s)", *f.Key, f.Source)
	}
	if err == nil {
		_, err = fmt.Fprintln(w)
	}
	return err
}

func (p *peelPrinter) note(w io.Writer, file string, n peel.Note) error {
	if p.json {
		return json.NewEncoder(w).Encode(peelNote{file, n.Kind, n.Offset, n.Detail})
	}
	_, err := fmt.Fprintf(w, "%s:%d: note: %s: %s\n", file, n.Offset, n.Kind, n.Detail)
	return err
}
