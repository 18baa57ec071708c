package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/isolate/bayes"
	"example.org/telltale/internal/isolate/compare"
	"example.org/telltale/internal/isolate/sample"
)

const benchLong = `Puts isolate and screen beside published methods: all search the same texts
and lists of terms with the same simulated filters, and what they cost is
counted. The problems are made up from the shipped dictionary and a seed, or
read from FILE, one JSON object a line:

  {"id":"1","set":"main","text":"...","rules":[{"parts":["a","b"],"ext":[["c"]]}],
   "match":{"ordered":false,"fold":["nfkc","lower","t2s","strip_space","strip_punct"],"t2s":{}},
   "sep":"\n","max_len":null,"noise":{"fn":0.02,"fp":0.005,"seed":1}}
  {"pool":"p","terms":["a","b"]}
  {"id":"2","set":"pairs","of":"p","pick":[0,1],"rules":[["a","b"]],"max_k":2,
   "sep":"\n","max_len":500,"fold":[],"noise":null}

Columns: messages and triggering messages (texts: mean and 95th percentile of an
article; lists: sum of a set), their ratio to the published method the set is
measured by, rounds, answers that are exact, answers that are claimed and wrong,
rules or triggers found, and the milliseconds that the program takes for a
question.`

// benchFlags are the options of the command.
type benchFlags struct {
	set, terms string
	only       []string
	seed       uint64
	part       float64
	short      bool
	cost       float64
	jobs       int
	json       bool
}

// shortPart is the share of the full sets that --short makes.
const shortPart = 0.02

func (a *app) benchCommand() *cobra.Command {
	bench := &cobra.Command{
		Use:   "bench",
		Short: "Measure isolate and screen beside published methods, and fit their prior",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var flags benchFlags
	isolate := &cobra.Command{
		Use:   "isolate [--set FILE] [--terms FILE]",
		Short: "Messages, triggering messages and time of isolate and screen",
		Long:  benchLong,
		Example: `  telltale bench isolate --short
  telltale bench isolate --set articles.jsonl --terms list.txt --only main,noisy`,
		Args: cobra.NoArgs,
		RunE: failing(func(cmd *cobra.Command, _ []string) error { return a.bench(cmd.Context(), flags) }),
	}
	f := isolate.Flags()
	f.StringVar(&flags.set, "set", "", "file of problems (made up if left out)")
	f.StringVar(&flags.terms, "terms", "", "file with likely words, one a line, for problems of a file")
	f.StringSliceVar(&flags.only, "only", nil, "sets to run, as in main,noisy,prevalence")
	f.Uint64Var(&flags.seed, "seed", 1, "seed of made-up problems")
	f.Float64Var(&flags.part, "part", 1, "share of the problems to run, 0 to 1")
	f.BoolVar(&flags.short, "short", false, "a few small problems of each set")
	f.Float64Var(&flags.cost, "trigger-cost", 10, "silent messages that one triggering message is worth")
	f.IntVar(&flags.jobs, "jobs", 1, "problems worked on at once (more than one blurs the times)")
	f.BoolVar(&flags.json, "json", false, "print JSON, each run included")
	bench.AddCommand(isolate, a.benchPriorCommand())
	return bench
}

// benchResult is what was measured.
type benchResult struct {
	// Problems says where they came from.
	Problems    string               `json:"problems"`
	Articles    []compare.ArticleRow `json:"articles"`
	Lists       []compare.ListRow    `json:"lists"`
	ArticleTime benchTime            `json:"article_time"`
	ListTime    benchTime            `json:"list_time"`
	Memory      uint64               `json:"memory_bytes"` // taken from the system at most
	ArticleRuns []compare.ArticleRun `json:"article_runs"`
	ListRuns    []compare.ListRun    `json:"list_runs"`
}

// benchTime is what the program takes for a question, in milliseconds.
type benchTime struct {
	P50 float64 `json:"ms_p50"`
	P99 float64 `json:"ms_p99"`
}

func (a *app) bench(ctx context.Context, flags benchFlags) error {
	if flags.short {
		flags.part = shortPart
	}
	if !(flags.part > 0 && flags.part <= 1) {
		return exitWith(exitUsage, fmt.Errorf("--part %v: give a share above 0, up to 1", flags.part))
	}
	if !(flags.cost >= 1 && flags.cost <= 1000) {
		return exitWith(exitUsage, fmt.Errorf("--trigger-cost %v: give 1 to 1000", flags.cost))
	}
	problems, engines, err := flags.problems()
	if err != nil {
		return err
	}
	if len(problems.Articles)+len(problems.Lists) == 0 {
		return exitWith(exitUsage, fmt.Errorf("there are no problems of the sets %q: leave out --only to see which there are", flags.only))
	}
	r := benchResult{Problems: flags.origin()}
	p := newProgress(a.stderr, false)
	defer p.finish()
	options := compare.Options{Now: a.clock, Cost: flags.cost, Jobs: flags.jobs, Progress: p.Step}
	p.Stage("texts", len(problems.Articles))
	if r.ArticleRuns, err = compare.Articles(ctx, problems.Articles, engines, options); err != nil {
		return err
	}
	p.Stage("lists", len(problems.Lists))
	if r.ListRuns, err = compare.Lists(ctx, problems.Lists, options); err != nil {
		return err
	}
	p.end()
	r.sum()
	if flags.json {
		return a.printJSON(r)
	}
	return a.printBench(r)
}

func (f benchFlags) origin() string {
	if f.set != "" {
		return f.set
	}
	return fmt.Sprintf("made up, seed %d", f.seed)
}

func (r *benchResult) sum() {
	r.Articles, r.Lists = compare.SumArticles(r.ArticleRuns), compare.SumLists(r.ListRuns)
	r.ArticleTime.P50, r.ArticleTime.P99 = compare.ArticleTimes(r.ArticleRuns)
	r.ListTime.P50, r.ListTime.P99 = compare.ListTimes(r.ListRuns)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.Memory = m.Sys
}

// problems makes or reads what is to be searched, and the searches that are
// compared: with the shipped dictionary alone, and with a list of terms.
func (f benchFlags) problems() (sample.File, []compare.Engine, error) {
	plain, err := bayes.NewDictionary(nil)
	if err != nil {
		return sample.File{}, nil, err
	}
	engines := []compare.Engine{{Name: "telltale", Begin: isolateFlags{}.begin(plain)}}
	var problems sample.File
	var terms []bayes.Term
	if f.set != "" {
		if problems, err = f.read(); err == nil {
			terms, err = readTerms(f.terms)
		}
		if err != nil {
			return problems, nil, err
		}
	} else {
		problems, terms = f.make(plain)
	}
	with := plain
	if len(terms) > 0 {
		if with, err = bayes.NewDictionary(terms); err != nil {
			return problems, nil, err
		}
		engines = append(engines, compare.Engine{Name: "telltale, with terms", Begin: isolateFlags{}.begin(with)})
	}
	engines = append(engines, compare.Engine{Name: "telltale, four accounts", Begin: isolateFlags{accounts: 4}.begin(with), Sets: []string{"main"}})
	return problems, engines, nil
}

// make makes problems up, and the terms that fit them.
func (f benchFlags) make(d *bayes.Dictionary) (sample.File, []bayes.Term) {
	var words []sample.Word
	for _, w := range d.Words() {
		words = append(words, sample.Word(w))
	}
	m := sample.NewMaker(words, f.seed)
	var terms []bayes.Term
	for _, t := range m.Terms() {
		terms = append(terms, bayes.Term(t))
	}
	return sample.File{Articles: m.Articles(f.part, f.only), Lists: m.Lists(f.part, f.only)}, terms
}

// read reads problems; of each set the wanted share from its beginning on.
func (f benchFlags) read() (sample.File, error) {
	file, err := os.Open(f.set)
	if err != nil {
		return sample.File{}, err
	}
	defer file.Close()
	all, err := sample.Read(file)
	if err != nil {
		return sample.File{}, fmt.Errorf("%s: %w", f.set, err)
	}
	return sample.File{
		Articles: shareOf(all.Articles, f, func(a sample.Article) string { return a.Set }),
		Lists:    shareOf(all.Lists, f, func(l sample.List) string { return l.Set }),
	}, nil
}

// shareOf takes every n-th problem of each set.
func shareOf[P any](problems []P, f benchFlags, set func(P) string) []P {
	var out []P
	seen := map[string]int{}
	for _, p := range problems {
		if len(f.only) > 0 && !slices.Contains(f.only, set(p)) {
			continue
		}
		n := seen[set(p)]
		seen[set(p)]++
		if math.Floor(float64(n+1)*f.part) > math.Floor(float64(n)*f.part) || n == 0 {
			out = append(out, p)
		}
	}
	return out
}

// printBench prints the tables.
func (a *app) printBench(r benchResult) error {
	fmt.Fprintf(a.stdout, "problems: %s\n", r.Problems)
	if len(r.Articles) > 0 {
		fmt.Fprintf(a.stdout, "\nThe rules of a text (means of an article)\n\n")
		if err := compare.WriteArticles(a.stdout, r.Articles); err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "\ntime for a question: %.1f ms (median), %.1f ms (99 %%)\n", r.ArticleTime.P50, r.ArticleTime.P99)
	}
	if len(r.Lists) > 0 {
		fmt.Fprintf(a.stdout, "\nThe terms of a list that react (sums of a set)\n\n")
		if err := compare.WriteLists(a.stdout, r.Lists); err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "\ntime for a question: %.1f ms (median), %.1f ms (99 %%)\n", r.ListTime.P50, r.ListTime.P99)
	}
	fmt.Fprintf(a.stdout, "\nmemory: %d MB\n", r.Memory>>20)
	return nil
}
