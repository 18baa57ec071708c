package peel

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"

	"example.org/telltale/internal/peel/match"
)

// ReadKeys reads a list of keys, one a line: "hex:" or "base64:" and the
// bytes, or else a text. A text stands for itself, its UTF-16LE form, its
// MD5 and SHA-256, and itself padded with zero bytes to the lengths of common
// ciphers; the literal keys of all lines come first. name becomes the Source
// and stands in errors, which give the line's number.
func ReadKeys(name string, r io.Reader) ([]Key, error) {
	l := keyList{name: name, seen: map[string]bool{}}
	var texts [][]byte
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<16)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSuffix(lines.Bytes(), []byte("\r"))
		b, text, err := parseKey(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		l.add(b, "")
		if text {
			texts = append(texts, bytes.Clone(b))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w; a key is shorter than 64 KiB", name, err)
	}
	for _, t := range texts {
		l.forms(t)
	}
	return l.keys, nil
}

func parseKey(line []byte) (b []byte, text bool, err error) {
	switch {
	case bytes.HasPrefix(line, []byte("hex:")):
		b, err = hex.DecodeString(string(line[4:]))
	case bytes.HasPrefix(line, []byte("base64:")):
		b, err = base64.StdEncoding.DecodeString(string(line[7:]))
	default:
		return line, true, nil
	}
	return b, false, err
}

type keyList struct {
	name string
	keys []Key
	seen map[string]bool
}

func (l *keyList) add(b []byte, how string) {
	if len(b) == 0 || l.seen[string(b)] {
		return
	}
	l.seen[string(b)] = true
	source := l.name
	if how != "" {
		source += " (" + how + ")"
	}
	l.keys = append(l.keys, Key{bytes.Clone(b), source})
}

// forms adds what a text may stand for.
func (l *keyList) forms(text []byte) {
	l.add(match.Encode(string(text), "utf-16le"), "utf-16le")
	for _, n := range []int{8, 16, 24, 32} {
		if len(text) < n {
			l.add(append(bytes.Clone(text), make([]byte, n-len(text))...), "padded")
		}
	}
	m, s := md5.Sum(text), sha256.Sum256(text)
	l.add(m[:], "md5")
	l.add(s[:], "sha256")
}
