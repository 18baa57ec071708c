package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"example.org/telltale/internal/redact"
)

const redactLong = `Makes a copy of a case that can be given away: without third parties, without
secrets. Signatures and hashes of the original still hold for what remains, and
telltale case verify checks the copy.

A text that must not be read is replaced wherever it stands in the log, by the
same alias everywhere. Captured bytes are withheld if such a text can be read in
them, under codings and ciphers as well: what opened the case's own messages is
tried on everything. At last the copy is searched in the same way, every byte of
it. If something is found that cannot be taken out there is no copy.

These rules apply, unless --keep turns them off:

%s
docs/redaction.md says what each looks for, and what cannot be promised.

Exit codes: 0 the copy is made, 1 it is not, 2 wrong usage.`

// redactFlags are the flags that say what is taken out.
type redactFlags struct {
	opts     redact.Options
	maskFile []string
}

func (f *redactFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.opts.Mask, "mask", nil, "a text that must not be read in the copy; may be repeated")
	flags.StringArrayVar(&f.maskFile, "mask-file", nil, "file of such texts, one a line; may be repeated")
	flags.StringArrayVar(&f.opts.Hosts, "host", nil, "a host that must not be read in the copy, nor its address; may be repeated")
	flags.BoolVar(&f.opts.Accounts, "accounts", false, "mask the scenario's accounts, too")
	flags.BoolVar(&f.opts.OnlyFindings, "only-findings", false, "withhold captured bytes that no finding rests on")
	flags.StringArrayVar(&f.opts.Keep, "keep", nil, "a rule that is not applied; may be repeated")
}

// options reads the files that the flags name.
func (f *redactFlags) options() (redact.Options, error) {
	opts := f.opts
	for _, name := range f.maskFile {
		texts, err := linesOf(name)
		if err != nil {
			return opts, err
		}
		opts.Mask = append(opts.Mask, texts...)
	}
	return opts, nil
}

// linesOf reads the lines of a file that are not empty.
func linesOf(name string) ([]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff")); line != "" {
			out = append(out, line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

// ruleList is the table of rules in the help.
func ruleList() string {
	var b strings.Builder
	for _, r := range redact.Rules() {
		fixed := ""
		if r.Fixed {
			fixed = " (always)"
		}
		fmt.Fprintf(&b, "    %-12s %s%s\n", r.Name, r.What, fixed)
	}
	return b.String()
}

func (a *app) caseRedactCommand() *cobra.Command {
	var flags redactFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "redact CASE OUT",
		Short: "Make a copy without third parties and secrets that can still be verified",
		Long:  fmt.Sprintf(redactLong, ruleList()),
		Example: `  telltale case redact case published
  telltale case redact --mask "Jane Doe" --accounts case published
  telltale case redact --keep clients --only-findings case published`,
		Args: cobra.ExactArgs(2),
		RunE: failing(func(cmd *cobra.Command, args []string) error {
			result, err := a.redact(cmd, args[0], args[1], &flags)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(result)
			}
			return a.printRedaction(args[1], result)
		}),
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what was done as JSON")
	return cmd
}

// redact makes a redacted copy, signed with the user's key.
func (a *app) redact(cmd *cobra.Command, dir, out string, flags *redactFlags) (*redact.Result, error) {
	opts, err := flags.options()
	if err != nil {
		return nil, err
	}
	if err := apart(dir, out); err != nil {
		return nil, exitWith(exitUsage, err)
	}
	if opts.Signer, err = a.signingKey(); err != nil {
		return nil, err
	}
	var done func()
	opts.Progress, done = searchBar(a.stderr)
	defer done()
	return redact.Run(cmd.Context(), dir, out, opts)
}

// searchBar shows on a terminal how many blobs have been searched.
func searchBar(out io.Writer) (show func(done, total int), end func()) {
	bars := newBars(out)
	if bars == nil {
		return nil, func() {}
	}
	bar := bars.AddBar(0, mpb.BarRemoveOnComplete(), mpb.PrependDecorators(decor.Name("searching what was captured ")),
		mpb.AppendDecorators(decor.CountersNoUnit("%d / %d")))
	return func(done, total int) {
			bar.SetTotal(int64(total), false)
			bar.SetCurrent(int64(done))
		}, func() {
			bar.Abort(true)
			bars.Wait()
		}
}

// apart refuses an output that lies in the case it is made of.
func apart(dir, out string) error {
	from, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	to, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	if rel, err := filepath.Rel(from, to); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return errors.New("what is made of a case must not lie in it: name another place")
	}
	return nil
}

func (a *app) printRedaction(out string, r *redact.Result) error {
	for _, s := range r.Sentences {
		fmt.Fprintln(a.stdout, s)
	}
	_, err := fmt.Fprintf(a.stdout, "%d blobs are in the copy. What remains was searched, %d texts and files: none of the %d texts can be read.\n\nCopy:   %s\nVerify: telltale case verify %s\n",
		r.Kept, r.Searched, r.Texts, out, out)
	return err
}
