package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/wordlist"
)

const listShowLong = `Prints what lists hold: for each snapshot its size, its source and how it was
opened; with --entries the entries, too, with repeated ones counted.

Exit codes: 0 printed, 1 a list could not be read, 2 wrong usage.`

func (a *app) listShowCommand() *cobra.Command {
	var flags listFlags
	var entries bool
	cmd := &cobra.Command{
		Use:   "show LIST...",
		Short: "Print what lists hold",
		Long:  listShowLong,
		Example: `  telltale list show tom.json
  telltale list show --entries --list dlist-4.0 tom.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: failing(func(_ *cobra.Command, args []string) error {
			lists, r, err := a.readLists(flags, args)
			if err != nil {
				return err
			}
			return a.listShow(wordlist.Join(lists...), r, entries, flags.json)
		}),
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&entries, "entries", false, "print the entries, too")
	return cmd
}

// shownSnapshot is a snapshot with its entries.
type shownSnapshot struct {
	snapshotLine
	Texts []wordlist.Entry `json:"texts"`
}

func (a *app) listShow(l wordlist.List, r *listReader, entries, asJSON bool) error {
	summary := summaryOf(l)
	summary.Skipped = append(summary.Skipped, r.skipped...)
	switch {
	case asJSON && entries:
		out := make([]shownSnapshot, 0, len(l.Snapshots))
		for i, s := range l.Snapshots {
			out = append(out, shownSnapshot{summary.Snapshots[i], s.Entries})
		}
		return a.printJSON(map[string]any{"lists": summary.Lists, "distinct_entries": summary.Distinct, "snapshots": out, "skipped": summary.Skipped})
	case asJSON:
		return a.printJSON(summary)
	}
	printSummary(a.stdout, summary)
	if entries {
		for _, s := range l.Snapshots {
			printEntries(a.stdout, s)
		}
	}
	return nil
}

// printEntries prints each different entry once.
func printEntries(w io.Writer, s wordlist.Snapshot) {
	fmt.Fprintf(w, "\n%s\n", shown(s.Name()))
	times := map[string]int{}
	for _, e := range s.Entries {
		times[e.Text]++
	}
	for _, e := range s.Entries {
		n := times[e.Text]
		if n == 0 {
			continue
		}
		times[e.Text] = 0
		fmt.Fprintf(w, "  %s%s\n", shown(e.Text), entryNotes(e, n))
	}
}

func entryNotes(e wordlist.Entry, times int) string {
	var notes []string
	if times > 1 {
		notes = append(notes, fmt.Sprintf("%d times", times))
	}
	if e.Pattern {
		notes = append(notes, "pattern")
	}
	for _, u := range e.Unless {
		notes = append(notes, "unless "+shown(strings.Join(u, " + ")))
	}
	if len(notes) == 0 {
		return ""
	}
	return "   (" + strings.Join(notes, "; ") + ")"
}

// shown is captured text as a terminal may get it: what would move the
// cursor or hide something is escaped, and blanks at the ends are quoted.
func shown(s string) string {
	if strings.TrimSpace(s) != s {
		return strconv.Quote(s)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			quoted := strconv.Quote(s)
			return quoted[1 : len(quoted)-1]
		}
	}
	return s
}

// leastDerived is how many lines a list must have to be believed under a key
// that was computed from it: some key makes text of anything short.
const leastDerived = 3

// firstList is the surest list that a search finds.
func firstList(opener *peel.Opener, job peel.Job) (wordlist.Opened, bool) {
	for _, f := range opener.Open(context.Background(), job).Finds {
		derived := f.Key != nil && f.Key.Source == peel.SourceDerived
		if len(f.List) == 0 || derived && len(f.List) < leastDerived {
			continue
		}
		out := wordlist.Opened{Lines: f.List, Coats: f.Path}
		if f.Key != nil {
			out.Key, out.KeySource = hex.EncodeToString(f.Key.Bytes), f.Key.Source
		}
		return out, true
	}
	return wordlist.Opened{}, false
}
