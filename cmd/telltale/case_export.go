package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/pack"
)

const caseExportLong = `Writes a case into one zip, to give it to others. telltale case verify reads it as
it is, telltale case import unpacks it.

What is exported is a redacted copy: third parties and secrets are taken out, as
telltale case redact does it, with the same flags. --whole exports all there is.
The same case gives the same bytes.

With --to the file is encrypted with age to whom it is for: public keys (age1…),
or files of them, one a line. With --secret-file it is encrypted with the
passphrase on the first line of that file.

The file must not exist; - writes to standard output.

Exit codes: 0 written, 1 not, 2 wrong usage.`

// exportFlags are the flags of case export.
type exportFlags struct {
	redactFlags
	output, secret string
	to             []string
	whole, json    bool
}

// exported is what is said of an export, as JSON.
type exported struct {
	File      string   `json:"file"`
	Redacted  bool     `json:"redacted"`
	Encrypted bool     `json:"encrypted"`
	Sentences []string `json:"sentences,omitempty"`
}

func (a *app) caseExportCommand() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export CASE",
		Short: "Write a case into one file, without third parties and secrets",
		Long:  caseExportLong,
		Example: `  telltale case export case
  telltale case export --to age1… --mask "Jane Doe" -o for-the-editor.zip.age case
  telltale case export --whole -o backup.zip case`,
		Args: cobra.ExactArgs(1),
		RunE: failing(func(cmd *cobra.Command, args []string) error {
			if f.whole && f.redacts() {
				return exitWith(exitUsage, errors.New("--whole exports everything: leave out the flags that say what to take out"))
			}
			to, err := f.recipients()
			if err != nil {
				return exitWith(exitUsage, err)
			}
			return a.exportCase(cmd, filepath.Clean(args[0]), &f, to)
		}),
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", "", "file to write (default: the case's name, .zip or .zip.age)")
	flags.StringArrayVar(&f.to, "to", nil, "whom to encrypt to: a public key of age, or a file of them; may be repeated")
	flags.StringVar(&f.secret, "secret-file", "", "file whose first line is the passphrase to encrypt with")
	flags.BoolVar(&f.whole, "whole", false, "export the whole case, third parties and secrets included")
	flags.BoolVar(&f.json, "json", false, "print what was written as JSON")
	return cmd
}

// redacts reports whether any flag says what to take out.
func (f *redactFlags) redacts() bool {
	o := f.opts
	return len(o.Mask)+len(o.Hosts)+len(o.Keep)+len(f.maskFile) > 0 || o.Accounts || o.OnlyFindings
}

// recipients are those whom the export is encrypted to.
func (f *exportFlags) recipients() ([]age.Recipient, error) {
	var out []age.Recipient
	for _, s := range f.to {
		more, err := pack.Recipient(s)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	if f.secret == "" {
		return out, nil
	}
	if len(out) > 0 {
		return nil, errors.New("a file is encrypted to keys or with a passphrase, not both: leave out --to or --secret-file")
	}
	text, err := readPassphrase(f.secret)
	if err != nil {
		return nil, err
	}
	r, err := age.NewScryptRecipient(text)
	return []age.Recipient{r}, err
}

func (a *app) exportCase(cmd *cobra.Command, dir string, f *exportFlags, to []age.Recipient) error {
	reader, err := casefile.Read(dir)
	if err != nil {
		return err
	}
	if reader.Redacted && f.redacts() {
		return fmt.Errorf("%s is a redacted copy: take out more of the case that it was made of", dir)
	}
	out := exported{File: f.output, Redacted: reader.Redacted || !f.whole, Encrypted: len(to) > 0}
	if out.File == "" {
		out.File = exportName(dir, out)
	}
	if _, err := os.Lstat(out.File); out.File != "-" && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already: name another file with -o", out.File)
	}
	if err := apart(dir, out.File); err != nil {
		return exitWith(exitUsage, err)
	}
	if out.Redacted && !reader.Redacted {
		return a.exportRedacted(cmd, dir, f, to, out)
	}
	return a.pack(dir, f, to, out)
}

// exportName is what an export is called that nobody named.
func exportName(dir string, out exported) string {
	name := filepath.Base(dir)
	if abs, err := filepath.Abs(dir); err == nil {
		name = filepath.Base(abs)
	}
	if name == "case" { // as runs call it, in a directory of its own
		if abs, err := filepath.Abs(dir); err == nil {
			name = filepath.Base(filepath.Dir(abs)) + "-case"
		}
	}
	if out.Redacted {
		name += "-redacted"
	}
	if out.Encrypted {
		return name + ".zip.age"
	}
	return name + ".zip"
}

// exportRedacted makes a redacted copy beside the output and packs that.
func (a *app) exportRedacted(cmd *cobra.Command, dir string, f *exportFlags, to []age.Recipient, out exported) (err error) {
	beside := ""
	if out.File != "-" {
		beside = filepath.Dir(out.File)
	}
	temp, err := os.MkdirTemp(beside, ".telltale-export-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	copied := filepath.Join(temp, "copy")
	result, err := a.redact(cmd, dir, copied, &f.redactFlags)
	if err != nil {
		return err
	}
	out.Sentences = result.Sentences
	return a.pack(copied, f, to, out)
}

// pack writes the file and says so.
func (a *app) pack(dir string, f *exportFlags, to []age.Recipient, out exported) error {
	err := a.writeTo(out.File, func(w io.Writer) error { return pack.Write(w, dir, to...) })
	if err != nil || out.File == "-" {
		return err
	}
	if f.json {
		return a.printJSON(out)
	}
	for _, s := range out.Sentences {
		fmt.Fprintln(a.stdout, s)
	}
	if !out.Redacted {
		fmt.Fprintln(a.stdout, "The whole case was exported, third parties and secrets included.")
	}
	_, err = fmt.Fprintf(a.stdout, "Export: %s\n", out.File)
	return err
}

// withCase calls use with the directory of a case: path itself, or, if that is
// an exported file, a directory that it is unpacked to meanwhile.
func (a *app) withCase(ctx context.Context, path string, use func(dir string) error) (err error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return use(path) // says itself what is wrong with it
	}
	temp, err := os.MkdirTemp("", "telltale-case-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	dir := filepath.Join(temp, "case")
	if _, err := unpackCase(path, dir, nil, pack.Limits{}); errors.Is(err, pack.ErrSealed) {
		return fmt.Errorf("%s is encrypted: telltale case import opens it", path)
	} else if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return use(dir)
}

// unpackCase unpacks an exported file, decrypted if it must be.
func unpackCase(path, dir string, ids []age.Identity, limits pack.Limits) (pack.Unpacked, error) {
	f, err := os.Open(path)
	if err != nil {
		return pack.Unpacked{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return pack.Unpacked{}, err
	}
	r, size, err := pack.Unseal(f, info.Size(), ids...)
	if err != nil {
		return pack.Unpacked{}, fmt.Errorf("%s: %w", path, err)
	}
	out, err := pack.Unpack(r, size, dir, limits)
	if err != nil {
		return out, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}
