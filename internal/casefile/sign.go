package casefile

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// checkpointOrigin is the first line of every checkpoint.
const checkpointOrigin = "telltale/case"

// keyName is the name in the keys of investigators.
const keyName = "telltale-investigator"

// LoadKey reads the investigator's signing key from path, or makes one on
// first use. The file is readable by its owner only. Programs that start
// together agree on one key: whoever comes second takes the first one's.
func LoadKey(path string, random io.Reader) (string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(path, random); err != nil {
			return "", fmt.Errorf("making a signing key: %w", err)
		}
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return "", fmt.Errorf("reading the signing key: %w", err)
	}
	signer := strings.TrimSpace(string(text))
	if _, err := note.NewSigner(signer); err != nil {
		return "", fmt.Errorf("%s is not a signing key (%w): move it away to have a new one made", path, err)
	}
	return signer, nil
}

// makeKey puts a new key at path whole: it is written under another name and
// linked, which fails, and rightly so, where a key has come in between.
func makeKey(path string, random io.Reader) error {
	signer, _, err := note.GenerateKey(random, keyName)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	parts, err := os.MkdirTemp(filepath.Dir(path), "key")
	if err != nil {
		return err
	}
	part := filepath.Join(parts, "new")
	err = writeOnce(part, []byte(signer+"\n"))
	if err == nil {
		err = publishKey(part, path)
	}
	return errors.Join(err, os.RemoveAll(parts))
}

// publishKey links part to path, or renames it on file systems without links.
func publishKey(part, path string) error {
	err := os.Link(part, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return os.Rename(part, path)
}

// VerifierOf returns the public half of a signer key, in the form of the
// note package: name, hash and key joined by "+".
func VerifierOf(signer string) (string, error) {
	parts := strings.SplitN(signer, "+", 5)
	if len(parts) != 5 || parts[0] != "PRIVATE" || parts[1] != "KEY" {
		return "", errors.New("the signing key is malformed: want PRIVATE+KEY+name+hash+key")
	}
	raw, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return "", errors.New("the signing key is malformed: its last part is no Ed25519 seed")
	}
	public := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	data := append([]byte{raw[0]}, public...)
	sum := sha256.Sum256(append([]byte(parts[2]+"\n"), data...))
	return fmt.Sprintf("%s+%08x+%s", parts[2], binary.BigEndian.Uint32(sum[:4]), base64.StdEncoding.EncodeToString(data)), nil
}

// Checkpoint signs the log as it stands. Everything that the signed entries
// name is on the disk before.
func (c *Case) Checkpoint() error {
	if err := c.blobs.sync(); err != nil {
		return c.fail(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.checkpointLocked()
}

// checkpointLocked signs. When that fails the case takes no more entries: a
// line behind the end of a stage would claim that the end was signed.
func (c *Case) checkpointLocked() error {
	if c.failed != nil {
		return c.failed
	}
	// Most blobs are on the disk by now; those of entries that came while it
	// was waited for may not be.
	if err := c.blobs.sync(); err != nil {
		return c.failLocked(err)
	}
	if err := c.sign(); err != nil {
		return c.failLocked(err)
	}
	return nil
}

func (c *Case) sign() error {
	if err := c.log.Sync(); err != nil {
		return fmt.Errorf("signing the log: %w", err)
	}
	root, err := tlog.TreeHash(c.entries, tlog.HashReaderFunc(c.readHashes))
	if err != nil {
		return fmt.Errorf("signing the log: %w", err)
	}
	signer, err := note.NewSigner(c.opts.Signer)
	if err != nil {
		return fmt.Errorf("signing the log: %w", err)
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", checkpointOrigin, c.entries, base64.StdEncoding.EncodeToString(root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return fmt.Errorf("signing the log: %w", err)
	}
	return c.publish(signed)
}

func (c *Case) publish(signed []byte) error {
	numbered := filepath.Join(c.dir, "checkpoints", fmt.Sprintf("%08d", c.entries))
	latest := filepath.Join(c.dir, "checkpoint")
	_, err := os.Lstat(numbered)
	if errors.Is(err, fs.ErrNotExist) {
		err = replace(numbered, latest+".new", signed)
	}
	if err != nil {
		return fmt.Errorf("signing the log: %w", err)
	}
	// The copy is made anew even if nothing was added: a run that was cut
	// off between the two left it behind. Signatures are deterministic.
	if err := replace(latest, latest+".new", signed); err != nil {
		return fmt.Errorf("signing the log: %w", err)
	}
	return nil
}

// parseCheckpoint checks the signature and reads size and root.
func parseCheckpoint(signed []byte, verifier string) (int64, tlog.Hash, error) {
	v, err := note.NewVerifier(verifier)
	if err != nil {
		return 0, tlog.Hash{}, fmt.Errorf("the public key is malformed: %w", err)
	}
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		return 0, tlog.Hash{}, fmt.Errorf("the signature does not hold: %w", err)
	}
	var size int64
	var root string
	if _, err := fmt.Sscanf(n.Text, checkpointOrigin+"\n%d\n%s\n", &size, &root); err != nil {
		return 0, tlog.Hash{}, fmt.Errorf("not a checkpoint of a case: %w", err)
	}
	hash, err := tlog.ParseHash(root)
	if err != nil {
		return 0, tlog.Hash{}, fmt.Errorf("not a checkpoint of a case: %w", err)
	}
	return size, hash, nil
}
