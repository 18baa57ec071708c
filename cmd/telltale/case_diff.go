package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/diff"
	"example.org/telltale/internal/report"
)

const caseDiffLong = `Compares two cases of one app, finding by finding and list by list: before and
after a mend, two versions, two vantages.

  appeared         supported in the second; the first asked the same, and it
                   was not so
  new              supported in the second; the first did not ask
  changed          supported in both, but with other words, effects or rules
  gone             supported in the first; the second asked the same, and it is
                   not so any more
  undecided        supported in one, inconclusive in the other
  not asked again  supported in the first; the second did not ask
  same             supported in both

A finding counts as gone only if the second case typed the same words in the
same direction, and the answer was not void.

Exit codes: 0 no difference, 1 a case could not be read, 2 wrong usage, 10 there
are differences, 11 none, but of something it cannot be told.`

func (a *app) caseDiffCommand() *cobra.Command {
	var asJSON, all bool
	cmd := &cobra.Command{
		Use:   "diff BEFORE AFTER",
		Short: "Tell what differs between two cases of one app",
		Long:  caseDiffLong,
		Example: `  telltale case diff cases/chat-1.0 cases/chat-1.1
  telltale case diff --json before after`,
		Args: cobra.ExactArgs(2),
		RunE: failing(func(_ *cobra.Command, args []string) error {
			d, err := caseDifference(args[0], args[1])
			if err != nil {
				return err
			}
			if asJSON {
				err = a.printJSON(d)
			} else {
				err = printCaseDifference(a.stdout, d, all)
			}
			if err != nil {
				return err
			}
			return differenceCode(d)
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the differences as JSON")
	cmd.Flags().BoolVar(&all, "all", false, "print findings that are the same too, and every entry of lists")
	return cmd
}

func caseDifference(before, after string) (diff.Difference, error) {
	a, err := casefile.Read(before)
	if err != nil {
		return diff.Difference{}, err
	}
	b, err := casefile.Read(after)
	if err != nil {
		return diff.Difference{}, err
	}
	return diff.Cases(a.Record, b.Record), nil
}

func differenceCode(d diff.Difference) error {
	switch {
	case d.Differs():
		return exitWith(exitFound, nil)
	case d.Unsure():
		return exitWith(exitInconclusive, nil)
	}
	return nil
}

// mostDiffered is how many entries of a list are printed.
const mostDiffered = 20

func printCaseDifference(w io.Writer, d diff.Difference, all bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "\tapp\tversion\tmessages\tanswered\tfindings\t\n")
	for _, s := range []struct {
		name string
		diff.Side
	}{{"before", d.Before}, {"after", d.After}} {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\t\n", s.name, report.Visible(s.App), report.Visible(s.Version), s.Probes, s.Valid, s.Findings)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, u := range d.Unlike {
		fmt.Fprintf(w, "not alike: %s\n", report.Visible(u))
	}
	fmt.Fprintln(w)
	printDiffFindings(w, d, all)
	printDiffLists(w, d, all)
	_, err := fmt.Fprintf(w, "%d appeared, %d new, %d changed, %d gone, %d undecided, %d not asked again, %d the same\n",
		d.Count(diff.Appeared), d.Count(diff.New), d.Count(diff.Changed), d.Count(diff.Gone), d.Count(diff.Open), d.Count(diff.Unasked), d.Count(diff.Same))
	return err
}

func printDiffFindings(w io.Writer, d diff.Difference, all bool) {
	for _, f := range d.Findings {
		if f.Change == diff.Same && !all {
			continue
		}
		state := f.After
		if state == nil || f.Change == diff.Unasked {
			state = f.Before
		}
		fmt.Fprintf(w, "%-16s %s\n", f.Change, report.Visible(state.Statement))
		for _, field := range f.Fields {
			fmt.Fprintf(w, "%16s %s\n", "", report.Visible(field))
		}
	}
	if len(d.Findings) > 0 {
		fmt.Fprintln(w)
	}
}

func printDiffLists(w io.Writer, d diff.Difference, all bool) {
	for _, l := range d.Lists {
		fmt.Fprintf(w, "list %s: %d entries, then %d\n", report.Visible(l.List), l.Before, l.After)
		if l.Missing != "" {
			fmt.Fprintf(w, "  not fetched %s\n", l.Missing)
			continue
		}
		printChanged(w, "+", l.Added, all)
		printChanged(w, "-", l.Removed, all)
	}
	if len(d.Lists) > 0 {
		fmt.Fprintln(w)
	}
}

func printChanged(w io.Writer, sign string, entries []string, all bool) {
	for i, e := range entries {
		if i == mostDiffered && !all {
			fmt.Fprintf(w, "  %s and %d more; --all prints them\n", sign, len(entries)-i)
			return
		}
		fmt.Fprintf(w, "  %s %s\n", sign, report.Visible(strings.TrimSpace(e)))
	}
}
