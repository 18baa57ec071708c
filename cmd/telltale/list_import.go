package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/wordlist"
)

const listImportLong = `Reads keyword lists and writes one file in the canonical form, JSON that every
other list command reads: to standard output, or with -o to a file.

Read are files with one entry a line (UTF-8, UTF-16, GB18030 or Big5), CSV with
a column of words and perhaps one that names the lists they stand on, CSV that
says which combinations an exception disables, canonical files, and cases, which
stand for the lists that the app fetched. A directory is read with all below it;
what is no list is skipped, and said.

Names give dates and versions: keyfile.2011-12-22.plain is the snapshot of that
day, line-v24.txt a version. Files whose names are alike otherwise, in
directories of one name, are snapshots of one list.

Enciphered files are opened with the ciphers and keys of the historic clients
(the XOR chain of 3.x, AES-256-ECB of 5.x), with keys given, and else in every
way that telltale peel knows.

Exit codes: 0 written, 1 a file named could not be read, 2 wrong usage.`

func (a *app) listImportCommand() *cobra.Command {
	var flags listFlags
	var out, name, date string
	cmd := &cobra.Command{
		Use:   "import FILE|DIR|CASE...",
		Short: "Read keyword lists into one canonical file",
		Long:  listImportLong,
		Example: `  telltale list import -o tom.json tom-skype-raw-data/
  telltale list import --keys keys.txt keyfile.enc --date 2011-04-24
  telltale list import -o fetched.json telltale-cases/lab-tom-2008-1`,
		Args: cobra.MinimumNArgs(1),
		RunE: failing(func(_ *cobra.Command, args []string) error {
			if date != "" && !wordlist.ValidDate(date) {
				return exitWith(exitUsage, fmt.Errorf("--date %q is no date: write it as 2011-04-24", date))
			}
			return a.listImport(flags, args, importTarget{out, name, date})
		}),
	}
	flags.add(cmd)
	cmd.Flags().StringVarP(&out, "output", "o", "", "file to write (default: standard output)")
	cmd.Flags().StringVar(&name, "name", "", "name of the list (default: from the name of the file)")
	cmd.Flags().StringVar(&date, "date", "", "date of the snapshot, as 2011-04-24 (default: from the name of the file)")
	return cmd
}

// importTarget is where to write, and what to call what was read.
type importTarget struct{ out, name, date string }

// importSummary is what import says of its work.
type importSummary struct {
	Output    string         `json:"output,omitempty"`
	Lists     int            `json:"lists"`
	Distinct  int            `json:"distinct_entries"`
	Snapshots []snapshotLine `json:"snapshots"`
	Skipped   []skippedFile  `json:"skipped"`
}

func (a *app) listImport(flags listFlags, args []string, to importTarget) error {
	o, err := flags.options()
	if err != nil {
		return err
	}
	o.List, o.Date = to.name, to.date
	r := &listReader{options: o, only: flags.only}
	var lists []wordlist.List
	var errs []error
	for _, arg := range args {
		l, err := r.read(arg)
		lists, errs = append(lists, l), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	all := wordlist.Join(lists...)
	b, err := all.Write()
	if err != nil {
		return err
	}
	summary := summaryOf(all)
	summary.Output, summary.Skipped = to.out, append([]skippedFile{}, r.skipped...)
	if to.out == "" || to.out == "-" {
		if _, err := a.stdout.Write(b); err != nil {
			return err
		}
		printSummary(a.stderr, summary)
		return nil
	}
	if err := writeList(to.out, b); err != nil {
		return err
	}
	if flags.json {
		return a.printJSON(summary)
	}
	printSummary(a.stdout, summary)
	return nil
}

// writeList writes the canonical file. A device or a pipe is written to, and
// never put aside.
func writeList(name string, b []byte) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(name, b, 0o600)
	}
	return writeWhole(name, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// snapshotLine is one snapshot as show and import print it.
type snapshotLine struct {
	List       string   `json:"list"`
	Date       string   `json:"date,omitempty"`
	Version    string   `json:"version,omitempty"`
	Entries    int      `json:"entries"`
	Distinct   int      `json:"distinct"`
	Duplicates int      `json:"duplicates"`
	File       string   `json:"file,omitempty"`
	Digest     string   `json:"digest,omitempty"`
	Coats      []string `json:"coats,omitempty"`
	Key        string   `json:"key,omitempty"`
	KeySource  string   `json:"key_source,omitempty"`
}

func summaryOf(l wordlist.List) importSummary {
	s := importSummary{Snapshots: []snapshotLine{}, Skipped: []skippedFile{}}
	names := map[string]bool{}
	for _, one := range l.Snapshots {
		names[one.List] = true
		distinct := wordlist.Distinct(one, wordlist.Exact)
		s.Snapshots = append(s.Snapshots, snapshotLine{
			List: one.List, Date: one.Date, Version: one.Version, Entries: len(one.Entries), Distinct: distinct,
			Duplicates: len(one.Entries) - distinct, File: one.Source.File, Digest: string(one.Source.Digest),
			Coats: one.Source.Coats, Key: one.Source.Key, KeySource: one.Source.KeySource,
		})
	}
	s.Lists, s.Distinct = len(names), len(wordlist.Union(l.Snapshots, wordlist.Exact))
	return s
}

// printSummary prints a table of snapshots. Names are quoted where they hold
// what a terminal would obey.
func printSummary(out io.Writer, s importSummary) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LIST\tSNAPSHOT\tENTRIES\tDISTINCT\tOPENED BY")
	for _, l := range s.Snapshots {
		when := l.Date
		if when == "" {
			when = l.Version
		}
		how := strings.Join(l.Coats, " › ")
		if l.KeySource != "" {
			how += " (" + l.KeySource + ")"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\n", shown(l.List), shown(when), l.Entries, l.Distinct, shown(how))
	}
	_ = w.Flush() // the writer's own error shows at the next print
	fmt.Fprintf(out, "%s of %s, %d different entries in all\n", counted(len(s.Snapshots), "snapshot"), counted(s.Lists, "list"), s.Distinct)
	for _, f := range s.Skipped {
		fmt.Fprintf(out, "skipped %s: %s\n", shown(f.File), f.Why)
	}
	if s.Output != "" {
		fmt.Fprintf(out, "written to %s\n", s.Output)
	}
}

func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if one, ok := strings.CutSuffix(thing, "y"); ok {
		return fmt.Sprintf("%d %sies", n, one)
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// openList asks peel for a list under coats that are not the historic ones.
func openList(job peel.Job) func(b []byte) (wordlist.Opened, bool) {
	job.ExpectList = true
	return func(b []byte) (wordlist.Opened, bool) {
		job := job
		job.Bytes = b
		return firstList(peel.New(peelers()), job)
	}
}
