// Package signer holds the keys that investigators sign checkpoints with. A key
// stays where it is kept, in a file that a passphrase may protect, or in an SSH
// agent; whoever signs is handed a [casefile.Signer] and never sees it. No error
// and no text that this package makes holds a private key or a passphrase.
package signer

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"example.org/telltale/internal/casefile"
)

// KeyName is the name in keys that were made without one.
const KeyName = "telltale-investigator"

// kindEd25519 is the first byte of the Ed25519 keys of signed notes.
const kindEd25519 = 1

// key is a signing key in memory.
type key struct {
	note.Signer
	verifier string
}

// Verifier returns the public half: name, hash and key joined by "+".
func (k key) Verifier() string { return k.verifier }

// parse reads the text of a private key.
func parse(text string) (key, error) {
	text = strings.TrimSpace(text)
	verifier, err := verifierOf(text)
	if err != nil {
		return key{}, err
	}
	signer, err := note.NewSigner(text)
	return key{signer, verifier}, err
}

// errMalformed says what is wrong with a key's text and shows nothing of it.
var errMalformed = errors.New("want PRIVATE+KEY+name+hash+key of an Ed25519 key")

// verifierOf returns the public half of a private key's text.
func verifierOf(signer string) (string, error) {
	parts := strings.SplitN(signer, "+", 5)
	if len(parts) != 5 || parts[0] != "PRIVATE" || parts[1] != "KEY" {
		return "", errMalformed
	}
	raw, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize || raw[0] != kindEd25519 {
		return "", errMalformed
	}
	public := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	return encodeVerifier(parts[2], raw[0], public), nil
}

// encodeVerifier writes a public key as the note package does.
func encodeVerifier(name string, kind byte, public []byte) string {
	data := append([]byte{kind}, public...)
	return fmt.Sprintf("%s+%08x+%s", name, hashOf(name, data), base64.StdEncoding.EncodeToString(data))
}

// hashOf is the number that tells keys of one name apart.
func hashOf(name string, data []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), data...))
	return binary.BigEndian.Uint32(sum[:4])
}

// Public takes a public key apart: the name in it and the Ed25519 key.
func Public(verifier string) (name string, public ed25519.PublicKey, err error) {
	verifier = strings.TrimSpace(verifier)
	if _, err := note.NewVerifier(verifier); err != nil {
		return "", nil, fmt.Errorf("%.100q is no public key: want name+hash+key", verifier)
	}
	parts := strings.SplitN(verifier, "+", 3)
	raw, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize {
		return "", nil, fmt.Errorf("%.100q is no public key: want name+hash+key", verifier)
	}
	return parts[0], raw[1:], nil
}

// New makes a key that lives in memory alone.
func New(random io.Reader, name string) (casefile.Signer, error) {
	text, _, err := note.GenerateKey(random, name)
	if err != nil {
		return nil, fmt.Errorf("making a signing key: %w", err)
	}
	return parse(text)
}
