package peel

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"example.org/telltale/internal/peel/match"
)

var errCoat = errors.New("no such coat here")

// Replay takes the coats of a path off other bytes, with the same key: from
// one record to the next, or to verify a find. A key may be nil if no coat
// is a cipher; with several ciphers it serves them all. Runs inside a longer
// text are not looked for: b must be the coded bytes, blanks around them
// aside.
func Replay(path []string, key *Key, b []byte) ([]byte, error) {
	for i, coat := range path {
		out, err := replayCoat(coat, path[:i], key, b)
		if err != nil {
			return nil, fmt.Errorf("coat %d, %s: %w", i+1, coat, err)
		}
		b = out
	}
	return b, nil
}

func replayCoat(coat string, under []string, key *Key, b []byte) ([]byte, error) {
	name, _, _ := strings.Cut(coat, ":")
	if isCipher(coat) {
		return replayCipher(coat, key, b)
	}
	if charset := match.Charset(name); charset != nil {
		return charset.NewDecoder().Bytes(b)
	}
	switch name {
	case "http":
		if !isHTTP(b) {
			return nil, errCoat
		}
		return b, nil
	case "target", "query", "header", "cookie", "body":
		return replayPart(coat, b)
	case "hex", "base64", "base64url", "base32":
		return replayCoding(name, b)
	case "hash":
		return b, nil
	}
	return replayPeeler(coat, b)
}

func replayCipher(coat string, key *Key, b []byte) ([]byte, error) {
	if key == nil || len(key.Bytes) == 0 {
		return nil, errors.New("needs a key")
	}
	name, _, _ := strings.Cut(coat, ":")
	switch {
	case name == "rc4":
		return openRC4(key.Bytes, b), nil
	case name == "xor" || name == "xor-chain" || name == "add":
		return openBytewise(coat, key.Bytes, b)
	}
	return openBlock(coat, key.Bytes, b)
}

func replayPart(coat string, b []byte) ([]byte, error) {
	for _, p := range httpParts(b) {
		if p.coat == coat {
			return p.value, nil
		}
	}
	return nil, errCoat
}

// replayCoding is strict: every byte must belong to the coding.
func replayCoding(name string, b []byte) ([]byte, error) {
	b = withoutLines(bytes.TrimSpace(b))
	var out []byte
	want := 0
	switch name {
	case "hex":
		out, want = unhex(b), len(b)/2
	case "base32":
		out, want = unbase32(b), len(bytes.TrimRight(b, "="))*5/8
	default:
		out, want = unbase64(b), len(bytes.TrimRight(b, "="))*6/8
	}
	if len(b) == 0 || len(out) != want || name == "hex" && len(b)%2 != 0 {
		return nil, fmt.Errorf("%d bytes, not all of the coding", len(b))
	}
	return out, nil
}

// replayPeeler asks the peelers without keys for the same coat.
func replayPeeler(coat string, b []byte) ([]byte, error) {
	in := Input{Bytes: b, Shape: ShapeOf(b), Limit: layerLimit}
	for _, p := range structural() {
		for _, c := range p.Peel(in) {
			if len(c.Coats) == 1 && c.Coats[0] == coat {
				return c.Bytes, nil
			}
		}
	}
	return nil, errCoat
}
