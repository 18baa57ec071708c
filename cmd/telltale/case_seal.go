package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/attach"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/stamp"
	"example.org/telltale/internal/verify"
)

const caseSealLong = `Adds to your own case what others made of it, and signs it once more: time stamps,
and the signatures and keys of witnesses. Files that are named are checked and put
into their places; what stands in the case already and is not sealed is sealed.

Nothing that was signed before is changed.

Exit codes: 0 done, 1 the case or one of the files does not hold, or the case is
not yours, 2 wrong usage.`

// sealedCase is what case seal says.
type sealedCase struct {
	// Added were put into the case, Sealed were signed.
	Added  []string `json:"added"`
	Sealed []string `json:"sealed"`
	// Checkpoint is the number of entries that are signed now.
	Checkpoint int64 `json:"checkpoint"`
}

func (a *app) caseSealCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "seal CASE [FILE...]",
		Short: "Add time stamps and witnesses' signatures to your case, and sign it",
		Long:  caseSealLong,
		Example: `  telltale case seal cases/chat
  telltale case seal cases/chat 00000042-Jane-Doe Jane-Doe.pub`,
		Args: cobra.MinimumNArgs(1),
		RunE: failing(func(_ *cobra.Command, args []string) error {
			s, err := a.sealCase(args[0], args[1:])
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(s)
			}
			a.printSealed(s)
			return nil
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what was sealed as JSON")
	return cmd
}

// sealCase adds files to a case and seals what is not sealed.
func (a *app) sealCase(dir string, files []string) (*sealedCase, error) {
	before, err := a.sealable(dir)
	if err != nil {
		return nil, err
	}
	said := &sealedCase{Added: []string{}, Sealed: []string{}}
	if said.Added, err = addFiles(dir, files); err != nil {
		return nil, err
	}
	if err := heldUp(verify.Case(dir, verify.Options{SkipReplay: true})); err != nil {
		return nil, fmt.Errorf("a case that does not hold is not sealed: %w", err)
	}
	if err := a.sign(dir); err != nil {
		return nil, err
	}
	after, err := casefile.Read(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range slices.Sorted(maps.Keys(after.Files)) {
		if _, known := before.Files[f]; !known {
			said.Sealed = append(said.Sealed, f)
		}
	}
	said.Checkpoint = after.Entries
	return said, nil
}

// sealable reads a case and checks that it is one's own to sign.
func (a *app) sealable(dir string) (*casefile.Reader, error) {
	reader, err := casefile.Read(dir)
	if err != nil {
		return nil, err
	}
	if reader.Redacted {
		return nil, fmt.Errorf("%s is a redacted copy: seal the case itself, and make a new copy", dir)
	}
	own, err := a.ownCase(dir)
	if err != nil {
		return nil, err
	}
	if !own {
		return nil, fmt.Errorf("%s is signed with another key (%s): only who holds that one can seal it; see telltale case key", dir, shown(reader.PublicKey))
	}
	return reader, nil
}

// addFiles puts what others sent into its places.
func addFiles(dir string, files []string) ([]string, error) {
	added, sent := []string{}, []attach.File{}
	for _, name := range files {
		content, err := readSent(name)
		if err != nil {
			return nil, err
		}
		sent = append(sent, attach.File{Name: name, Content: content})
	}
	sorted, err := attach.Sort(dir, sent)
	if err != nil {
		return nil, err
	}
	for _, f := range sorted {
		if err := attach.Put(dir, f.Name, f.Content); err != nil {
			return nil, err
		}
		added = append(added, f.Name)
	}
	return added, nil
}

// readSent reads a file that somebody sent.
func readSent(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, stamp.MostResponse+1))
	if err == nil && len(content) > stamp.MostResponse {
		err = fmt.Errorf("%s is too large for a time stamp or a signature", name)
	}
	return content, err
}

// sign seals what is not sealed and signs the case.
func (a *app) sign(dir string) (err error) {
	c, err := a.openOwn(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.SealFiles(); err != nil {
		return err
	}
	return c.Checkpoint()
}

func (a *app) printSealed(s *sealedCase) {
	for _, f := range s.Sealed {
		fmt.Fprintf(a.stdout, "sealed  %s\n", shown(f))
	}
	if len(s.Sealed) == 0 {
		fmt.Fprintln(a.stdout, "Everything in the case was sealed before.")
		return
	}
	fmt.Fprintf(a.stdout, "The case is signed, %d entries.\n", s.Checkpoint)
}
