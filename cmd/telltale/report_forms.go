package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/report"
)

// reportOptions are the flags of report.
type reportOptions struct {
	reference, format, output string
	asJSON, all               bool
	failOn                    []string
}

// reportForm is one way to write a report, and what its file is called where
// all of them are written.
type reportForm struct {
	format, file string
	write        func(io.Writer, report.Input) error
}

// reportForms lists them all.
func (a *app) reportForms() []reportForm {
	return []reportForm{
		{"html", "report.html", report.HTML},
		{"text", "report.txt", func(w io.Writer, in report.Input) error {
			if w == a.stdout {
				return report.Text(w, in, a.width(), a.colour())
			}
			return report.Text(w, in, 100, false)
		}},
		{"json", "report.json", report.JSON},
		{"markdown", "report.md", report.Markdown},
		{"csv", "triggers.csv", report.TriggersCSV},
		{"observations", "observations.csv", report.ObservationsCSV},
		{"sarif", "report.sarif", report.SARIF},
		{"junit", "junit.xml", report.JUnit},
		{"letter", "letter.md", report.Letter},
	}
}

// reportFormats lists their names.
func reportFormats() (names []string) {
	for _, form := range (&app{}).reportForms() {
		names = append(names, form.format)
	}
	return names
}

// writeReport writes what the flags ask for.
func (a *app) writeReport(in report.Input, dir string, o reportOptions) (err error) {
	if in.Lines, err = logLines(dir); err != nil {
		return err
	}
	if o.all {
		return a.writeAllReports(in, o.output)
	}
	if o.asJSON {
		o.format = "json"
	}
	table := map[string]reportForm{}
	for _, form := range a.reportForms() {
		table[form.format] = form
	}
	form, err := choose("format", o.format, table)
	if err != nil {
		return exitWith(exitUsage, err)
	}
	if o.output == "" || o.output == "-" {
		return form.write(a.stdout, in)
	}
	return putReport(o.output, in, form.write)
}

// putReport writes one form to a file outside of every case.
func putReport(path string, in report.Input, write func(io.Writer, report.Input) error) error {
	if err := outsideCases(path); err != nil {
		return exitWith(exitUsage, err)
	}
	return writeWhole(path, func(w io.Writer) error { return write(w, in) })
}

// writeAllReports writes every form into a directory, which is made.
func (a *app) writeAllReports(in report.Input, dir string) error {
	if dir == "" || dir == "-" {
		return exitWith(exitUsage, errors.New("--all writes several files: name a directory with -o"))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("a directory for the reports: %w", err)
	}
	for _, form := range a.reportForms() {
		path := filepath.Join(dir, form.file)
		if err := putReport(path, in, form.write); err != nil {
			return err
		}
		fmt.Fprintln(a.stdout, path)
	}
	return nil
}

// logLines says on which line of a case's log each probe and flow stands.
func logLines(dir string) (map[string]int, error) {
	lines, line := map[string]int{}, 0
	err := casefile.EachEntry(dir, func(e format.Entry, _ []byte) error {
		line++
		if e.Type != format.TypeProbe && e.Type != format.TypeFlow {
			return nil
		}
		var body struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(e.Body, &body) == nil && body.ID != "" { // else it is masked
			lines[body.ID] = line
		}
		return nil
	})
	return lines, err
}

// stoppedBy says why the run of a case ended before its plan was; empty if it
// did not. Whether a run of an old version did, its stages tell.
func stoppedBy(r *casefile.Reader) string {
	switch {
	case r.Ended != nil:
		return r.Ended.Stopped
	case r.Plan != nil:
		return "it has not come to its end; go on with: telltale audit --resume"
	}
	return ""
}

// kindNames lists the kinds of findings.
func kindNames() (names []string) {
	for _, k := range report.Kinds() {
		names = append(names, string(k))
	}
	return names
}
