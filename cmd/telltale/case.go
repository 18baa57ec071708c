package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/index"
)

func (a *app) caseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "case",
		Short: "Check and read cases",
		Long:  "Checks and reads cases. docs/format.md describes what a case is made of.",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.caseVerifyCommand(), a.caseShowCommand(), a.caseLogCommand(), a.caseIndexCommand(), a.caseDiffCommand(), a.caseMergeCommand(), a.caseKeyCommand(), a.caseStampCommand(), a.caseWitnessCommand(), a.caseSealCommand(), a.caseRedactCommand(), a.caseExportCommand(), a.caseImportCommand())
	return cmd
}

func (a *app) caseIndexCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "index CASE",
		Short: "Make index.sqlite, a copy of the log for queries",
		Args:  cobra.ExactArgs(1),
		RunE: failing(func(cmd *cobra.Command, args []string) error {
			reader, err := casefile.Read(args[0])
			if err != nil {
				return err
			}
			path, err := index.Build(cmd.Context(), reader)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.stdout, path)
			return err
		}),
	}
}

// printJSON prints a value, indented, with a newline.
func (a *app) printJSON(v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("printing JSON: %w", err)
	}
	_, err = fmt.Fprintf(a.stdout, "%s\n", b)
	return errors.Join(err)
}
