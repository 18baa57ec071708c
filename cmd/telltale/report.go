package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/report"
)

const reportLong = `Writes the report of a case, in one of these forms:

  html          one page that needs no network and no script
  text          for a terminal
  json          for programs (docs/report-json.md, docs/report.schema.json)
  markdown      a summary for a forge, a wiki or a mail
  csv           the triggers, one a line
  observations  every observation beside its probe, one a line
  sarif         SARIF 2.1.0, for programs that gather results of tools
  junit         JUnit XML, as CI servers read it of tests (docs/ci.md)
  letter        a letter to the maker of the app: what was found, how to see it,
                what to mend, how to test again; with nothing others wrote in it

The same case gives the same bytes.

Exit codes: 0 written, 1 the case could not be read, 2 wrong usage. With
--fail-on, as of an audit: 10 found, 11 inconclusive.`

const reportExample = `  telltale report CASE
  telltale report CASE --format letter -o letter.md
  telltale report CASE --all -o reports/
  telltale report CASE --format junit -o telltale.xml --fail-on copy,suppression`

func (a *app) reportCommand() *cobra.Command {
	o := reportOptions{}
	cmd := &cobra.Command{
		Use: "report CASE", Short: "Write the report of a case", Long: reportLong, Example: reportExample,
		Args: cobra.ExactArgs(1),
		RunE: failing(func(_ *cobra.Command, args []string) error {
			fail, err := parseFailOn(o.failOn)
			if err != nil {
				return exitWith(exitUsage, err)
			}
			in, err := reportInput(args[0], o.reference)
			if err != nil {
				return err
			}
			if err := a.writeReport(in, args[0], o); err != nil || !fail.given() {
				return err
			}
			return fail.verdict(in, a.stderr)
		}),
	}
	f := cmd.Flags()
	f.StringVar(&o.reference, "reference", "", "case of a reference build that was tested the same way")
	f.StringVar(&o.format, "format", "text", "html, text, json, markdown, csv, observations, sarif, junit or letter")
	f.BoolVar(&o.asJSON, "json", false, "the same as --format json")
	f.BoolVar(&o.all, "all", false, "write every form into the directory that -o names")
	f.StringVarP(&o.output, "output", "o", "", "file to write, with --all a directory; - or nothing means standard output")
	f.StringSliceVar(&o.failOn, "fail-on", nil, failOnUsage)
	cmd.MarkFlagsMutuallyExclusive("json", "format", "all")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(reportFormats(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// reportInput reads a case, and the reference case if one is named.
func reportInput(dir, reference string) (report.Input, error) {
	reader, err := casefile.Read(dir)
	if err != nil {
		return report.Input{}, err
	}
	in := inputOf(reader)
	if reference == "" {
		return in, nil
	}
	other, err := reportInput(reference, "")
	in.Reference = &other
	return in, err
}

// inputOf is what a report says of a case that has been read.
func inputOf(reader *casefile.Reader) report.Input {
	return report.Input{
		Stopped: stoppedBy(reader),
		Record:  reader.Record,
		Blob:    reader.Blob,
		Seal:    sealOf(reader),
	}
}

// writeWhole writes a file that is there whole or not at all.
func writeWhole(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	half := path + ".new"
	err := os.WriteFile(half, b.Bytes(), 0o600)
	if err == nil {
		err = os.Rename(half, path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, errors.Join(err, os.Remove(half)))
	}
	return nil
}

// printCase prints a case's report to standard output, and where to find it.
func (a *app) printCase(dir, reference string, asJSON bool) error {
	in, err := reportInput(dir, reference)
	if err != nil {
		return err
	}
	if asJSON {
		return report.JSON(a.stdout, in)
	}
	if err := report.Text(a.stdout, in, a.width(), a.colour()); err != nil {
		return err
	}
	path, err := filepath.Abs(filepath.Join(dir, "report.html"))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "\nCase:   %s\nVerify: telltale case verify %s\nReport: %s\n", dir, dir, path)
	return err
}

// width is the terminal's, within what reads well; 100 elsewhere.
func (a *app) width() int {
	if f, ok := a.stdout.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return min(max(w, 60), 120)
		}
	}
	return 100
}

func (a *app) colour() bool {
	return terminal(a.stdout) && os.Getenv("NO_COLOR") == ""
}
