package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/casefile/index"
	"example.org/telltale/internal/report"
)

// finishCase puts what is derived of a case into it: the reports, which are
// sealed and signed, and at last the index, which is a cache.
func finishCase(ctx context.Context, c *casefile.Case) error {
	if err := putReports(c, inputOf(c.Reader())); err != nil {
		return err
	}
	_, err := index.Build(context.WithoutCancel(ctx), c.Reader())
	return err
}

// putReports puts all three forms of the report into a case and signs them.
func putReports(c *casefile.Case, in report.Input) error {
	for _, form := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"report.html", func(w io.Writer) error { return report.HTML(w, in) }},
		{"report.json", func(w io.Writer) error { return report.JSON(w, in) }},
		{"report.txt", func(w io.Writer) error { return report.Text(w, in, 100, false) }},
	} {
		if err := c.PutFile(form.name, form.write); err != nil {
			return err
		}
	}
	return c.Checkpoint()
}

// compareReports makes the reports of a finished case anew, beside a reference
// case.
func (a *app) compareReports(dir, reference string) (err error) {
	if reference == "" {
		return nil
	}
	key, err := a.signingKey()
	if err != nil {
		return err
	}
	c, err := casefile.Open(dir, casefile.Options{Clock: a.clock, Random: a.random, Signer: key})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	other, err := reportInput(reference, "")
	if err != nil {
		return err
	}
	in := inputOf(c.Reader())
	in.Reference = &other
	return putReports(c, in)
}

// outsideCases refuses a file to write that would lie in a case: nothing may be
// there but what is sealed.
func outsideCases(path string) error {
	whole, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	// A link may lead into a case.
	dir, err := filepath.EvalSymlinks(filepath.Dir(whole))
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	for {
		b, err := os.ReadFile(filepath.Join(dir, format.FormatFile))
		if err == nil && strings.HasPrefix(string(b), "telltale case ") {
			return fmt.Errorf("%s lies in the case %s, which holds nothing but what is sealed: name a file elsewhere; the case's own reports are report.html, report.json and report.txt", path, dir)
		}
		up := filepath.Dir(dir)
		if up == dir {
			return nil
		}
		dir = up
	}
}
