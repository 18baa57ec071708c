// Package witness signs what others have signed: that a checkpoint of a case was
// seen at a time, by somebody who is not the investigator, and that it went on
// from what they had seen of the case before (C2SP tlog-cosignature). Whoever
// rewrites a case later has to have all its witnesses rewrite theirs.
package witness

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/signer"
)

// kindCosignature is the first byte of the public keys of witnesses.
const kindCosignature = 4

// Key is a witness's public key.
type Key struct {
	Name   string
	public ed25519.PublicKey
}

// KeyOf is the witness's key that signs with an investigator's: the same key,
// said to be one for cosignatures.
func KeyOf(verifier string) (Key, error) {
	name, public, err := signer.Public(verifier)
	if err != nil {
		return Key{}, err
	}
	if err := signer.CheckName(name); err != nil {
		return Key{}, err
	}
	return Key{name, public}, nil
}

// ParseKey reads the line of a .pub file.
func ParseKey(line string) (Key, error) {
	name, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "+")
	_, encoded, _ := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != kindCosignature {
		return Key{}, fmt.Errorf("%.100q is no key of a witness: want NAME+hash+key, with a key for cosignatures", line)
	}
	k := Key{name, raw[1:]}
	if err := signer.CheckName(name); err != nil {
		return Key{}, err
	}
	if k.String() != strings.TrimSuffix(line, "\n") {
		return Key{}, fmt.Errorf("%.100q is no key of a witness: its hash is wrong", line)
	}
	return k, nil
}

// String is the key as it stands in a .pub file, without the newline.
func (k Key) String() string {
	return fmt.Sprintf("%s+%08x+%s", k.Name, k.hash(), base64.StdEncoding.EncodeToString(k.data()))
}

// Same reports whether two keys are one, whatever they are called.
func (k Key) Same(public ed25519.PublicKey) bool { return k.public.Equal(public) }

func (k Key) data() []byte { return append([]byte{kindCosignature}, k.public...) }

func (k Key) hash() uint32 {
	sum := sha256.Sum256(append([]byte(k.Name+"\n"), k.data()...))
	return binary.BigEndian.Uint32(sum[:4])
}

// message is what a cosignature signs.
func message(text string, seconds uint64) []byte {
	return []byte("cosignature/v1\ntime " + strconv.FormatUint(seconds, 10) + "\n" + text)
}

// Cosign signs the text of a checkpoint as seen at a time, and returns the
// witness's file.
func Cosign(text string, key casefile.Signer, at time.Time) ([]byte, error) {
	k, err := KeyOf(key.Verifier())
	if err != nil {
		return nil, err
	}
	seconds := uint64(at.Unix())
	signature, err := key.Sign(message(text, seconds))
	if err != nil {
		return nil, fmt.Errorf("signing as a witness: %w", err)
	}
	raw := binary.BigEndian.AppendUint32(nil, k.hash())
	raw = append(binary.BigEndian.AppendUint64(raw, seconds), signature...)
	file := fmt.Sprintf("%s\n— %s %s\n", text, k.Name, base64.StdEncoding.EncodeToString(raw))
	_, _, err = Check([]byte(file), k)
	return []byte(file), err
}

// errNote says what a witness's file is made of.
var errNote = errors.New("it is no witness's file: want the text of a checkpoint, an empty line, and one signature")

// Check returns the text that a witness's file signs, and when it was seen.
func Check(file []byte, by Key) (text string, at time.Time, err error) {
	text, name, raw, err := split(string(file))
	if err != nil {
		return "", time.Time{}, err
	}
	if name != by.Name || binary.BigEndian.Uint32(raw) != by.hash() {
		return "", time.Time{}, fmt.Errorf("it is signed by %.80q with another key than that of %s", name, by.Name)
	}
	seconds := binary.BigEndian.Uint64(raw[4:])
	if seconds > 1<<40 || !ed25519.Verify(by.public, message(text, seconds), raw[12:]) {
		return "", time.Time{}, fmt.Errorf("the signature of %s does not hold", by.Name)
	}
	return text, time.Unix(int64(seconds), 0).UTC(), nil
}

// split takes a witness's file apart: the text with its newline, the name, and
// hash, time and signature.
func split(file string) (text, name string, raw []byte, err error) {
	text, line, found := strings.Cut(file, "\n\n")
	line, ended := strings.CutSuffix(line, "\n")
	signed, dashed := strings.CutPrefix(line, "— ")
	name, encoded, spaced := strings.Cut(signed, " ")
	raw, err = base64.StdEncoding.Strict().DecodeString(encoded)
	const length = 4 + 8 + ed25519.SignatureSize
	if !found || !ended || !dashed || !spaced || err != nil || len(raw) != length || strings.ContainsAny(encoded, "\r\n") {
		return "", "", nil, errNote
	}
	return text + "\n", name, raw, nil
}

// Name returns whose signature a file says to hold.
func Name(file []byte) (string, error) {
	_, name, _, err := split(string(file))
	return name, err
}
