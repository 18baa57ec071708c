package verify

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"example.org/telltale/internal/casefile/format"
)

// Algorithms of keys in signed notes.
const (
	algEd25519  = 0x01
	algCosigned = 0x04 // timestamped Ed25519 cosignatures
)

// key is a public key as notes have it: name, hash and key joined by "+".
type key struct {
	text   string
	name   string
	hash   uint32
	alg    byte
	public ed25519.PublicKey
}

// parseKey reads the text of a public key. Each key has one text only.
func parseKey(text string) (key, error) {
	name, rest, _ := strings.Cut(text, "+")
	hash, encoded, found := strings.Cut(rest, "+")
	if !found || name == "" || strings.ContainsAny(name, " \n") || !utf8.ValidString(name) {
		return key{}, errors.New("is no public key: want NAME+hash+key")
	}
	b, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(b) != 1+ed25519.PublicKeySize {
		return key{}, errors.New("is no public key: its last part is no Ed25519 key in base64")
	}
	k := key{text: text, name: name, hash: hashOf(name, b), alg: b[0], public: b[1:]}
	if hash != fmt.Sprintf("%08x", k.hash) {
		return key{}, fmt.Errorf("is no public key: its hash is %08x, not %.20q", k.hash, hash)
	}
	return k, nil
}

func hashOf(name string, algAndKey []byte) uint32 {
	s := sha256.Sum256(append([]byte(name+"\n"), algAndKey...))
	return binary.BigEndian.Uint32(s[:])
}

// signedNote is a text with signatures (C2SP signed-note).
type signedNote struct {
	text string
	sigs []signature
}

type signature struct {
	name string
	hash uint32
	sig  []byte
}

// parseNote takes a note apart. Nothing is checked yet.
func parseNote(b []byte) (signedNote, error) {
	if len(b) > format.MaxSmall || !utf8.Valid(b) {
		return signedNote{}, errors.New("is no signed note: too long, or not UTF-8")
	}
	for i, c := range b {
		if c < 0x20 && c != '\n' {
			return signedNote{}, fmt.Errorf("is no signed note: a control character at offset %d", i)
		}
	}
	all := string(b)
	cut := strings.LastIndex(all, "\n\n")
	if cut < 0 || !strings.HasSuffix(all, "\n") {
		return signedNote{}, errors.New("is no signed note: want a text, an empty line, and lines of signatures")
	}
	n := signedNote{text: all[:cut+1]}
	for line := range strings.Lines(all[cut+2:]) {
		s, err := parseSignature(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return signedNote{}, err
		}
		n.sigs = append(n.sigs, s)
	}
	if len(n.sigs) == 0 {
		return signedNote{}, errors.New("is no signed note: it has no signature")
	}
	return n, nil
}

func parseSignature(line string) (signature, error) {
	rest, found := strings.CutPrefix(line, "— ")
	name, encoded, spaced := strings.Cut(rest, " ")
	b, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if !found || !spaced || name == "" || strings.Contains(name, "+") || err != nil || len(b) < 5 {
		return signature{}, fmt.Errorf("is no signed note: %.60q is no line of a signature", line)
	}
	return signature{name, binary.BigEndian.Uint32(b), b[4:]}, nil
}

// by reports whether the signature says that it is the key's.
func (s signature) by(k key) bool { return s.name == k.name && s.hash == k.hash }

// signedBy checks that the note has one signature, and that it is k's.
func (n signedNote) signedBy(k key) error {
	switch {
	case len(n.sigs) != 1:
		return fmt.Errorf("has %d signatures, want one", len(n.sigs))
	case !n.sigs[0].by(k):
		return fmt.Errorf("is signed by %.60q with another key than %.60q", n.sigs[0].name, k.name)
	case k.alg != algEd25519 || !ed25519.Verify(k.public, []byte(n.text), n.sigs[0].sig):
		return errors.New("the signature does not hold")
	}
	return nil
}
