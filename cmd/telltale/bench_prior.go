package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/isolate/bayes"
	"example.org/telltale/internal/isolate/filter"
	"example.org/telltale/internal/isolate/sample"
)

const benchPriorLong = `Fits the weights of the prior that isolate guesses by to texts whose rules are
known, and prints them as internal/isolate/bayes/weights.txt holds them. FILE has
the format that "bench isolate --set" reads; of each text the first rule is
taken. The weights decide which question comes next, never what the answer is.`

func (a *app) benchPriorCommand() *cobra.Command {
	var set, terms string
	cmd := &cobra.Command{
		Use:     "prior --set FILE [--terms FILE]",
		Short:   "Fit the prior of isolate to texts with known rules",
		Long:    benchPriorLong,
		Example: `  telltale bench prior --set articles.jsonl --terms list.txt > internal/isolate/bayes/weights.txt`,
		Args:    cobra.NoArgs,
		RunE:    failing(func(cmd *cobra.Command, _ []string) error { return a.benchPrior(cmd.Context(), set, terms) }),
	}
	cmd.Flags().StringVar(&set, "set", "", "file of texts with their rules")
	cmd.Flags().StringVar(&terms, "terms", "", "file with likely words, one a line")
	return cmd
}

func (a *app) benchPrior(ctx context.Context, set, terms string) error {
	if set == "" {
		return exitWith(exitUsage, errors.New("no texts: give --set FILE"))
	}
	list, err := readTerms(terms)
	if err != nil {
		return err
	}
	texts, err := knownRules(set)
	if err != nil {
		return err
	}
	weights, err := bayes.Fit(ctx, texts, list)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.stdout, weights)
	return err
}

// knownRules are the texts of a file with the first rule of each.
func knownRules(name string) ([]bayes.Known, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	problems, err := sample.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var texts []bayes.Known
	for _, article := range problems.Articles {
		f, err := filter.New(article.Filter)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, article.ID, err)
		}
		if len(article.Filter.Rules) > 0 {
			texts = append(texts, bayes.Known{Text: article.Text, Parts: article.Filter.Rules[0].Parts, Fold: f.Fold})
		}
	}
	return texts, nil
}
