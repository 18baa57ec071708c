package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/attach"
	"example.org/telltale/internal/verify"
	"example.org/telltale/internal/witness"
)

const caseWitnessLong = `Signs, with your own key, that you saw somebody else's case at this time. Whoever
would change the case later has to have you change your word too.

The case is checked first as telltale case verify does; one that does not hold is
not signed. What you have seen is remembered in your configuration, by the case's
id: when you see it again, it must go on from there, entry by entry, or you are
told and nothing is signed.

Your signature and your public key are put into the case, or into the folder that
--out names, to be sent back; the investigator adds them with telltale case seal.
That the case is true, or well made, is not what you sign.

Exit codes: 0 signed, 1 the case does not hold or does not go on from what was
seen, 2 wrong usage.`

// witnessed is what case witness says.
type witnessed struct {
	Case       string    `json:"case"`
	Checkpoint int64     `json:"checkpoint"`
	At         time.Time `json:"at"`
	// Before is when the case was last seen, if it was.
	Before *time.Time `json:"before,omitempty"`
	Files  []string   `json:"files"`
	// Key is the witness's, as in witness/NAME.pub; CaseKey the investigator's.
	Key     string `json:"key"`
	CaseKey string `json:"case_key"`
}

func (a *app) caseWitnessCommand() *cobra.Command {
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "witness CASE",
		Short: "Sign that you saw somebody else's case, and remember it",
		Long:  caseWitnessLong,
		Example: `  telltale case witness cases/chat
  telltale case witness cases/chat --out to-send-back`,
		Args: cobra.ExactArgs(1),
		RunE: failing(func(_ *cobra.Command, args []string) error {
			w, err := a.witnessCase(args[0], out)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(w)
			}
			a.printWitnessed(w)
			return nil
		}),
	}
	cmd.Flags().StringVar(&out, "out", "", "folder to put signature and key into (default: the case)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what was signed as JSON")
	return cmd
}

// witnessCase checks a case, signs it and puts the signature where it belongs.
func (a *app) witnessCase(dir, out string) (*witnessed, error) {
	config, err := configDir()
	if err != nil {
		return nil, fmt.Errorf("there is no place to remember what was seen: %w", err)
	}
	key, err := a.signingKey()
	if err != nil {
		return nil, err
	}
	w := witness.Witness{Key: key, Memory: witness.Memory{Dir: filepath.Join(config, "seen")}, Verify: holds}
	signed, err := w.See(dir, a.clock())
	if err != nil {
		return nil, err
	}
	own, err := witness.KeyOf(key.Verifier())
	if err != nil {
		return nil, err
	}
	said := &witnessed{
		Case: signed.Checkpoint.Case, Checkpoint: signed.Checkpoint.Size, At: signed.At,
		Key: own.String(), CaseKey: signed.Checkpoint.PublicKey,
	}
	if signed.Before != nil {
		said.Before = &signed.Before.At
	}
	for _, f := range []attach.File{{Name: witness.KeyFileName(own.Name), Content: []byte(own.String() + "\n")}, {Name: signed.Name, Content: signed.File}} {
		name, err := putWitness(dir, out, f)
		if err != nil {
			return nil, err
		}
		said.Files = append(said.Files, name)
	}
	return said, nil
}

// putWitness writes a witness's file into the case, or into another folder, and
// returns its path.
func putWitness(dir, out string, f attach.File) (string, error) {
	to, name := dir, f.Name
	if out != "" {
		to, name = out, path.Base(f.Name)
	}
	whole := filepath.Join(to, filepath.FromSlash(name))
	if _, err := os.Lstat(whole); err == nil && !strings.HasSuffix(name, ".pub") {
		return "", fmt.Errorf("%s: you have signed this checkpoint before, and once is enough", whole)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return whole, attach.Put(to, name, f.Content)
}

// mostTold bounds the problems of a case that an error names.
const mostTold = 5

// holds checks a case, and that it goes on from a checkpoint that was seen.
func holds(dir string, known []byte) error {
	return heldUp(verify.Case(dir, verify.Options{Checkpoint: string(known)}))
}

// heldUp turns what a check found wrong into an error.
func heldUp(result *verify.Result, err error) error {
	if err != nil || result.Holds {
		return err
	}
	var told []string
	for _, p := range result.Problems[:min(len(result.Problems), mostTold)] {
		told = append(told, shown(p.String()))
	}
	return fmt.Errorf("it does not hold, telltale case verify tells all: %s", strings.Join(told, "; "))
}

func (a *app) printWitnessed(w *witnessed) {
	before := "It is the first time that you see it."
	if w.Before != nil {
		before = fmt.Sprintf("It goes on from what you saw at %s.", w.Before.Format(time.RFC3339))
	}
	fmt.Fprintf(a.stdout, "The case %s holds: its first %d entries, signed with\n  %s\nare signed by you as seen at %s. %s\n",
		w.Case, w.Checkpoint, shown(w.CaseKey), w.At.Format(time.RFC3339), before)
	for _, f := range w.Files {
		fmt.Fprintf(a.stdout, "  %s\n", f)
	}
	fmt.Fprintln(a.stdout, "The investigator seals it with telltale case seal.")
}
