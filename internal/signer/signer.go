// Package signer holds the keys that investigators sign checkpoints with. A key
// stays where it is kept, in a file or in an agent; whoever signs is handed a
// [casefile.Signer] and never sees it.
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

// KeyName is the name in the keys of investigators.
const KeyName = "telltale-investigator"

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
	signer, err := note.NewSigner(text)
	if err != nil {
		return key{}, err
	}
	verifier, err := verifierOf(text)
	return key{signer, verifier}, err
}

// verifierOf returns the public half of a private key's text.
func verifierOf(signer string) (string, error) {
	parts := strings.SplitN(signer, "+", 5)
	if len(parts) != 5 || parts[0] != "PRIVATE" || parts[1] != "KEY" {
		return "", errors.New("the signing key is malformed: want PRIVATE+KEY+name+hash+key")
	}
	raw, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return "", errors.New("the signing key is malformed: its last part is no Ed25519 seed")
	}
	public := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	return encodeVerifier(parts[2], raw[0], public), nil
}

// encodeVerifier writes a public key as the note package does.
func encodeVerifier(name string, kind byte, public []byte) string {
	data := append([]byte{kind}, public...)
	sum := sha256.Sum256(append([]byte(name+"\n"), data...))
	return fmt.Sprintf("%s+%08x+%s", name, binary.BigEndian.Uint32(sum[:4]), base64.StdEncoding.EncodeToString(data))
}

// New makes a key that lives in memory alone.
func New(random io.Reader, name string) (casefile.Signer, error) {
	text, _, err := note.GenerateKey(random, name)
	if err != nil {
		return nil, fmt.Errorf("making a signing key: %w", err)
	}
	return parse(text)
}
