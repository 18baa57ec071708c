package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/term"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/signer"
)

// keyring is the investigator's key while the program runs: opened once, so that
// a passphrase is asked for once.
type keyring struct {
	// passphraseFile is what --passphrase-file names.
	passphraseFile string

	mu   sync.Mutex
	open casefile.Signer
	// at is where the open key is kept.
	at string
	// told is the passphrase once somebody told it.
	told string
}

// passphraseVariable tells the passphrase to programs without a terminal.
const passphraseVariable = "TELLTALE_PASSPHRASE"

// takePassphrase takes the passphrase out of the environment, which apps under
// test inherit.
func (a *app) takePassphrase() error {
	text, ok := os.LookupEnv(passphraseVariable)
	if !ok {
		return nil
	}
	a.ring.told = text
	return os.Unsetenv(passphraseVariable)
}

// signingKey is the investigator's own key, made on first use. It is opened, and
// the passphrase asked for, on the first call.
func (a *app) signingKey() (casefile.Signer, error) {
	a.ring.mu.Lock()
	defer a.ring.mu.Unlock()
	place, err := a.keyPlace()
	if err != nil {
		return nil, err
	}
	if a.ring.open == nil || a.ring.at != place.Name {
		if a.ring.open, err = signer.Open(place); err != nil {
			return nil, err
		}
		a.ring.at = place.Name
	}
	return a.ring.open, nil
}

// keyPlace is where the investigator's key is kept.
func (a *app) keyPlace() (signer.Place, error) {
	place := signer.Place{
		Name: os.Getenv("TELLTALE_KEY"), Random: a.random, Agent: os.Getenv("SSH_AUTH_SOCK"),
		Passphrase: func() (string, error) { return a.passphrase("Passphrase of the signing key: ") },
	}
	if place.Name != "" {
		return place, nil
	}
	dir, err := configDir()
	if err != nil {
		return place, fmt.Errorf("there is no place for the signing key (%w): name a file in TELLTALE_KEY", err)
	}
	place.Name = filepath.Join(dir, "signing.key")
	return place, nil
}

// configDir is where telltale keeps what is the user's own.
func configDir() (string, error) {
	dir, err := os.UserConfigDir()
	return filepath.Join(dir, "telltale"), err
}

// passphrase is what opens the key: from a file, the environment or a terminal.
func (a *app) passphrase(prompt string) (string, error) {
	if a.ring.passphraseFile != "" {
		return readPassphrase(a.ring.passphraseFile)
	}
	if a.ring.told != "" {
		return a.ring.told, nil
	}
	return a.askHidden(prompt)
}

// mostPassphrase bounds a passphrase, in bytes.
const mostPassphrase = 4096

// readPassphrase reads the first line of a file.
func readPassphrase(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("reading the passphrase: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, mostPassphrase+1))
	if err != nil {
		return "", fmt.Errorf("reading the passphrase: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" || len(line) > mostPassphrase {
		return "", fmt.Errorf("%s holds no passphrase: write it on the first line, %d bytes at most", path, mostPassphrase)
	}
	return line, nil
}

// errNobodyToAsk is why no passphrase can be typed.
var errNobodyToAsk = errors.New("there is no terminal to ask for it: tell it in " + passphraseVariable + " or by --passphrase-file")

// askHidden asks on the terminal and shows nothing of what is typed.
func (a *app) askHidden(prompt string) (string, error) {
	f, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return "", errNobodyToAsk
	}
	fmt.Fprint(a.stderr, prompt)
	text, err := readHidden(int(f.Fd()))
	fmt.Fprintln(a.stderr)
	if err != nil {
		return "", fmt.Errorf("reading the passphrase: %w", err)
	}
	if text == "" || len(text) > mostPassphrase {
		return "", fmt.Errorf("the passphrase is empty, or longer than %d bytes: try again", mostPassphrase)
	}
	return text, nil
}

// readHidden reads a line without echo. Ctrl-C ends it and leaves the terminal as
// it was.
func readHidden(fd int) (string, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	state, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	type answer struct {
		text []byte
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		answers <- answer{text, err}
	}()
	select {
	case got := <-answers:
		return string(got.text), got.err
	case <-ctx.Done():
		return "", errors.Join(errors.New("nothing was told"), term.Restore(fd, state))
	}
}
