package chat

import (
	"crypto/ecdh"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/flynn/noise"

	"example.org/telltale/internal/lab/replace"
)

// keySize is the size of Curve25519 keys, private and public.
const keySize = 32

// identity is the static key pair of an account.
type identity struct{ private *ecdh.PrivateKey }

func (i identity) public() []byte { return i.private.PublicKey().Bytes() }

func (i identity) noise() noise.DHKey {
	return noise.DHKey{Private: i.private.Bytes(), Public: i.public()}
}

// suite is Noise_*_25519_ChaChaPoly_BLAKE2s.
func suite() noise.CipherSuite {
	return noise.NewCipherSuite(noise.DH25519, noise.CipherChaChaPoly, noise.HashBLAKE2s)
}

// loadIdentity reads the key file (64 hex digits), or draws a key and writes
// the file when there is none.
func loadIdentity(path string, rand io.Reader) (identity, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newIdentity(path, rand)
	}
	if err != nil {
		return identity{}, fmt.Errorf("key file: %w", err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(raw) != keySize {
		return identity{}, fmt.Errorf("key file %s: want 64 hex digits; delete it to make a new account", path)
	}
	key, err := ecdh.X25519().NewPrivateKey(raw)
	if err != nil {
		return identity{}, fmt.Errorf("key file %s: %w", path, err)
	}
	return identity{key}, nil
}

func newIdentity(path string, rand io.Reader) (identity, error) {
	raw := make([]byte, keySize)
	if _, err := io.ReadFull(rand, raw); err != nil {
		return identity{}, fmt.Errorf("random source: %w", err)
	}
	key, err := ecdh.X25519().NewPrivateKey(raw)
	if err != nil {
		return identity{}, err
	}
	return identity{key}, replace.File(path, []byte(hex.EncodeToString(raw)+"\n"))
}

// sealPrologue binds a box to its sender and recipient.
func sealPrologue(from, to string) []byte {
	return []byte("telltale lab box 1\x00" + from + "\x00" + to)
}

// seal encrypts text for a key with the one-way pattern Noise X: only the
// holder of the key reads it and knows who wrote it.
func seal(rand io.Reader, own identity, to []byte, prologue, text []byte) ([]byte, error) {
	hs, err := noise.NewHandshakeState(noise.Config{
		CipherSuite: suite(), Random: rand, Pattern: noise.HandshakeX, Initiator: true,
		Prologue: prologue, StaticKeypair: own.noise(), PeerStatic: to,
	})
	if err != nil {
		return nil, err
	}
	box, _, _, err := hs.WriteMessage(nil, text)
	return box, err
}

// unseal opens a box and returns the text and the key of whoever sealed it.
func unseal(own identity, prologue, box []byte) (text, from []byte, err error) {
	hs, err := noise.NewHandshakeState(noise.Config{
		CipherSuite: suite(), Pattern: noise.HandshakeX,
		Prologue: prologue, StaticKeypair: own.noise(),
	})
	if err != nil {
		return nil, nil, err
	}
	text, _, _, err = hs.ReadMessage(nil, box)
	if err != nil {
		return nil, nil, fmt.Errorf("sealed frame does not open: %w", err)
	}
	return text, hs.PeerStatic(), nil
}
