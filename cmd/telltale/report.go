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

func (a *app) reportCommand() *cobra.Command {
	var reference, format, output string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "report CASE",
		Short: "Write the report of a case",
		Long: `Writes the report of a case: one HTML page that needs no network and no script,
plain text, or JSON (docs/report-json.md). The same case gives the same bytes.`,
		Args: cobra.ExactArgs(1),
		RunE: failing(func(_ *cobra.Command, args []string) error {
			in, err := reportInput(args[0], reference)
			if err != nil {
				return err
			}
			if asJSON {
				format = "json"
			}
			write, err := choose("format", format, map[string]func(io.Writer) error{
				"html": func(w io.Writer) error { return report.HTML(w, in) },
				"json": func(w io.Writer) error { return report.JSON(w, in) },
				"text": func(w io.Writer) error { return report.Text(w, in, a.width(), a.colour()) },
			})
			if err != nil {
				return exitWith(exitUsage, err)
			}
			if output == "" || output == "-" {
				return write(a.stdout)
			}
			if err := outsideCases(output); err != nil {
				return exitWith(exitUsage, err)
			}
			return writeWhole(output, write)
		}),
	}
	cmd.Flags().StringVar(&reference, "reference", "", "case of a reference build that was tested the same way")
	cmd.Flags().StringVar(&format, "format", "text", "html, text or json")
	cmd.Flags().BoolVar(&asJSON, "json", false, "the same as --format json")
	cmd.Flags().StringVarP(&output, "output", "o", "", "file to write; - or nothing means standard output")
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
		Record: reader.Record,
		Blob:   reader.Blob,
		Seal: report.Seal{
			PublicKey: reader.PublicKey, Checkpoint: reader.Checkpoint,
			CaseDir: filepath.Base(reader.Dir), Entries: int(reader.Entries),
		},
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
