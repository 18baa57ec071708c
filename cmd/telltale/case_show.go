package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/inspect"
)

const caseShowLong = `Shows what a case holds.

Without a name: the case in brief. What was tested and when, the plan, stages,
counts, findings, and what seals it.

With a name: one thing, with everything that hangs together with it.

  17           entry 17 of the log, as it was written
  p000042      a message: what came of it, the flows and layers that hold it
  f000042      a flow: its bytes, opened as far as they could be
  F03          a finding: its trials, its evidence
  sha256:ab…   a blob, by its digest or the first six digits of it or more

Nothing is checked here; case verify does that. Bytes are shown as hex and text,
texts with everything that is hidden or would act made visible.

Exit codes: 0 shown, 1 it is no case or has nothing of that name, 2 wrong usage.`

func (a *app) caseShowCommand() *cobra.Command {
	var show caseShow
	cmd := &cobra.Command{
		Use:   "show CASE [ENTRY|PROBE|FLOW|FINDING|DIGEST]",
		Short: "Show what a case holds, or one thing of it",
		Long:  caseShowLong,
		Example: `  telltale case show my-case
  telltale case show my-case F01
  telltale case show my-case f000017 --bytes 0
  telltale case show my-case sha256:9f86d081 --raw > body.bin`,
		Args: cobra.RangeArgs(1, 2),
		RunE: failing(func(_ *cobra.Command, args []string) error {
			if show.most < 0 || show.raw && (len(args) < 2 || show.json) {
				return exitWith(exitUsage, errors.New("--bytes is not negative, and --raw takes the digest of a blob and no --json"))
			}
			return a.caseShow(args, show)
		}),
	}
	cmd.Flags().BoolVar(&show.json, "json", false, "print JSON")
	cmd.Flags().IntVar(&show.most, "bytes", 512, "how many bytes of a blob to show; 0 for all")
	cmd.Flags().BoolVar(&show.raw, "raw", false, "write a blob's bytes as they are")
	return cmd
}

// caseShow are the flags.
type caseShow struct {
	json, raw bool
	most      int
}

func (a *app) caseShow(args []string, show caseShow) error {
	reader, err := casefile.Read(args[0])
	if err != nil {
		return err
	}
	if show.raw {
		show.most = 0
	}
	inspector := inspect.New(reader, show.most)
	if len(args) == 1 {
		summary, err := inspector.Summary()
		if err != nil || show.json {
			return errors.Join(err, a.printSafeJSON(summary))
		}
		return summary.Text(a.stdout)
	}
	view, err := inspector.Show(args[1])
	switch {
	case err != nil:
		return err
	case show.raw:
		return a.rawBlob(view)
	case show.json:
		return a.printSafeJSON(view)
	}
	return view.Text(a.stdout)
}

func (a *app) rawBlob(view *inspect.View) error {
	if view.Blob == nil {
		return exitWith(exitUsage, errors.New("--raw writes blobs; this is none: name one by its digest"))
	}
	if view.Blob.Missing != "" {
		return errors.New(view.Blob.Missing)
	}
	_, err := a.stdout.Write(view.Blob.Shown)
	return err
}

// printSafeJSON prints a value in which texts come from captured bytes: what
// is hidden or would act is escaped.
func (a *app) printSafeJSON(v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("printing JSON: %w", err)
	}
	_, err := a.stdout.Write(inspect.EscapeHidden(b.Bytes()))
	return err
}
