package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"example.org/telltale/internal/signer"
)

const caseKeyLong = `Shows and keeps the key that your cases are signed with.

Without one, the first case makes a key that no passphrase protects. A key of your
own name, under a passphrase:

    telltale case key new --name Jane-Doe

It is kept in the user's configuration, or in the file that TELLTALE_KEY names.
The passphrase is asked for on the terminal, once, before anything is typed into
an app; a program tells it in TELLTALE_PASSPHRASE or by --passphrase-file.

A key in an SSH agent does as well, if it is of Ed25519: TELLTALE_KEY=agent takes
the only one, TELLTALE_KEY=agent:COMMENT the one with that comment or fingerprint.

Give others the public key, which this command prints, by a way that does not
pass through the case: they check your cases with telltale case verify --key.

Exit codes: 0 done, 1 there is no key or it cannot be read, 2 wrong usage.`

func (a *app) caseKeyCommand() *cobra.Command {
	var asJSON bool
	show := func(cmd *cobra.Command, _ []string) error { return a.showKey(asJSON) }
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Show and keep the key that cases are signed with",
		Long:  caseKeyLong,
		Example: `  telltale case key
  telltale case key new --name Jane-Doe
  TELLTALE_KEY=agent:jane@laptop telltale case key`,
		Args: cobra.NoArgs,
		RunE: failing(show),
	}
	cmd.PersistentFlags().BoolVar(&asJSON, "json", false, "print the key as JSON")
	cmd.AddCommand(&cobra.Command{
		Use: "show", Short: "Show the public key and where the key is kept", Args: cobra.NoArgs, RunE: failing(show),
	}, a.keyNewCommand(&asJSON), a.keyProtectCommand(&asJSON), a.keyUnprotectCommand(&asJSON))
	return cmd
}

// showKey prints what is no secret of the key.
func (a *app) showKey(asJSON bool) error {
	place, err := a.keyPlace()
	if err != nil {
		return err
	}
	info, err := signer.Look(place)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: make one with telltale case key new --name NAME, or begin a case", err)
	}
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(info)
	}
	how := "no passphrase protects it"
	switch {
	case info.Agent:
		how = "held by the SSH agent"
	case info.Protected:
		how = "protected by a passphrase"
	}
	_, err = fmt.Fprintf(a.stdout, "%s\n%s (%s)\n", info.PublicKey, shown(info.Place), how)
	return err
}

// keyFile is the file that a command about files of keys works on.
func (a *app) keyFile() (signer.Place, error) {
	place, err := a.keyPlace()
	if err == nil && place.InAgent() {
		err = errors.New("the key is in the SSH agent: ssh-keygen and ssh-add keep it; unset TELLTALE_KEY, or name a file in it, for a key of telltale's own")
	}
	return place, err
}

func (a *app) keyNewCommand(asJSON *bool) *cobra.Command {
	var name string
	var open bool
	var work int
	cmd := &cobra.Command{
		Use:   "new --name NAME",
		Short: "Make a key under a name and a passphrase",
		Long: `Makes a key. The name, of a person or a laboratory, stands in the public key and
so in every checkpoint: up to 64 ASCII letters, digits, "-", "_" and ".". A key
that is there stays: cases may depend on it.`,
		Example: `  telltale case key new --name Jane-Doe
  telltale case key new --name Example-Lab --passphrase-file secret.txt
  TELLTALE_KEY=ci.key telltale case key new --name CI --no-passphrase`,
		Args: cobra.NoArgs,
		RunE: failing(func(*cobra.Command, []string) error {
			if err := signer.CheckName(name); err != nil {
				return exitWith(exitUsage, fmt.Errorf("--name: %w", err))
			}
			place, err := a.keyFile()
			if err != nil {
				return err
			}
			lock, err := lockOf(work)
			if err != nil {
				return err
			}
			if !open {
				if lock.Passphrase, err = a.newPassphrase(); err != nil {
					return err
				}
			}
			if _, err := signer.Make(place.Name, name, lock, a.random); err != nil {
				return err
			}
			return a.showKey(*asJSON)
		}),
	}
	cmd.Flags().StringVar(&name, "name", "", "name of the person or laboratory that signs (required)")
	workFlag(cmd, &work)
	cmd.Flags().BoolVar(&open, "no-passphrase", false, "protect the key by nothing but the file's permissions")
	return cmd
}

// workFlag lets the cost of a passphrase be chosen.
func workFlag(cmd *cobra.Command, work *int) {
	cmd.Flags().IntVar(work, "work", defaultWork, fmt.Sprintf("what trying a passphrase costs, from %d to %d: each step doubles it; %d takes about a second", signer.LeastWork, signer.MostWork, defaultWork))
}

// defaultWork is what age takes.
const defaultWork = 18

func lockOf(work int) (signer.Lock, error) {
	if work < signer.LeastWork || work > signer.MostWork {
		return signer.Lock{}, exitWith(exitUsage, fmt.Errorf("--work %d: take %d to %d", work, signer.LeastWork, signer.MostWork))
	}
	return signer.Lock{Work: work}, nil
}

// newPassphrase is a passphrase that a key gets: told by a file or the
// environment, or typed twice.
func (a *app) newPassphrase() (string, error) {
	first, err := a.passphrase("New passphrase: ")
	if errors.Is(err, errNobodyToAsk) {
		return "", fmt.Errorf("%w; or take --no-passphrase", err)
	}
	if err != nil || a.ring.passphraseFile != "" || a.ring.told != "" {
		return first, err
	}
	second, err := a.askHidden("The same again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errors.New("the two are not the same: try again")
	}
	return first, nil
}

func (a *app) keyProtectCommand(asJSON *bool) *cobra.Command {
	var oldFile string
	var work int
	cmd := &cobra.Command{
		Use:   "protect",
		Short: "Put a passphrase on the key, or a new one",
		Long: `Puts a passphrase on the key (age, scrypt). The key stays the same, and so does
the public key. If the key has a passphrase already, that one is asked for first,
or read from the file that --old names.`,
		Example: `  telltale case key protect
  telltale case key protect --old old.txt --passphrase-file new.txt`,
		Args: cobra.NoArgs,
		RunE: failing(func(*cobra.Command, []string) error {
			place, err := a.keyFile()
			if err != nil {
				return err
			}
			info, err := signer.Look(signer.Place{Name: place.Name, Passphrase: place.Passphrase})
			if err != nil {
				return err
			}
			old := func() (string, error) { return a.oldPassphrase(oldFile) }
			if info.Protected { // asked for in the order in which one thinks of them
				told, err := old()
				if err != nil {
					return err
				}
				old = func() (string, error) { return told, nil }
			}
			lock, err := lockOf(work)
			if err != nil {
				return err
			}
			if lock.Passphrase, err = a.newPassphrase(); err != nil {
				return err
			}
			if err := signer.Protect(place.Name, lock, old); err != nil {
				return err
			}
			return a.showKey(*asJSON)
		}),
	}
	workFlag(cmd, &work)
	cmd.Flags().StringVar(&oldFile, "old", "", "file whose first line is the passphrase that the key has")
	return cmd
}

// oldPassphrase is that of a key that gets another one.
func (a *app) oldPassphrase(file string) (string, error) {
	if file != "" {
		return readPassphrase(file)
	}
	return a.askHidden("Passphrase that the key has: ")
}

func (a *app) keyUnprotectCommand(asJSON *bool) *cobra.Command {
	return &cobra.Command{
		Use:   "unprotect",
		Short: "Take the passphrase off the key",
		Long:  "Takes the passphrase off the key. Whoever can read the file can sign from then on.",
		Args:  cobra.NoArgs,
		RunE: failing(func(*cobra.Command, []string) error {
			place, err := a.keyFile()
			if err != nil {
				return err
			}
			if err := signer.Unprotect(place.Name, place.Passphrase); err != nil {
				return err
			}
			return a.showKey(*asJSON)
		}),
	}
}
