package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/wordlist"
)

const listDiffLong = `Tells what differs between lists: entries added and removed, entries that a
snapshot holds more than once, and, over more than two snapshots, those that
came and went.

Given A and B, the newest snapshot of A is set against that of B (of several
lists in one file, their newest snapshots together). Given more, each is set
against the one before. Snapshots of one list, wherever they stand, are
followed in order of their dates, or as given if they have none:

  flip-flop   an entry that came back or went again, as from a stale mirror
  return      a snapshot that holds what an earlier one held
  brief       a snapshot unlike its neighbours, which are alike: a push that
              was taken back

One file alone is compared within itself. Order does not count; case does, but
for --fold.

Exit codes: 0 no difference, 1 a list could not be read, 2 wrong usage, 10 there
are differences.`

func (a *app) listDiffCommand() *cobra.Command {
	var flags listFlags
	var fold, all bool
	cmd := &cobra.Command{
		Use:   "diff A [B...]",
		Short: "Tell what differs between lists or snapshots",
		Long:  listDiffLong,
		Example: `  telltale list diff keyfile.2011-04-24.plain keyfile.2011-12-20.plain
  telltale list diff --list dlist-4.0 tom.json
  telltale list diff --json old.json new.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: failing(func(_ *cobra.Command, args []string) error {
			lists, r, err := a.readLists(flags, args)
			if err != nil {
				return err
			}
			a.sayingSkipped(r)
			return a.listDiff(differing{args, lists, fold, all}, flags.json)
		}),
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&fold, "fold", false, "take letters of any case and width for the same")
	cmd.Flags().BoolVar(&all, "all", false, "print every entry, however many there are")
	return cmd
}

// differing is what diff compares.
type differing struct {
	args      []string
	lists     []wordlist.List
	fold, all bool
}

// listDifference is what diff finds; the JSON form.
type listDifference struct {
	// Compared are A against B, B against C, and so on.
	Compared   []comparison         `json:"compared"`
	Duplicates []wordlist.Duplicate `json:"duplicates"`
	Histories  []wordlist.History   `json:"histories"`
}

type comparison struct {
	From comparedSide `json:"from"`
	To   comparedSide `json:"to"`
	wordlist.Change
}

type comparedSide struct {
	Source    string   `json:"source"`
	Snapshots []string `json:"snapshots"`
	Entries   int      `json:"entries"`
	Distinct  int      `json:"distinct"`
}

func (a *app) listDiff(d differing, asJSON bool) error {
	found := d.differences()
	if len(found.Compared) == 0 && len(found.Histories) == 0 {
		return fmt.Errorf("%s: one snapshot of each list, there is nothing to compare it with: give a second list", strings.Join(d.args, " "))
	}
	if asJSON {
		if err := a.printJSON(found); err != nil {
			return err
		}
	} else if err := printDifference(a.stdout, found, d.most()); err != nil {
		return err
	}
	if found.any() {
		return exitWith(exitFound, nil)
	}
	return nil
}

func (d differing) differences() listDifference {
	same := wordlist.Same(wordlist.Exact)
	if d.fold {
		same = wordlist.Folded
	}
	out := listDifference{Compared: []comparison{}, Duplicates: []wordlist.Duplicate{}}
	var all []wordlist.Snapshot
	for i, l := range d.lists {
		all = append(all, l.Snapshots...)
		if i > 0 {
			out.Compared = append(out.Compared, compareSides(d.args[i-1], d.lists[i-1], d.args[i], l, same))
		}
	}
	for _, s := range all {
		out.Duplicates = append(out.Duplicates, wordlist.Duplicates(s, same)...)
	}
	out.Histories = d.histories(all, same)
	return out
}

// histories follows each list. Files of one snapshot each are one row, in the
// order given, unless their names say that they are one list.
func (d differing) histories(all []wordlist.Snapshot, same wordlist.Same) []wordlist.History {
	single, names := len(d.lists) > 1, map[string]bool{}
	for _, s := range all {
		names[s.List] = true
	}
	for _, l := range d.lists {
		single = single && len(l.Snapshots) == 1
	}
	switch {
	case single && len(all) > 2 && len(names) > 1:
		return []wordlist.History{wordlist.Trace("as given", all, same)}
	case single && len(all) == 2:
		return []wordlist.History{}
	}
	return wordlist.Histories(wordlist.Join(d.lists...).Snapshots, same)
}

func compareSides(nameA string, a wordlist.List, nameB string, b wordlist.List, same wordlist.Same) comparison {
	from, to := wordlist.Latest(a.Snapshots), wordlist.Latest(b.Snapshots)
	return comparison{
		sideOf(nameA, from, same), sideOf(nameB, to, same),
		wordlist.Compare(wordlist.Union(from, same), wordlist.Union(to, same), same),
	}
}

func sideOf(name string, snapshots []wordlist.Snapshot, same wordlist.Same) comparedSide {
	side := comparedSide{Source: name, Snapshots: []string{}, Distinct: len(wordlist.Union(snapshots, same))}
	for _, s := range snapshots {
		side.Snapshots = append(side.Snapshots, s.Name())
		side.Entries += len(s.Entries)
	}
	return side
}

func (d listDifference) any() bool {
	for _, c := range d.Compared {
		if !c.None() {
			return true
		}
	}
	for _, h := range d.Histories {
		for _, s := range h.Steps {
			if !s.None() {
				return true
			}
		}
	}
	return false
}

// most is how many entries of a kind are printed.
func (d differing) most() int {
	if d.all {
		return wordlist.MostEntries
	}
	return 40
}

func printDifference(w io.Writer, d listDifference, most int) error {
	for _, c := range d.Compared {
		fmt.Fprintf(w, "%s (%d entries, %d different) → %s (%d, %d): %d added, %d removed, %d kept\n",
			shown(c.From.Source), c.From.Entries, c.From.Distinct, shown(c.To.Source), c.To.Entries, c.To.Distinct,
			len(c.Added), len(c.Removed), c.Kept)
		printTexts(w, "+ ", c.Added, most)
		printTexts(w, "- ", c.Removed, most)
	}
	printDuplicates(w, d.Duplicates, most)
	for _, h := range d.Histories {
		if err := printHistory(w, h, most, len(d.Compared) == 0 || len(d.Compared) > 1); err != nil {
			return err
		}
	}
	return nil
}

func printTexts(w io.Writer, sign string, texts []string, most int) {
	for i, t := range texts {
		if i == most {
			fmt.Fprintf(w, "  %s… and %d more (--all prints them)\n", sign, len(texts)-most)
			return
		}
		fmt.Fprintf(w, "  %s%s\n", sign, shown(t))
	}
}

// printDuplicates prints a line for each snapshot.
func printDuplicates(w io.Writer, duplicates []wordlist.Duplicate, most int) {
	for from := 0; from < len(duplicates); {
		to := from
		for to < len(duplicates) && duplicates[to].Snapshot == duplicates[from].Snapshot {
			to++
		}
		var texts []string
		for i, d := range duplicates[from:to] {
			if i == max(5, most/8) {
				texts = append(texts, "…")
				break
			}
			texts = append(texts, fmt.Sprintf("%s (%d times)", shown(d.Text), d.Times))
		}
		fmt.Fprintf(w, "%s more than once in %s: %s\n", counted(to-from, "entry"), shown(duplicates[from].Snapshot), strings.Join(texts, ", "))
		from = to
	}
}

// printHistory prints how one list went; steps are its sizes and changes.
func printHistory(w io.Writer, h wordlist.History, most int, steps bool) error {
	fmt.Fprintf(w, "\n%s, %s\n", shown(h.List), counted(len(h.Snapshots), "snapshot"))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  SNAPSHOT\tENTRIES\tDISTINCT\tADDED\tREMOVED\t")
	for i, s := range h.Snapshots {
		change := "\t"
		if i > 0 {
			change = fmt.Sprintf("%d\t%d", len(h.Steps[i-1].Added), len(h.Steps[i-1].Removed))
		}
		fmt.Fprintf(table, "  %s\t%d\t%d\t%s\t%s\n", shown(s.Snapshot), s.Entries, s.Distinct, change, remark(h, s.Snapshot))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if steps {
		for _, s := range h.Steps {
			if s.None() {
				continue
			}
			fmt.Fprintf(w, "  %s → %s\n", shown(s.From), shown(s.To))
			printTexts(w, "  + ", s.Added, most)
			printTexts(w, "  - ", s.Removed, most)
		}
	}
	if len(h.FlipFlops) > 0 {
		fmt.Fprintf(w, "  %s came and went (+ on the list, - not, by snapshot):\n", counted(len(h.FlipFlops), "entry"))
		var texts []string
		for _, f := range h.FlipFlops {
			texts = append(texts, f.Pattern+"  "+f.Text)
		}
		printTexts(w, "  ", texts, most)
	}
	return nil
}

// remark says what is odd about a snapshot.
func remark(h wordlist.History, snapshot string) string {
	var notes []string
	for _, b := range h.Brief {
		if b == snapshot {
			notes = append(notes, "brief")
		}
	}
	for _, r := range h.Returns {
		if r.Snapshot == snapshot {
			notes = append(notes, "as "+shown(r.As)+" again")
		}
	}
	return strings.Join(notes, ", ")
}
