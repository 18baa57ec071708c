package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/inspect"
)

const caseLogLong = `Prints the entries of a case's log, one JSON object a line, as they stand in it.
docs/format.md says what they mean. To a terminal, characters that are hidden or
would act there are written as \u escapes, which mean the same; --json leaves
every line as it is there, too.

Exit codes: 0 printed, 1 it is no case, 2 wrong usage.`

func (a *app) caseLogCommand() *cobra.Command {
	var show caseLog
	cmd := &cobra.Command{
		Use:   "log CASE",
		Short: "Print the entries of a case's log, one JSON object a line",
		Long:  caseLogLong,
		Example: `  telltale case log my-case
  telltale case log my-case --type probe,receipt
  telltale case log my-case --since 100 --json | jq .body`,
		Args: cobra.ExactArgs(1),
		RunE: failing(func(_ *cobra.Command, args []string) error {
			for _, t := range show.types {
				if !slices.Contains(entryTypes(), t) {
					return exitWith(exitUsage, fmt.Errorf("there is no type of entry %q: have %s", t, strings.Join(entryTypes(), ", ")))
				}
			}
			if show.since < 0 {
				return exitWith(exitUsage, errors.New("--since is the number of an entry, from 0"))
			}
			show.escape = !show.json && isTerminal(a.stdout)
			return show.print(a.stdout, args[0])
		}),
	}
	cmd.Flags().StringSliceVar(&show.types, "type", nil, "types of entries to print, joined by commas; all if left out")
	cmd.Flags().Int64Var(&show.since, "since", 0, "number of the first entry to print")
	cmd.Flags().BoolVar(&show.json, "json", false, "print lines as they are, to a terminal, too")
	return cmd
}

// caseLog are the flags, and what follows from them.
type caseLog struct {
	types  []string
	since  int64
	json   bool
	escape bool
}

func (l *caseLog) print(w io.Writer, dir string) error {
	out := bufio.NewWriter(w)
	err := casefile.EachEntry(dir, func(e format.Entry, line []byte) error {
		if e.N < l.since || len(l.types) > 0 && !slices.Contains(l.types, e.Type) {
			return nil
		}
		if l.escape {
			line = inspect.EscapeHidden(line)
		}
		_, err := fmt.Fprintf(out, "%s\n", line)
		return err
	})
	return errors.Join(err, out.Flush())
}

// entryTypes are those of every version.
func entryTypes() []string {
	return []string{
		format.TypeApp, format.TypeBegin, format.TypeCoverage, format.TypeEnd, format.TypeFile, format.TypeFindings,
		format.TypeFlow, format.TypeIsolation, format.TypeLayer, format.TypeListening, format.TypeObservations,
		format.TypePlan, format.TypeProbe, format.TypeReceipt, format.TypeResume, format.TypeScenario,
		format.TypeStage, format.TypeTorn, format.TypeVisit,
	}
}

// isTerminal reports whether somebody may be looking.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
