package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"example.org/telltale/internal/pack"
	"example.org/telltale/internal/verify"
)

const caseImportLong = `Unpacks a case that was exported, and verifies it.

The file is not trusted: names that no case has, links, files that are there
twice, sizes that do not fit and more than --limit bytes in all are refused, and
nothing is left behind. A case that was unpacked but does not hold stays, so that
it can be looked at, and the exit code says so.

An encrypted file is opened with a private key of age (--identity FILE) or with
the passphrase on the first line of a file (--secret-file FILE).

Exit codes: 0 unpacked and all holds, 1 not, 2 wrong usage.`

// importFlags are the flags of case import.
type importFlags struct {
	identities []string
	secret     string
	limit      int64
	json       bool
}

// imported is what is said of an import, as JSON.
type imported struct {
	Case string `json:"case"`
	pack.Unpacked
	Verification *verify.Result `json:"verification"`
}

func (a *app) caseImportCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import FILE [DIR]",
		Short: "Unpack a case that was exported, and verify it",
		Long:  caseImportLong,
		Example: `  telltale case import case-redacted.zip
  telltale case import --identity key.txt for-the-editor.zip.age cases/editor`,
		Args: cobra.RangeArgs(1, 2),
		RunE: failing(func(cmd *cobra.Command, args []string) error {
			ids, err := f.open()
			if err != nil {
				return err
			}
			dir := importName(args[0])
			if len(args) == 2 {
				dir = args[1]
			}
			return a.importCase(cmd, args[0], dir, &f, ids)
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.identities, "identity", nil, "file of private keys of age; may be repeated")
	flags.StringVar(&f.secret, "secret-file", "", "file whose first line is the passphrase that the file was encrypted with")
	flags.Int64Var(&f.limit, "limit", pack.MostBytes, "the most bytes that are unpacked")
	flags.BoolVar(&f.json, "json", false, "print what was unpacked, and the verification, as JSON")
	return cmd
}

// importName is the directory that a file is unpacked to if nobody names one.
func importName(file string) string {
	name := filepath.Base(file)
	for _, ending := range []string{".age", ".zip"} {
		name = strings.TrimSuffix(name, ending)
	}
	if name == filepath.Base(file) {
		name += "-case"
	}
	return name
}

// open reads what opens an encrypted file.
func (f *importFlags) open() ([]age.Identity, error) {
	var out []age.Identity
	for _, name := range f.identities {
		ids, err := pack.Identities(name)
		if err != nil {
			return nil, err
		}
		out = append(out, ids...)
	}
	if f.secret == "" {
		return out, nil
	}
	text, err := readPassphrase(f.secret)
	if err != nil {
		return nil, err
	}
	id, err := age.NewScryptIdentity(text)
	return append(out, id), err
}

func (a *app) importCase(cmd *cobra.Command, file, dir string, f *importFlags, ids []age.Identity) error {
	if f.limit <= 0 {
		return exitWith(exitUsage, errors.New("--limit wants a number of bytes above 0"))
	}
	out, err := unpackCase(file, dir, ids, pack.Limits{Bytes: f.limit})
	if err != nil {
		return err
	}
	v, err := verifyWith(cmd.Context(), dir, verify.Options{})
	if err != nil {
		return fmt.Errorf("the case was unpacked to %s and cannot be verified: %w", dir, err)
	}
	if f.json {
		err = a.printJSON(imported{Case: dir, Unpacked: out, Verification: v})
	} else {
		a.printVerification(v, verifyFlags{})
		_, err = fmt.Fprintf(a.stdout, "\nCase:   %s (%d files, %d bytes)\n", dir, out.Files, out.Bytes)
	}
	if err == nil && !v.Holds {
		return exitWith(exitFailed, nil)
	}
	return err
}
