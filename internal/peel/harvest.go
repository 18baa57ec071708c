package peel

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"strings"
)

const (
	keyLeast, keyMost = 5, 64
	smallFile         = 256
)

// Harvest returns key candidates that stand in a file, the likeliest first,
// at most max of them: printable runs (ASCII and UTF-16LE, the latter in both
// writings), the words inside them, hex and base64 text decoded, a small file
// as a whole; then all of them padded with zero bytes to the lengths of
// common ciphers, and their MD5 and SHA-256. name becomes the Source.
func Harvest(name string, b []byte, max int) []Key {
	h := harvest{name: name, max: max, seen: map[string]bool{}}
	if len(b) <= smallFile {
		h.text(bytes.TrimSpace(b))
		h.add(b, "")
	}
	ascii := printableRuns(b)
	for _, r := range ascii {
		h.text(r)
	}
	h.wide(b)
	for _, r := range ascii {
		h.words(r)
		h.decoded(r)
	}
	h.derive()
	return h.keys
}

// harvest gathers keys, each bytes once.
type harvest struct {
	name string
	max  int
	keys []Key
	seen map[string]bool
}

func (h *harvest) add(b []byte, how string) {
	if len(b) < keyLeast || len(b) > keyMost || len(h.keys) >= h.max || h.seen[string(b)] {
		return
	}
	h.seen[string(b)] = true
	source := h.name
	if how != "" {
		source += " (" + how + ")"
	}
	h.keys = append(h.keys, Key{bytes.Clone(b), source})
}

// text adds a run as it is, and, since a string of C ends in a zero byte
// that may belong to the key, padded to the length of a DES or AES key.
func (h *harvest) text(run []byte) {
	h.add(run, "")
	for _, n := range []int{8, 16, 24, 32} {
		if len(run) == n-1 {
			h.add(append(bytes.Clone(run), 0), "")
		}
	}
}

// words adds the parts of a run that configuration files and addresses
// separate.
func (h *harvest) words(run []byte) {
	parts := bytes.FieldsFunc(run, func(r rune) bool { return strings.ContainsRune(" \t\r\n=:,;\"'&?/<>(){}[]|", r) })
	if len(parts) < 2 {
		return
	}
	for _, p := range parts {
		h.text(p)
	}
	for _, sep := range []string{"=", ":"} {
		if _, value, ok := bytes.Cut(run, []byte(sep)); ok {
			h.text(bytes.Trim(value, "\r\n\t\"'"))
			h.text(bytes.TrimSpace(value))
		}
	}
}

// decoded adds what hex or base64 text stands for.
func (h *harvest) decoded(run []byte) {
	for _, p := range append(bytes.Fields(run), bytes.FieldsFunc(run, func(r rune) bool { return strings.ContainsRune(" \t\r\n=:,;\"'", r) })...) {
		if len(p)%2 == 0 && len(p) >= 10 {
			if plain, err := replayCoding("hex", p); err == nil {
				h.add(plain, "hex")
			}
		}
		if len(p) >= 8 && len(p) <= 88 {
			if plain, err := replayCoding("base64", p); err == nil {
				h.add(plain, "base64")
			}
		}
	}
}

// wide adds runs of UTF-16LE characters, in that writing and in ASCII. Where
// ASCII text runs into them, the first character is doubtful.
func (h *harvest) wide(b []byte) {
	for _, r := range wideRuns(b) {
		h.wideRun(r)
		h.wideRun(r[2:])
	}
}

func (h *harvest) wideRun(r []byte) {
	narrow := make([]byte, 0, len(r)/2)
	for i := 0; i+1 < len(r); i += 2 {
		narrow = append(narrow, r[i])
	}
	h.add(r, "")
	h.add(narrow, "utf-16le")
}

// derive adds the padded and digested forms of everything found so far.
func (h *harvest) derive() {
	found := h.keys
	for _, k := range found {
		for _, n := range []int{8, 16, 24, 32} {
			if len(k.Bytes) < n {
				h.add(append(bytes.Clone(k.Bytes), make([]byte, n-len(k.Bytes))...), "padded")
				break
			}
		}
	}
	for _, k := range found {
		m, s := md5.Sum(k.Bytes), sha256.Sum256(k.Bytes)
		h.add(m[:], "md5")
		h.add(s[:], "sha256")
	}
}

// printableRuns splits b at bytes that are not printable ASCII. Runs longer
// than any key are kept to be searched for words, up to a bound.
func printableRuns(b []byte) [][]byte {
	var out [][]byte
	for i := 0; i < len(b); {
		from := i
		for i < len(b) && b[i] >= 0x20 && b[i] < 0x7f {
			i++
		}
		if n := i - from; n >= keyLeast && n <= 4096 {
			out = append(out, b[from:i])
		}
		if i == from {
			i++
		}
	}
	return out
}

// wideRuns finds printable ASCII written in UTF-16LE, 5 characters or more,
// at any offset.
func wideRuns(b []byte) [][]byte {
	var out [][]byte
	for i := 0; i+1 < len(b); {
		from := i
		for i+1 < len(b) && b[i] >= 0x20 && b[i] < 0x7f && b[i+1] == 0 {
			i += 2
		}
		if i-from >= 2*keyLeast && i-from <= 2*keyMost {
			out = append(out, b[from:i])
		}
		if i == from {
			i++
		}
	}
	return out
}
