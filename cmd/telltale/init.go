package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// starters are the scenarios that `telltale init` writes, and the file of
// accounts beside them.
//
//go:embed starters/*.yaml
var starters embed.FS

// accountsStarter is the file of accounts that most starters name.
const accountsStarter = "accounts"

func (a *app) initCommand() *cobra.Command {
	var force bool
	kinds := starterKinds()
	cmd := &cobra.Command{
		Use:   "init KIND [FILE]",
		Short: "Write a scenario to begin with",
		Long: `Writes a commented scenario for one kind of app, and beside it accounts.yaml with
what the accounts need to log in. Fill both in; then

    telltale doctor FILE        checks each end, and sends nothing
    telltale audit --plan FILE  says what would be typed
    telltale audit FILE         puts the question

KIND is one of ` + strings.Join(kinds, ", ") + `. FILE is KIND.yaml if not given.`,
		Example:   "  telltale init xmpp\n  telltale init web shop.yaml",
		Args:      cobra.RangeArgs(1, 2),
		ValidArgs: kinds,
		RunE: failing(func(_ *cobra.Command, args []string) error {
			path := args[0] + ".yaml"
			if len(args) == 2 {
				path = args[1]
			}
			return a.writeStarter(args[0], path, force)
		}),
	}
	cmd.Flags().BoolVar(&force, "force", false, "write over files that are there")
	return cmd
}

// starterKinds lists the kinds there is a starter for.
func starterKinds() []string {
	files, err := fs.Glob(starters, "starters/*.yaml")
	if err != nil {
		return nil // the pattern is a constant
	}
	var kinds []string
	for _, f := range files {
		if kind := strings.TrimSuffix(filepath.Base(f), ".yaml"); kind != accountsStarter {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func (a *app) writeStarter(kind, path string, force bool) error {
	if !slices.Contains(starterKinds(), kind) {
		return exitWith(exitUsage, fmt.Errorf("there is no starter %q: have %s", kind, strings.Join(starterKinds(), ", ")))
	}
	scenario, err := starters.ReadFile("starters/" + kind + ".yaml")
	if err != nil {
		return err
	}
	if err := writeNew(path, scenario, 0o644, force); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "wrote %s\n", path)
	if strings.Contains(string(scenario), "accounts: accounts.yaml") {
		if err := a.writeAccounts(filepath.Join(filepath.Dir(path), "accounts.yaml"), force); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.stdout, "Fill in what is marked with <…>, then: telltale doctor %s\n", path)
	return nil
}

// writeAccounts leaves a file that is there as it is: it may serve several
// scenarios.
func (a *app) writeAccounts(path string, force bool) error {
	accounts, err := starters.ReadFile("starters/" + accountsStarter + ".yaml")
	if err != nil {
		return err
	}
	err = writeNew(path, accounts, 0o600, force)
	switch {
	case errors.Is(err, fs.ErrExist):
		fmt.Fprintf(a.stdout, "%s is there already, and was left as it is\n", path)
	case err != nil:
		return err
	default:
		fmt.Fprintf(a.stdout, "wrote %s, which only you can read\n", path)
	}
	return nil
}

// writeNew writes a file that must not be there, unless force.
func writeNew(path string, data []byte, mode fs.FileMode, force bool) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, mode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; name another file, or write over it with --force: %w", path, fs.ErrExist)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
