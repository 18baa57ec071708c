// Package redact makes a copy of a case that can be given away: third parties
// and secrets are taken out of it, and what remains can still be proved
// (docs/redaction.md, and docs/format.md, "Redacted copies").
//
// It works with values: rules say which texts must not be read in the copy and
// which bytes must not be in it. A value is then masked wherever it stands in
// the log, and a blob in which it can be read is withheld, also under codings
// and ciphers. At last the copy is searched as anybody could search it, every
// byte of it, until nothing is found.
package redact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
)

// Options say what is taken out besides what always is.
type Options struct {
	// Keep names rules that are not applied; see [Rules].
	Keep []string
	// Mask are texts that must not be read in the copy.
	Mask []string
	// Hosts must not be read in the copy, nor their addresses.
	Hosts []string
	// Accounts masks the names of the scenario's accounts, and the addresses
	// at which witnesses read.
	Accounts bool
	// OnlyFindings withholds every blob that no finding rests on.
	OnlyFindings bool
	// Signer signs what was done. It need not be the case's own.
	Signer casefile.Signer
	// Progress is told how much of the copy was searched; nil for nobody.
	Progress func(done, total int)
}

// Result says what was done.
type Result struct {
	// Entries of the copy, and those of them in which something is masked.
	Entries int64 `json:"entries"`
	Changed int64 `json:"changed"`
	// Texts is the number of texts that must not be read, Values that of
	// values of the log that were replaced.
	Texts  int `json:"texts"`
	Values int `json:"values"`
	// Kept and Withheld count blobs, Files other files that were withheld.
	Kept     int `json:"blobs"`
	Withheld int `json:"blobs_withheld"`
	Files    int `json:"files_withheld"`
	// Searched counts blobs, texts and files that were searched to the bottom;
	// Limited those too large for that, which were searched as far as one
	// search goes.
	Searched int `json:"searched"`
	Limited  int `json:"searched_in_part"`
	// Sentences say what was done, by which rule and how often, as they stand
	// in the signed note.
	Sentences []string `json:"sentences"`
	// Masked are the texts, for whoever has to check the copy. They are not in
	// it, and not in the JSON.
	Masked []string `json:"-"`
}

// Run makes a redacted copy of the case in dir, in out, which must not exist.
// If anything that must not be read is left, there is no copy, and the error
// says where it was found.
func Run(ctx context.Context, dir, out string, opts Options) (*Result, error) {
	if opts.Signer == nil {
		return nil, errors.New("a redacted copy is signed by who made it: name a key")
	}
	if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is there already: name a directory that does not exist", out)
	}
	src, err := open(dir)
	if err != nil {
		return nil, err
	}
	plan, err := decide(ctx, src, opts)
	if err != nil {
		return nil, err
	}
	half := filepath.Clean(out) + ".new"
	if err := os.Mkdir(half, 0o700); err != nil {
		return nil, fmt.Errorf("making the copy: %w", err)
	}
	result, err := build(ctx, src, plan, half)
	if err == nil {
		err = os.Rename(half, out)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(half))
	}
	return result, nil
}

// open reads a case that can be redacted.
func open(dir string) (*source, error) {
	r, err := casefile.Read(dir)
	if err != nil {
		return nil, err
	}
	if r.Version < format.Version {
		return nil, fmt.Errorf("%s is of version %d, whose entries cannot be masked without breaking their hashes: give away its report, or all of it", dir, r.Version)
	}
	if r.Redacted {
		return nil, fmt.Errorf("%s is a redacted copy: redact the case that it was made of", dir)
	}
	return newSource(r)
}
