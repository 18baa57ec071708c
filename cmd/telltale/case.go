package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/bench"
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
	cmd.AddCommand(a.caseVerifyCommand(), a.caseLogCommand(), a.caseIndexCommand(), a.caseDiffCommand(), a.caseMergeCommand(), a.caseKeyCommand(), a.caseStampCommand(), a.caseWitnessCommand(), a.caseSealCommand(), a.caseRedactCommand())
	return cmd
}

const verifyLong = `Checks every byte of a case and derives its findings again.

Checked are: each line of the log and its number, the Merkle root and the
signature of every checkpoint, each blob against its name, each packet file
against its digest, each canary against the case's key. Then each layer is
peeled again from the captured bytes, and observations and findings are
derived again from the raw records and compared with what the case states.

Exit codes: 0 all holds, 1 something does not, or it is no case.`

// verification is the JSON form of what case verify says.
type verification struct {
	*casefile.Check
	Recomputed bool `json:"recomputed"`
	Holds      bool `json:"holds"`
}

func (a *app) caseVerifyCommand() *cobra.Command {
	var key string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify CASE",
		Short: "Check every byte of a case and derive its findings again",
		Long:  verifyLong,
		Args:  cobra.ExactArgs(1),
		RunE: failing(func(_ *cobra.Command, args []string) error {
			v, err := verifyCase(args[0], key)
			if err != nil {
				return err
			}
			if asJSON {
				if err := a.printJSON(v); err != nil {
					return err
				}
			} else {
				a.printVerification(v, key)
			}
			if !v.Holds {
				return exitWith(exitFailed, nil)
			}
			return nil
		}),
	}
	cmd.Flags().StringVar(&key, "key", "", "public key to trust, as text or as a file (default: the one in the case)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

func verifyCase(dir, key string) (*verification, error) {
	if text, err := os.ReadFile(key); err == nil {
		key = strings.TrimSpace(string(text))
	}
	check, err := casefile.Verify(dir, key)
	if err != nil {
		return nil, err
	}
	v := &verification{Check: check}
	if reader, err := casefile.Read(dir); err == nil {
		check.Problems = append(check.Problems, bench.Recompute(reader)...)
		v.Recomputed = true
	}
	v.Holds = len(check.Problems) == 0
	return v, nil
}

func (a *app) printVerification(v *verification, key string) {
	for _, p := range v.Problems {
		fmt.Fprintf(a.stdout, "WRONG  %s\n", p)
	}
	for _, n := range v.Notes {
		fmt.Fprintf(a.stdout, "note   %s\n", n)
	}
	fmt.Fprintf(a.stdout, "%d entries (%d signed by %d checkpoints), %d blobs, %d packet files, %d findings\n",
		v.Entries, v.Signed, v.Checkpoints, v.Blobs, v.Captures, len(v.Record.Findings))
	if !v.Holds {
		fmt.Fprintf(a.stdout, "The case does NOT hold: %d things are wrong.\n", len(v.Problems))
		return
	}
	fmt.Fprintln(a.stdout, "The case holds: every byte is as it was signed, and the findings follow from it.")
	if key == "" {
		fmt.Fprintln(a.stdout, "The key was taken from the case itself; --key checks whose it is.")
	}
}

func (a *app) caseLogCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "log CASE",
		Short: "Print the entries of a case's log, one JSON object a line",
		Args:  cobra.ExactArgs(1),
		RunE: failing(func(_ *cobra.Command, args []string) error {
			return casefile.CopyLog(a.stdout, args[0])
		}),
	}
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
