package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/verify"
)

const verifyLong = `Checks every byte of a case and derives its findings again. It trusts neither
the case nor the program that wrote it, and needs no network.

Checked are: each line of the log, its form, number and commitment; the Merkle
root and the signature of every checkpoint; each blob against its name; each
sealed file against its digest; each canary against the case's key; time stamps
and what witnesses signed; that the plan was signed before the first message,
is about this scenario, and was kept. Then each layer is peeled again from the
captured bytes, and observations and findings are derived again from the raw
records; every difference is listed. Of a redacted copy, what was taken out is
named, and all that remains is checked.

What is WRONG breaks the case. A note does not: a run that was cut off, a time
stamp that was added later.

Who knows more than the case itself can say so: --key names the investigator's
public key, --checkpoint a checkpoint that was printed or sent earlier (the case
must be that one or a later one), --witness the key of somebody who signed for
having seen it, --tsa-roots the authorities that time stamps must come from.

Exit codes: 0 all holds, 1 something does not, or it is no case.`

const verifyExample = `  telltale case verify ./case
  telltale case verify --key investigator.pub --checkpoint printed.txt ./case
  telltale case verify --witness 'journalist+3bf0e4c1+BC…' --tsa-roots roots.pem --json ./case`

// verifyFlags are what the reader knows from elsewhere, as texts or files.
type verifyFlags struct {
	key, checkpoint, roots string
	witnesses              []string
	json                   bool
}

func (a *app) caseVerifyCommand() *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:     "verify CASE",
		Short:   "Check every byte of a case and derive its findings again",
		Long:    verifyLong,
		Example: verifyExample,
		Args:    cobra.ExactArgs(1),
		RunE: failing(func(cmd *cobra.Command, args []string) error {
			opts, err := f.options()
			if err != nil {
				return err
			}
			done := func() {}
			if !f.json {
				opts.Progress, done = readBar(a.stderr)
			}
			var v *verify.Result
			err = a.withCase(cmd.Context(), args[0], func(dir string) (err error) {
				v, err = verifyWith(cmd.Context(), dir, opts)
				return err
			})
			done()
			if err != nil {
				return err
			}
			return a.sayVerification(v, f)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.key, "key", "", "public key to trust, as text or as a file (default: the one in the case)")
	flags.StringVar(&f.checkpoint, "checkpoint", "", "file with a checkpoint of this case that you hold")
	flags.StringArrayVar(&f.witnesses, "witness", nil, "public key of a witness who must have seen the case, as text or as a file (repeatable)")
	flags.StringVar(&f.roots, "tsa-roots", "", "PEM file of the authorities that time stamps must come from")
	flags.BoolVar(&f.json, "json", false, "print the result as JSON (docs/verify-json.md)")
	return cmd
}

// options reads what the flags name.
func (f verifyFlags) options() (verify.Options, error) {
	opts := verify.Options{Key: textOrFile(f.key)}
	for _, w := range f.witnesses {
		opts.Witnesses = append(opts.Witnesses, textOrFile(w))
	}
	if f.checkpoint != "" {
		b, err := os.ReadFile(f.checkpoint)
		if err != nil {
			return opts, fmt.Errorf("reading the checkpoint: %w", err)
		}
		opts.Checkpoint = string(b)
	}
	if f.roots == "" {
		return opts, nil
	}
	b, err := os.ReadFile(f.roots)
	if err != nil {
		return opts, fmt.Errorf("reading the authorities of time stamps: %w", err)
	}
	opts.Roots = x509.NewCertPool()
	if !opts.Roots.AppendCertsFromPEM(b) {
		return opts, fmt.Errorf("%s holds no certificate in PEM: name a file with \"-----BEGIN CERTIFICATE-----\" in it", f.roots)
	}
	return opts, nil
}

// textOrFile is the text itself, or what stands in the file of that name.
func textOrFile(s string) string {
	if b, err := os.ReadFile(s); err == nil {
		return strings.TrimSpace(string(b))
	}
	return s
}

// verifyCase checks a case with no more knowledge than a key.
func verifyCase(dir, key string) (*verify.Result, error) {
	return verifyWith(context.Background(), dir, verify.Options{Key: textOrFile(key)})
}

func verifyWith(ctx context.Context, dir string, opts verify.Options) (*verify.Result, error) {
	v, err := verify.Case(dir, opts)
	if err != nil {
		return nil, err
	}
	what := staleIndex(ctx, dir, v)
	switch p := (verify.Problem{File: format.IndexFile, What: what}); {
	case what == "":
	case v.Finished:
		v.Problems, v.Holds = append(v.Problems, p), false
	default: // that of a run that goes on may be behind the log
		v.Notes = append(v.Notes, p)
	}
	return v, nil
}

// readBar shows on a terminal how much of a case has been read.
func readBar(out io.Writer) (show func(done, total int64), end func()) {
	bars := newBars(out)
	if bars == nil {
		return nil, func() {}
	}
	bar := bars.AddBar(0, mpb.BarRemoveOnComplete(), mpb.PrependDecorators(decor.Name("reading the case ")),
		mpb.AppendDecorators(decor.CountersKibiByte("% .1f / % .1f")))
	return func(done, total int64) {
			bar.SetTotal(total, false)
			bar.SetCurrent(done)
		}, func() {
			bar.Abort(true)
			bars.Wait()
		}
}

// sayVerification prints the result; a case that does not hold is a failure.
func (a *app) sayVerification(v *verify.Result, f verifyFlags) error {
	if f.json {
		if err := a.printJSON(v); err != nil {
			return err
		}
	} else {
		a.printVerification(v, f)
	}
	if !v.Holds {
		return exitWith(exitFailed, nil)
	}
	return nil
}

func (a *app) printVerification(v *verify.Result, f verifyFlags) {
	list := func(word string, of []verify.Problem, more int) {
		for _, p := range of {
			fmt.Fprintf(a.stdout, "%-6s %s\n", word, onTerminal(p.String()))
		}
		if more > 0 {
			fmt.Fprintf(a.stdout, "%-6s and %d more\n", word, more)
		}
	}
	list("WRONG", v.Problems, v.MoreProblems)
	list("note", v.Notes, v.MoreNotes)
	fmt.Fprintf(a.stdout, "%d entries (%d signed by %d checkpoints), %d blobs, %d sealed files, %d findings\n",
		v.Entries, v.Signed, v.Checkpoints, v.Blobs, v.Files, len(v.Record.Findings))
	for _, s := range v.Stamps {
		fmt.Fprintf(a.stdout, "%d entries existed at %s: %s\n", s.Size, s.At.Format("2006-01-02 15:04:05 MST"), onTerminal(s.By))
	}
	for _, w := range v.Witnesses {
		fmt.Fprintf(a.stdout, "%d entries were seen at %s by %s\n", w.Size, w.At.Format("2006-01-02 15:04:05 MST"), onTerminal(w.Name))
	}
	if !v.Holds {
		fmt.Fprintf(a.stdout, "The case does NOT hold: %d things are wrong.\n", len(v.Problems)+v.MoreProblems)
		return
	}
	fmt.Fprintln(a.stdout, verdictOf(v))
	if f.key == "" {
		fmt.Fprintln(a.stdout, "The key was taken from the case itself; --key checks whose it is.")
	}
}

// onTerminal writes what a terminal would act upon, or not show, as an escape:
// names of files are anybody's.
func onTerminal(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "\\u%04x", r)
		}
	}
	return b.String()
}

func verdictOf(v *verify.Result) string {
	switch {
	case v.Redacted:
		return fmt.Sprintf("The redacted copy holds: %d values were taken out, and every byte that is left is as it was signed.", v.Masked)
	case !v.Recomputed:
		return "The case holds: every byte is as it was signed."
	}
	return "The case holds: every byte is as it was signed, and the findings follow from it."
}
