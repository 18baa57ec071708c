package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/lab/truth"
)

func (a *app) scoreCommand() *cobra.Command {
	var path string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "score CASE",
		Short: "Compare a case of the lab network with its truth",
		Long: `Compares the findings of a case with the truth of the lab profile that it was
made on: per kind of finding what is true, found, missed and false. Only what
the scenario can show counts as missed, and only supported findings as found.

Exit codes: 0 nothing missed and nothing false, 10 something was.`,
		Args: cobra.ExactArgs(1),
		RunE: failing(func(_ *cobra.Command, args []string) error {
			if path == "" {
				path = filepath.Join(filepath.Dir(filepath.Clean(args[0])), "lab", "truth.json")
			}
			table, err := scoreCase(args[0], path)
			if err != nil {
				return fmt.Errorf("%w (--truth names the lab's truth.json)", err)
			}
			if asJSON {
				err = a.printJSON(table)
			} else {
				err = table.Text(a.stdout)
			}
			if err == nil && !table.Perfect() {
				return exitWith(exitFound, nil)
			}
			return err
		}),
	}
	cmd.Flags().StringVar(&path, "truth", "", "truth.json of the lab (default: lab/truth.json beside the case)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func scoreCase(dir, truthPath string) (truth.Table, error) {
	t, err := truth.Load(truthPath)
	if err != nil {
		return truth.Table{}, err
	}
	reader, err := casefile.Read(dir)
	if err != nil {
		return truth.Table{}, err
	}
	return truth.Score(t, reader.Record.Findings), nil
}
