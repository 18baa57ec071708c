package signer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"

	"example.org/telltale/internal/casefile"
)

// Load reads the investigator's signing key from a file that no passphrase
// protects, or makes one on first use. The file is readable by its owner only.
// Programs that start together agree on one key: whoever comes second takes the
// first one's.
func Load(path string, random io.Reader) (casefile.Signer, error) {
	return Open(Place{Name: path, Random: random})
}

// Place is where a signing key is kept.
type Place struct {
	// Name is the path of a file; or "agent" for the one Ed25519 key that an SSH
	// agent holds, or "agent:" and the key's comment or fingerprint.
	Name string
	// Random makes a key where a file is not there yet.
	Random io.Reader
	// Passphrase is asked if the key is protected; nil if nobody can be asked.
	Passphrase func() (string, error)
	// Agent is the agent's socket.
	Agent string
}

// Open returns the key that is kept at a place, ready to sign.
func Open(p Place) (casefile.Signer, error) {
	if chosen, ok := inAgent(p.Name); ok {
		return openAgent(p.Agent, chosen)
	}
	text, err := readKey(p.Name)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(p.Name, KeyName, p.Random); err != nil {
			return nil, fmt.Errorf("making a signing key: %w", err)
		}
		text, err = readKey(p.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the signing key: %w", err)
	}
	plain, err := unlock(p.Name, text, p.Passphrase)
	if err != nil {
		return nil, err
	}
	return parseFile(p.Name, plain)
}

// Make makes a new key at path, which must not exist. A passphrase, unless it is
// empty, protects it.
func Make(path, name string, lock Lock, random io.Reader) (casefile.Signer, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("%s is there already: cases may depend on it; move it away to have a new key", path)
	}
	text, _, err := note.GenerateKey(random, name)
	if err != nil {
		return nil, fmt.Errorf("making a signing key: %w", err)
	}
	k, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("making a signing key: %w", err)
	}
	content := []byte(text + "\n")
	if lock.Passphrase != "" {
		if content, err = protect(content, k.verifier, lock); err != nil {
			return nil, err
		}
	}
	if err := put(path, content, publishNew); err != nil {
		return nil, fmt.Errorf("making a signing key: %w", err)
	}
	return k, nil
}

// makeKey makes a key that nothing protects. Where one has come in between, that
// one stays.
func makeKey(path, name string, random io.Reader) error {
	text, _, err := note.GenerateKey(random, name)
	if err != nil {
		return err
	}
	return put(path, []byte(text+"\n"), publish)
}

// put writes a file under another name, in a folder of its own, and then has it
// brought to its place whole.
func put(path string, content []byte, bring func(part, path string) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	parts, err := os.MkdirTemp(filepath.Dir(path), "key")
	if err != nil {
		return err
	}
	part := filepath.Join(parts, "new")
	err = writeNew(part, content)
	if err == nil {
		err = bring(part, path)
	}
	return errors.Join(err, os.RemoveAll(parts))
}

// writeNew makes a file that must not exist, and has it on the disk.
func writeNew(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// publish links part to path, which fails, and rightly so, where a key has come
// in between; on file systems without links it renames.
func publish(part, path string) error {
	err := os.Link(part, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return os.Rename(part, path)
}

// publishNew is publish for who wants this key and no other.
func publishNew(part, path string) error {
	err := os.Link(part, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	return os.Rename(part, path)
}

// mostKey bounds the file of a key, in bytes.
const mostKey = 1 << 16

func readKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, mostKey+1))
	if err != nil {
		return nil, err
	}
	if len(b) > mostKey {
		return nil, notAKey(path, errors.New("it is too large"))
	}
	return b, nil
}

func parseFile(path string, text []byte) (key, error) {
	k, err := parse(string(text))
	if err != nil {
		return key{}, notAKey(path, err)
	}
	return k, nil
}

func notAKey(path string, why error) error {
	return fmt.Errorf("%s is not a signing key (%w): move it away to have a new one made", path, why)
}
