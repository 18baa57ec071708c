package wordlist

import (
	"bytes"
	"crypto/aes"
	"crypto/des"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf16"
)

// Key is a key to try on enciphered lists.
type Key struct {
	Bytes  []byte
	Source string
}

// HistoricKeys are those of the clients whose lists are published: a string
// that TOM-Skype 5.x used in UTF-16LE with AES-256, as it is passed on.
func HistoricKeys() []Key {
	var key []byte
	for _, u := range utf16.Encode([]rune("0sr TM#RWFD,a43 ")) {
		key = append(key, byte(u), byte(u>>8))
	}
	return []Key{{key, "known: TOM-Skype 5.x"}}
}

// chainKey starts the chain of the 3.x clients.
const chainKey = 0x68

// cipher is one way to open bytes: those of the historic clients need so
// little evidence, since their keys are known.
type cipher struct {
	coat string
	key  Key
	open func(b []byte) []byte // nil if it cannot be
}

func ciphers(keys []Key) []cipher {
	out := []cipher{{"xor-chain", Key{}, unchain}, {"xor-chain", Key{}, unchainRunning}}
	for _, k := range keys {
		switch len(k.Bytes) {
		case 16, 24, 32:
			out = append(out, cipher{map[int]string{16: "aes-128-ecb", 24: "aes-192-ecb", 32: "aes-256-ecb"}[len(k.Bytes)], k, unECB(k.Bytes)})
		case 8:
			out = append(out, cipher{"des-ecb", k, unECB(k.Bytes)})
		}
	}
	return out
}

// unchain takes off the chain in which each byte hangs on the enciphered one
// before it: plain[i] = (c[i] ^ 0x68) - c[i-1], c[-1] = 0x68.
func unchain(b []byte) []byte {
	out, before := make([]byte, len(b)), byte(chainKey)
	for i, c := range b {
		out[i], before = (c^chainKey)-before, c
	}
	return out
}

// unchainRunning is the same with the plain byte before it.
func unchainRunning(b []byte) []byte {
	out, before := make([]byte, len(b)), byte(chainKey)
	for i, c := range b {
		out[i] = (c ^ chainKey) - before
		before = out[i]
	}
	return out
}

// unECB opens whole blocks and takes the padding off, PKCS #7 or zeros.
func unECB(key []byte) func(b []byte) []byte {
	return func(b []byte) []byte {
		block, err := aes.NewCipher(key)
		if len(key) == des.BlockSize {
			block, err = des.NewCipher(key)
		}
		if err != nil || len(b) == 0 || len(b)%block.BlockSize() != 0 {
			return nil
		}
		out := make([]byte, len(b))
		for i := 0; i < len(b); i += block.BlockSize() {
			block.Decrypt(out[i:], b[i:])
		}
		return unpad(out, block.BlockSize())
	}
}

func unpad(b []byte, size int) []byte {
	if n := int(b[len(b)-1]); n >= 1 && n <= size && bytes.Count(b[len(b)-n:], b[len(b)-1:]) == n {
		return b[:len(b)-n]
	}
	return bytes.TrimRight(b, "\x00")
}

// opened is a list with its coats off.
type opened struct {
	text  string
	coats []string
	key   Key
}

// unlock tries the historic ciphers on the file as a whole, on what hex or
// base64 text stands for, and on each line by itself.
func unlock(b []byte, o Options, codings ...string) (opened, bool) {
	keys, charset := o.keys(), o.Charset
	for _, coding := range codings {
		body := uncode(b, coding)
		if body == nil || coding != "" && !varied(body) {
			continue
		}
		if text, cs, ok := clear(body, charset); ok && coding != "" && len(body) >= 4*least {
			return opened{text: text, coats: coatsOf(coding, cs)}, true
		}
		for _, c := range ciphers(keys) {
			if text, cs, ok := clear(c.open(body), charset); ok {
				return opened{text, coatsOf(coding, c.coat, cs), c.key}, true
			}
		}
	}
	return unlockLines(b, o, codings)
}

// unlockLines opens lists of which each line is enciphered by itself.
func unlockLines(b []byte, o Options, codings []string) (opened, bool) {
	keys, charset := o.keys(), o.Charset
	lines := bytes.Split(bytes.TrimSpace(b), []byte("\n"))
	if len(lines) < 2 {
		return opened{}, false
	}
	for _, coding := range codings {
		for _, c := range ciphers(keys) {
			if text, cs, ok := clear(openLines(lines, coding, c), charset); ok {
				return opened{text, append([]string{"lines"}, coatsOf(coding, c.coat, cs)...), c.key}, true
			}
		}
	}
	return opened{}, false
}

// openLines opens each line; nil if one of them does not open.
func openLines(lines [][]byte, coding string, c cipher) []byte {
	var all []byte
	for _, line := range lines {
		if line = bytes.TrimSuffix(line, []byte("\r")); len(line) == 0 {
			continue
		}
		body := uncode(line, coding)
		if body == nil {
			return nil
		}
		plain := c.open(body)
		if len(plain) == 0 || bytes.ContainsAny(plain, "\r\n") {
			return nil
		}
		all = append(append(all, plain...), '\n')
	}
	return all
}

// least is the number of bytes under which chance may make text of one
// charset, leastGuess that under which it may make text of some.
const (
	least      = 4
	leastGuess = 64
)

// clear reads what a cipher gave; it must be text to the last byte.
func clear(b []byte, charset string) (text, cs string, ok bool) {
	if len(b) < least {
		return "", "", false
	}
	if charset != "" {
		text, ok = decode(b, charset)
		return text, charset, ok
	}
	if text, ok = decode(b, "utf-8"); ok {
		return text, "", true
	}
	if len(b) < leastGuess {
		return "", "", false
	}
	return guess(b)
}

func coatsOf(coats ...string) []string {
	var out []string
	for _, c := range coats {
		if c != "" && c != "utf-8" {
			out = append(out, c)
		}
	}
	return out
}

// varied reports whether bytes are as different as enciphered ones are: a
// line of one letter over and over may stand for anything.
func varied(b []byte) bool {
	distinct := 0
	var seen [256]bool
	for _, c := range b {
		if !seen[c] {
			seen[c] = true
			distinct++
		}
	}
	return distinct >= 6
}

// uncode gives the bytes that a text stands for; nil if it is none of the
// coding.
func uncode(b []byte, coding string) []byte {
	if coding == "" {
		return b
	}
	b = bytes.Join(bytes.Fields(b), nil)
	if len(b) < 2*least {
		return nil
	}
	if coding == "hex" {
		out := make([]byte, hex.DecodedLen(len(b)))
		if _, err := hex.Decode(out, b); err != nil {
			return nil
		}
		return out
	}
	text := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(string(b), "="))
	out, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return out
}
