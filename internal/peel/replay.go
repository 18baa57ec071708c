package peel

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"

	"example.org/telltale/internal/peel/match"
)

var errCoat = errors.New("no such coat here")

// replayLimit bounds the alternatives that one Replay looks into.
const replayLimit = 2000

// Replay takes the coats of a path off other bytes, with the same key: from
// one record to the next, or to verify a find from Steps[0]. A key may be
// nil if no coat is a cipher; with several ciphers it serves them all. Where
// b holds several runs of a coding, the first that leads to the end of the
// path is taken; see [Retrace].
func Replay(path []string, key *Key, b []byte) ([]byte, error) {
	return Retrace(path, key, b, func([]byte) bool { return true })
}

// Retrace is Replay that goes on until it comes to bytes that want accepts.
// A find is verified by Retrace from its Steps[0] to its Bytes.
func Retrace(path []string, key *Key, b []byte, want func([]byte) bool) ([]byte, error) {
	r := retrace{path: path, key: key, want: want}
	if out, ok := r.walk(0, b); ok {
		return out, nil
	}
	if r.err == nil {
		r.err = errors.New("the coats come off, but what is under them is not what was wanted")
	}
	return nil, r.err
}

type retrace struct {
	path  []string
	key   *Key
	want  func([]byte) bool
	steps int
	// read is what was decoded from other places than the first, in bytes.
	read int
	// err is the first failure, deep how deep it was.
	err  error
	deep int
}

func (r *retrace) walk(depth int, b []byte) ([]byte, bool) {
	if depth == len(r.path) {
		return b, r.want(b)
	}
	coat := r.path[depth]
	plain, err := replayCoat(coat, r.key, b)
	if err == nil {
		if out, ok := r.walk(depth+1, plain); ok {
			return out, true
		}
	} else if r.err == nil || depth > r.deep {
		r.err, r.deep = fmt.Errorf("coat %d, %s: %w", depth+1, coat, err), depth
	}
	if out, ok := r.reread(depth, b); ok {
		return out, true
	}
	for _, c := range runsOf(coat, b) {
		if r.steps++; r.steps > replayLimit {
			return nil, false
		}
		if out, ok := r.walk(depth+1, c.Bytes); ok {
			return out, true
		}
	}
	return nil, false
}

// rereadLimit bounds what one Retrace decodes in charsets from other places
// than the first, in bytes.
const rereadLimit = 256 << 20

// reread reads a charset of several bytes a character from the other places
// that a reading may begin at.
func (r *retrace) reread(depth int, b []byte) ([]byte, bool) {
	form := r.path[depth]
	if unitOf(form) == 0 {
		return nil, false
	}
	for _, start := range newPhases(form, b).starts()[1:] {
		if r.read += len(b); r.read > rereadLimit {
			return nil, false
		}
		if out, ok := r.walk(depth+1, decodeForm(form, b[start:])); ok {
			return out, true
		}
	}
	return nil, false
}

// runsOf offers the runs of a coding that stand inside b.
func runsOf(coat string, b []byte) []Candidate {
	in := Input{Bytes: b, Shape: ShapeOf(b), Limit: layerLimit, Sure: 1}
	var out []Candidate
	for _, p := range append(embedded(), structural()...) {
		for _, c := range p.Peel(in) {
			if len(c.Coats) == 1 && c.Coats[0] == coat {
				out = append(out, c)
			}
		}
	}
	return append(out, inflated(coat, b)...)
}

// inflated are the streams of a compression that begin at the front of b,
// also those that nothing but a known text spoke for.
func inflated(coat string, b []byte) []Candidate {
	var out []Candidate
	for _, f := range formats() {
		if f.name != coat {
			continue
		}
		if plain, _ := f.inflate(bufio.NewReader(bytes.NewReader(b)), layerLimit); len(plain) > 0 {
			out = append(out, Candidate{Coats: []string{coat}, Bytes: plain})
		}
	}
	return out
}

func replayCoat(coat string, key *Key, b []byte) ([]byte, error) {
	name, _, _ := strings.Cut(coat, ":")
	if isCipher(coat) {
		return replayCipher(coat, key, b)
	}
	if match.IsForm(name) {
		return b, nil // the text was altered, not the bytes around it
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
	case "target", "query", "header", "cookie", "body", "rest":
		return replayPart(coat, b)
	case "hex", "base64", "base64url", "base32":
		return replayCoding(name, b)
	case "hash":
		return b, nil
	case "salt":
		return openSalt(coat, b)
	}
	if strings.HasSuffix(coat, ":dictionary") && key != nil {
		return openDictionary(coat, key.Bytes, b, layerLimit)
	}
	return replayPeeler(coat, b)
}

func replayCipher(coat string, key *Key, b []byte) ([]byte, error) {
	if key == nil || len(key.Bytes) == 0 {
		return nil, errors.New("needs a key")
	}
	name, _, _ := strings.Cut(coat, ":")
	switch name {
	case "caesar":
		return rotate(b, key.Bytes[0]), nil
	case "affine":
		return openAffine(key.Bytes, b), nil
	case "rc4":
		return openRC4(key.Bytes, b), nil
	case "xor", "xor-chain", "add", "rotate-bits":
		return openBytewise(coat, key.Bytes, b)
	case "qqtea":
		return openQQTEA(key.Bytes, b, len(b))
	case "xxtea":
		return openXXTEA(key.Bytes, b)
	case "chacha20":
		return openChaCha(coat, key.Bytes, b)
	case "chacha20-poly1305":
		return openPoly(key.Bytes, b)
	}
	return openLock(coat, key.Bytes, b)
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
	in := Input{Bytes: b, Shape: ShapeOf(b), Limit: layerLimit, Sure: 1}
	for _, p := range structural() {
		for _, c := range p.Peel(in) {
			if len(c.Coats) == 1 && c.Coats[0] == coat {
				return c.Bytes, nil
			}
		}
	}
	return nil, errCoat
}
