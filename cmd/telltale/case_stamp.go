package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/attach"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/signer"
	"example.org/telltale/internal/stamp"
	"example.org/telltale/internal/witness"
)

const caseStampLong = `Has time-stamping authorities (RFC 3161) sign that a case existed by now: the
newest checkpoint, and so every entry before it. Each authority is sent the
SHA-256 of the checkpoint and nothing else.

Anyone can do this with any case. If the case was signed with your own key, the
stamp is sealed in it as well: the case is signed once more. An audit asks by
itself, for the plan and for the findings, if its scenario has

    timestamp: [http://tsa.example.org/]

docs/keys-and-seals.md tells what a stamp proves, and how to check it with openssl.

Exit codes: 0 every authority has stamped it, 1 one did not, 2 wrong usage.`

// stampedFile is what case stamp says of one stamp.
type stampedFile struct {
	stamp.Info
	File       string `json:"file"`
	Authority  string `json:"authority"`
	Checkpoint int64  `json:"checkpoint"`
	Sealed     bool   `json:"sealed"`
}

func (a *app) caseStampCommand() *cobra.Command {
	var authorities []string
	var asJSON, unsealed bool
	cmd := &cobra.Command{
		Use:   "stamp CASE --tsa URL",
		Short: "Have a time-stamping authority sign that the case existed by now",
		Long:  caseStampLong,
		Example: `  telltale case stamp cases/chat --tsa http://tsa.example.org/
  telltale case stamp cases/chat --tsa http://a.example.org/ --tsa http://b.example.org/ --json`,
		Args: cobra.ExactArgs(1),
		RunE: failing(func(cmd *cobra.Command, args []string) error {
			if len(authorities) == 0 {
				return exitWith(exitUsage, errors.New("name a time-stamping authority: --tsa http://…"))
			}
			seal, err := a.ownCase(args[0])
			if err != nil {
				return err
			}
			made, err := a.stampCase(cmd.Context(), args[0], authorities, seal && !unsealed)
			if perr := a.printStamps(made, asJSON); perr != nil {
				return perr
			}
			return err
		}),
	}
	cmd.Flags().StringArrayVar(&authorities, "tsa", nil, "address of a time-stamping authority (repeatable)")
	cmd.Flags().BoolVar(&unsealed, "no-seal", false, "put the stamps beside the case, and do not sign it again")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the stamps as JSON")
	return cmd
}

// stampPatience is how long an authority may take in all.
const stampPatience = time.Minute

// stampCheckpoint asks an authority for a stamp over a checkpoint's file.
func (a *app) stampCheckpoint(ctx context.Context, authority string, checkpoint []byte) ([]byte, error) {
	got, err := a.askStamp(ctx, authority, checkpoint)
	if err != nil {
		return nil, err
	}
	return got.Response, nil
}

func (a *app) askStamp(ctx context.Context, authority string, checkpoint []byte) (*stamp.Stamped, error) {
	ctx, cancel := context.WithTimeout(ctx, stampPatience)
	defer cancel()
	asker := stamp.Asker{Client: http.DefaultClient, Random: a.random}
	return asker.Ask(ctx, authority, sha256.Sum256(checkpoint))
}

// ownCase reports whether a case was signed with the key of whoever is here. A
// case of somebody else is no error, nor is it to have no key.
func (a *app) ownCase(dir string) (bool, error) {
	checkpoint, err := witness.Newest(dir)
	if err != nil {
		return false, err
	}
	place, err := a.keyPlace()
	if err != nil {
		return false, nil
	}
	info, err := signer.Look(place)
	return err == nil && info.PublicKey == checkpoint.PublicKey, nil
}

// stampCase puts stamps into a case; with seal the case is signed once more. What
// was made before an error is returned with it.
func (a *app) stampCase(ctx context.Context, dir string, authorities []string, seal bool) (made []stampedFile, err error) {
	put := func(name string, content []byte) error { return attach.Put(dir, name, content) }
	if seal {
		c, notOpened := a.openOwn(dir)
		if notOpened != nil {
			return nil, notOpened
		}
		defer func() { err = errors.Join(err, c.Close()) }()
		put = func(name string, content []byte) error { return putBytes(c, name, content) }
		defer func() {
			if len(made) > 0 {
				err = errors.Join(err, c.Checkpoint())
			}
		}()
	}
	checkpoint, err := witness.Newest(dir)
	if err != nil {
		return nil, err
	}
	var failed []error
	for _, authority := range authorities {
		one, err := a.stampBy(ctx, authority, dir, checkpoint, put)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		one.Sealed = seal
		made = append(made, one)
	}
	return made, errors.Join(failed...)
}

// stampBy has one authority stamp a checkpoint.
func (a *app) stampBy(ctx context.Context, authority, dir string, c witness.Checkpoint, put func(string, []byte) error) (stampedFile, error) {
	got, err := a.askStamp(ctx, authority, c.Note)
	if err != nil {
		return stampedFile{}, err
	}
	name, err := attach.StampName(dir, c.Size)
	if err != nil {
		return stampedFile{}, err
	}
	return stampedFile{Info: got.Info, File: name, Authority: authority, Checkpoint: c.Size}, put(name, got.Response)
}

// openOwn opens a case to go on signing it with one's own key.
func (a *app) openOwn(dir string) (*casefile.Case, error) {
	key, err := a.signingKey()
	if err != nil {
		return nil, err
	}
	return casefile.Open(dir, casefile.Options{Clock: a.clock, Random: a.random, Signer: key})
}

// putBytes puts a file into a case that is open.
func putBytes(c *casefile.Case, name string, content []byte) error {
	return c.PutFile(name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

func (a *app) printStamps(made []stampedFile, asJSON bool) error {
	if asJSON {
		return a.printJSON(append([]stampedFile{}, made...))
	}
	for _, s := range made {
		how := "not sealed: the case is not yours to sign, or --no-seal was given"
		if s.Sealed {
			how = "sealed"
		}
		fmt.Fprintf(a.stdout, "%s: the first %d entries existed at %s, says %s (%s)\n",
			s.File, s.Checkpoint, s.Time.Format(time.RFC3339), shown(strings.TrimSpace(s.By)), how)
	}
	return nil
}
