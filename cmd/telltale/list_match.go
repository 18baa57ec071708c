package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/wordlist"
)

const listMatchLong = `Sets lists against the triggers that probing found in a case.

It prints the triggers that stand on a list, too, with the snapshots they stand
in and the exceptions of both; entries that were typed and did not turn out to
be triggers; entries that were not typed; and triggers that stand on no list.
Case and width of letters do not count, nor the order of words in a combination.

The case itself may be named as a LIST: it stands for the lists that its app
fetched.

Exit codes: 0 no trigger stands on a list, 1 the case or a list could not be
read, 2 wrong usage, 10 some triggers stand on a list, 11 the case holds no
trigger that probing proved, so there is nothing to match.`

func (a *app) listMatchCommand() *cobra.Command {
	var flags listFlags
	var all bool
	cmd := &cobra.Command{
		Use:   "match CASE LIST...",
		Short: "Set lists against the triggers that probing found",
		Long:  listMatchLong,
		Example: `  telltale list match telltale-cases/app-20260101-120000 tom.json
  telltale list match --json --list dlist-4.0 CASE tom.json`,
		Args: cobra.MinimumNArgs(2),
		RunE: failing(func(_ *cobra.Command, args []string) error {
			return a.listMatch(flags, args[0], args[1:], all)
		}),
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "print every entry, however many there are")
	return cmd
}

// listMatching is the JSON form of what match finds.
type listMatching struct {
	Case  string         `json:"case"`
	Lists []snapshotLine `json:"lists"`
	wordlist.Match
}

func (a *app) listMatch(flags listFlags, dir string, args []string, all bool) error {
	reader, err := casefile.Read(dir)
	if err != nil {
		return err
	}
	rec := reader.Record
	if len(rec.Findings) == 0 && len(rec.Observations) == 0 {
		return fmt.Errorf("%s: nothing was stated in this case yet: go on with telltale audit --resume %s", dir, dir)
	}
	lists, r, err := a.readLists(flags, args)
	if err != nil {
		return err
	}
	a.sayingSkipped(r)
	joined := wordlist.Join(lists...)
	found := listMatching{dir, summaryOf(joined).Snapshots, wordlist.Against(wordlist.ProbingOf(rec), joined.Snapshots)}
	if flags.json {
		err = a.printJSON(found)
	} else {
		printMatching(a.stdout, rec, found, differing{all: all}.most())
	}
	switch {
	case err != nil:
		return err
	case len(found.Both) > 0:
		return exitWith(exitFound, nil)
	case len(found.OnlyProbing) == 0:
		return exitWith(exitInconclusive, nil)
	}
	return nil
}

func printMatching(w io.Writer, rec *telltale.Record, m listMatching, most int) {
	fmt.Fprintf(w, "%s: %s, against %s\n\n", shown(rec.Scenario.Name), counted(len(m.Both)+len(m.OnlyProbing), "trigger"), counted(len(m.Lists), "snapshot"))
	fmt.Fprintf(w, "Found by both: %d\n", len(m.Both))
	for _, p := range m.Both {
		fmt.Fprintf(w, "  %s\n", triggerText(p.Trigger))
		for _, e := range p.Entries {
			fmt.Fprintf(w, "      %s on %s\n", shown(e.Text), standings(e))
		}
		if p.Exceptions != nil {
			printExceptions(w, *p.Exceptions)
		}
	}
	fmt.Fprintf(w, "\nOnly by probing: %d\n", len(m.OnlyProbing))
	var texts []string
	for _, t := range m.OnlyProbing {
		texts = append(texts, triggerText(t))
	}
	printTexts(w, "", texts, most)
	fmt.Fprintf(w, "\nOnly in the list, typed and no trigger: %d\n", len(m.Silent))
	printListed(w, m.Silent, most)
	fmt.Fprintf(w, "\nOnly in the list, not typed: %d\n", len(m.Untested))
	printListed(w, m.Untested, most)
}

func triggerText(t wordlist.Trigger) string {
	text := shown(strings.Join(t.Words, " + "))
	if len(t.Without) > 0 {
		text += ", not with " + shown(strings.Join(t.Without, ", "))
	}
	if t.Finding != "" {
		text += " [" + t.Finding + "]"
	}
	return text
}

func printListed(w io.Writer, entries []wordlist.Listed, most int) {
	texts := make([]string, 0, len(entries))
	for _, e := range entries {
		texts = append(texts, e.Text+"   ("+standings(e)+")")
	}
	printTexts(w, "", texts, most)
}

// standings says on which lists an entry stands, and when it did.
func standings(e wordlist.Listed) string {
	var out []string
	for _, on := range e.On {
		text := shown(on.List)
		switch {
		case on.First != "" && on.First != on.Last:
			text += " " + shown(on.First) + " to " + shown(on.Last)
		case on.First != "":
			text += " " + shown(on.First)
		}
		if !on.Now {
			text += ", gone since"
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func printExceptions(w io.Writer, x wordlist.Exceptions) {
	for _, part := range []struct {
		name  string
		texts []string
	}{{"both", x.Both}, {"the list alone", x.OnlyList}, {"probing alone", x.OnlyProbing}} {
		if len(part.texts) > 0 {
			fmt.Fprintf(w, "      exceptions by %s: %s\n", part.name, shown(strings.Join(part.texts, ", ")))
		}
	}
}
