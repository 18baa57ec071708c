package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/isolate"
	"example.org/telltale/internal/isolate/bayes"
	"example.org/telltale/internal/isolate/oracle"
)

const isolateLong = `Isolate finds the exact words in a text that set a filter off, with as few
messages as it can, and fewest of all of those that trigger. The filter is a
program that answers: has this message been blocked?

  --oracle stdio      tasks come in and tests go out on standard input and
                      output, one JSON object a line, many tasks in a row
  --oracle 'exec:CMD' CMD is started, reads one test a line on its standard
                      input, {"test":"..."}, and answers {"hit":true} or
                      {"hit":false}; the text is in --text FILE ("-": stdin)

With --terms, words that stand in the file (one a line, further columns as in
lists with counts, separated by tabs) are taken to be likelier than others.
They shorten the search and never change its answer.

With --accounts N, up to N messages are asked at a time, {"batch":["...","..."]}
answered by {"hits":[true,false]}: more messages, in far fewer rounds. With
--state FILE every answer is written down, and the same command goes on where
it was interrupted. A budget that is spent ends the search as inconclusive,
with the best guess.

With --characterise, the rules that were found are put to the test: whether
their order matters, which ways of writing the filter takes for the same (case,
width, Unicode forms, traditional and simplified, blanks, punctuation, signs
without width), which signs keep words apart, how long a message may be, and
how often answers are wrong. A text that holds the words of a rule and passed,
given with --passed FILE, is searched for what disables the rule.

Exit codes: 0 all tasks of stdio were answered; with exec, 10 the words were
found and proved, 11 inconclusive.`

// isolateFlags are the options of the command.
type isolateFlags struct {
	oracle  string
	text    string
	terms   string
	all     bool
	noisy   bool
	explain bool
	maxLen  int
	cost    float64
	budget  isolate.Budget
	// accounts that put messages side by side
	accounts int
	state    string
	// what is asked about the rules once they are found
	characterise bool
	repeats      int
	passed       []string
	json         bool
}

func (a *app) isolateCommand() *cobra.Command {
	var flags isolateFlags
	cmd := &cobra.Command{
		Use:   "isolate --oracle stdio|exec:CMD",
		Short: "Find the exact words in a text that set a filter off",
		Long:  isolateLong,
		Example: `  telltale isolate --oracle stdio --terms list.txt
  telltale isolate --oracle 'exec:./ask-the-app' --text blocked.txt --explain`,
		Args: cobra.NoArgs,
		RunE: failing(func(cmd *cobra.Command, _ []string) error { return a.isolate(cmd.Context(), flags) }),
	}
	f := cmd.Flags()
	f.StringVar(&flags.oracle, "oracle", "", "who answers: stdio or exec:CMD")
	f.StringVar(&flags.text, "text", "", "file with the text that reacts (exec)")
	f.StringVar(&flags.terms, "terms", "", "file with likely words, one a line")
	f.BoolVar(&flags.all, "all", false, "find all rules of the text, not one (exec)")
	f.BoolVar(&flags.noisy, "noisy", false, "answers may be wrong now and then (exec)")
	f.BoolVar(&flags.explain, "explain", false, "tell on standard error what each question is for")
	f.BoolVar(&flags.characterise, "characterise", false, "ask how the filter compares, with the rules that were found")
	f.IntVar(&flags.repeats, "repeats", 0, "how often a message is repeated to see how often answers are wrong (0: 2, or 12 if noisy)")
	f.StringArrayVar(&flags.passed, "passed", nil, "file with a text that did not react; what disables the rules is looked for in it (repeatable)")
	f.BoolVar(&flags.json, "json", false, "print the result as one line of JSON, as with stdio (exec)")
	f.IntVar(&flags.maxLen, "max-len", 0, "longest message in characters (exec; 0: any)")
	f.Float64Var(&flags.cost, "trigger-cost", 0, "silent messages that one triggering message is worth (0: as the task's cost says, or 2.25)")
	f.StringVar(&flags.state, "state", "", "file that keeps the search, to go on with it later (exec)")
	f.IntVar(&flags.budget.Questions, "max-messages", 0, "most messages for a text (0: no limit)")
	f.IntVar(&flags.budget.Triggering, "max-triggering", 0, "most triggering messages for a text (0: no limit)")
	f.IntVar(&flags.budget.Rounds, "max-rounds", 0, "most rounds of messages put side by side (0: no limit)")
	f.IntVar(&flags.accounts, "accounts", 0, "messages that can be put side by side, each from an account of its own (0: as the task says, or 1)")
	return cmd
}

func (a *app) isolate(ctx context.Context, flags isolateFlags) error {
	terms, err := readTerms(flags.terms)
	if err != nil {
		return err
	}
	dictionary, err := bayes.NewDictionary(terms)
	if err != nil {
		return err
	}
	passed, err := a.passedTexts(flags.passed)
	if err != nil {
		return err
	}
	set := oracle.Settings{Begin: flags.begin(dictionary, passed...)}
	if flags.explain {
		set.Explain = a.explain()
	}
	kind, command, _ := strings.Cut(flags.oracle, ":")
	switch {
	case flags.oracle == "stdio" && flags.state != "":
		return exitWith(exitUsage, errors.New("--state keeps one search: give it with --oracle exec:CMD"))
	case flags.oracle == "stdio":
		return oracle.Serve(a.stdin, a.stdout, set)
	case kind == "exec" && command != "":
		return a.isolateExec(ctx, command, isolation{flags, dictionary, passed, set})
	}
	return exitWith(exitUsage, fmt.Errorf("there is no oracle %q: give --oracle stdio or --oracle exec:CMD", flags.oracle))
}

// begin makes the searches.
func (f isolateFlags) begin(d *bayes.Dictionary, passed ...string) func(oracle.Task) (oracle.Search, error) {
	return func(t oracle.Task) (oracle.Search, error) {
		c, err := f.config(t, d)
		if err != nil {
			return nil, err
		}
		h, err := bayes.New(c)
		if err != nil {
			return nil, err
		}
		if deepen := f.deepen(t, passed); deepen.Wanted() {
			return deepen.After(oracle.Guided{Hunt: h}, c), nil
		}
		return oracle.Guided{Hunt: h}, nil
	}
}

// deepen says what is asked once the rules are found.
func (f isolateFlags) deepen(t oracle.Task, passed []string) oracle.Deepen {
	return oracle.Deepen{Characterise: f.characterise || t.Characterise, Repeats: f.repeats, Passed: append(slices.Clone(passed), t.Passed...)}
}

// With all rules of a text to be found, most messages ask whether there is
// another one, and silence answers that: triggering messages can be spared at
// little cost, so they count for more.
const (
	allRatio     = 1.7
	defaultRatio = 2.25
)

// config is the problem of a task. The command line has the last word.
func (f isolateFlags) config(t oracle.Task, d *bayes.Dictionary) (bayes.Config, error) {
	cost, accounts := f.cost, f.accounts
	if cost == 0 {
		var err error
		if cost, err = t.Cost.Ratio(); err != nil {
			return bayes.Config{}, err
		}
	}
	if f.cost == 0 && t.Want == "all" {
		cost = max(cost, defaultRatio) * allRatio
	}
	if t.Accounts != 0 && accounts == 0 {
		accounts = t.Accounts
	}
	return bayes.Config{
		Text: t.Text, Dictionary: d, Sep: t.Sep, MaxLen: t.MaxLen, Noisy: t.Noisy, All: t.Want == "all",
		TriggerCost: cost, Budget: f.budget, Accounts: accounts,
	}, nil
}

// explain tells of each question on standard error. Texts are quoted: they
// may hold anything.
func (a *app) explain() func(isolate.Question, oracle.Reply) {
	return func(q isolate.Question, r oracle.Reply) {
		answer := "no reaction"
		switch {
		case r.Refused != "":
			answer = "refused: " + strconv.Quote(r.Refused)
		case r.Hit:
			answer = "reaction"
		}
		fmt.Fprintf(a.stderr, "%s: %s: %s\n    %s\n", q.ID, q.Why, answer, strconv.Quote(q.Text))
	}
}

// passedTexts reads the texts that did not react.
func (a *app) passedTexts(names []string) (texts []string, err error) {
	for _, name := range names {
		text, err := a.readText(name)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

func (a *app) readText(name string) (string, error) {
	var b []byte
	var err error
	switch name {
	case "":
		return "", exitWith(exitUsage, fmt.Errorf("no text to search: give the message that reacted with --text FILE"))
	case "-":
		b, err = io.ReadAll(a.stdin)
	default:
		b, err = os.ReadFile(name)
	}
	return strings.TrimRight(string(b), "\r\n"), err
}

// readTerms reads words, one a line. Numbers may follow, after tabs: how many
// lists have the word, and how many rules known before have it as a part.
func readTerms(name string) ([]bayes.Term, error) {
	if name == "" {
		return nil, nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var terms []bayes.Term
	for line := range strings.Lines(string(b)) {
		columns := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		t := bayes.Term{Word: columns[0]}
		for i, column := range columns[1:] {
			n, err := strconv.Atoi(column)
			switch {
			case err != nil:
			case i == 0:
				t.Lists = n
			case i == 1:
				t.Rules = n
			}
		}
		terms = append(terms, t)
	}
	return terms, nil
}
