package peel

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"hash/crc32"
	"strconv"
	"strings"

	"example.org/telltale/internal/peel/match"
)

const (
	// saltTokens is how many values of a capture are tried as salts.
	saltTokens = 64
	// saltNeedles bounds the texts that are tried with them.
	saltNeedles = 64
	saltBytes   = 64 << 10
	// saltLayers bounds the layers of one search in which digests may stand
	// that are looked at; their paths must be as sure as saltScore.
	saltLayers = 8
	saltScore  = 0.5
	// keyWork bounds the digests made with listed keys for one layer.
	keyWork = 100000
	// saltWork bounds the digests made for one layer.
	saltWork = 300000
	// crcNeedles bounds the texts whose check sums of 32 bits are looked for:
	// the fewer, the rarer is one that is right by chance.
	crcNeedles = 32
	// cutLeast is the shortest part of a digest that is believed.
	cutLeast = 8
)

// salted finds digests of needles that were mixed with a value that stands in
// the same layer or with a listed key, and parts of digests. It works from what is there: the
// hex and base64 values of the capture are the digests, all its short values
// the salts. A part counts from 8 bytes: chance makes one of a million such
// tests right once in 2⁴⁴.
// tried says that there was a value that may be a digest.
func (c *Cribs) salted(b []byte, keys []Key) (hits []saltHit, tried bool) {
	if len(c.needles) > saltNeedles || len(b) > saltBytes {
		return nil, false
	}
	values := tokens(b)
	if len(values) > saltTokens {
		values = values[:saltTokens]
	}
	t := saltTest{wanted: digestValues(values)}
	if len(c.needles) <= crcNeedles {
		t.checkSums(c.needles, values)
	}
	if len(t.wanted) == 0 {
		return t.hits, false
	}
	for i, n := range c.needles {
		if len(n.Text) < match.MinLen {
			continue
		}
		for _, text := range digestible(n.Text, len(c.needles) <= crcNeedles) {
			t.needle(i, text, values)
			t.keyed(i, text, keys)
		}
	}
	return t.hits, true
}

type saltTest struct {
	wanted  map[uint64][]digestValue
	hits    []saltHit
	key     *Key // that is mixed in now
	work    int
	keyWork int
}

// saltHit is a digest found, and the value that was mixed in; nil: none.
type saltHit struct {
	match.Hit
	key *Key
}

// digestValue is a value of a capture that may be a digest or part of one.
type digestValue struct {
	token
	sum []byte
}

func (t *saltTest) needle(i int, text []byte, values []token) {
	for n, kind := range hashKinds() {
		h := kind.make()
		if !t.wants(h.Size(), n < commonHashes) {
			continue
		}
		sum := func(parts ...[]byte) []byte {
			h.Reset()
			t.work++
			for _, p := range parts {
				h.Write(p)
			}
			return h.Sum(nil)
		}
		t.key = nil
		t.compare(i, kind.name, sum(text))
		for _, v := range values {
			if t.work > saltWork {
				return
			}
			t.key = &Key{v.text, SourceCapture}
			t.compare(i, kind.name+":salted", sum(v.text, text))
			t.compare(i, kind.name+":salted", sum(text, v.text))
			for _, s := range []string{":", "|", "-", "_"} {
				t.compare(i, kind.name+":salted", sum(v.text, []byte(s), text))
				t.compare(i, kind.name+":salted", sum(text, []byte(s), v.text))
			}
			t.work += 2
			mac := hmac.New(kind.make, v.text)
			mac.Write(text)
			t.compare(i, "hmac-"+kind.name, mac.Sum(nil))
		}
	}
}

// keyed tries the listed keys: HMAC, and the key in front or behind. Parts of
// digests are not looked for.
func (t *saltTest) keyed(i int, text []byte, keys []Key) {
	for _, kind := range hashKinds() {
		h := kind.make()
		if !t.wants(h.Size(), false) {
			continue
		}
		for k := range keys {
			if t.keyWork += 4; t.keyWork > keyWork {
				return
			}
			t.key = &keys[k]
			mac := hmac.New(kind.make, keys[k].Bytes)
			mac.Write(text)
			t.compare(i, "hmac-"+kind.name, mac.Sum(nil))
			for _, parts := range [2][2][]byte{{keys[k].Bytes, text}, {text, keys[k].Bytes}} {
				h.Reset()
				h.Write(parts[0])
				h.Write(parts[1])
				t.compare(i, kind.name+":salted", h.Sum(nil))
			}
		}
	}
}

// wants reports whether a value is as long as a digest of n bytes, or a
// shorter one that may be part of a common digest.
func (t *saltTest) wants(n int, common bool) bool {
	for _, values := range t.wanted {
		for _, v := range values {
			if len(v.sum) == n || common && len(v.sum) < n {
				return true
			}
		}
	}
	return false
}

// checkSums looks for check sums of 32 bits among the values that are eight
// hexadecimal digits, or a decimal number of as many bits. Random values fit
// one of a few hundred tests once in ten million.
func (t *saltTest) checkSums(needles []Needle, values []token) {
	sums := map[uint32]token{}
	for _, v := range values {
		s := strings.TrimPrefix(string(v.text), "0x")
		if n, err := strconv.ParseUint(s, 16, 32); err == nil && len(s) == 8 {
			sums[uint32(n)] = v
		}
		if n, err := strconv.ParseUint(s, 10, 32); err == nil && len(s) >= 8 {
			sums[uint32(n)] = v
		}
	}
	if len(sums) == 0 {
		return
	}
	for i, n := range needles {
		if len(n.Text) < match.MinLen {
			continue
		}
		for _, kind := range crcKinds() {
			for _, text := range digestible(n.Text, false) {
				if v, ok := sums[crc32.Checksum(text, kind.table)]; ok {
					t.hits = append(t.hits, saltHit{match.Hit{Needle: i, Form: "hash:" + kind.name, At: v.at, Len: len(v.text)}, nil})
				}
			}
		}
	}
}

func (t *saltTest) compare(i int, form string, sum []byte) {
	for _, v := range t.wanted[sumHead(sum)] {
		if len(v.sum) <= len(sum) && string(sum[:len(v.sum)]) == string(v.sum) {
			t.hits = append(t.hits, saltHit{match.Hit{Needle: i, Form: "hash:" + form, At: v.at, Len: len(v.text)}, t.key})
		}
	}
}

func sumHead(sum []byte) uint64 {
	var x uint64
	for _, c := range sum[:cutLeast] {
		x = x<<8 | uint64(c)
	}
	return x
}

// digestValues keeps the values that are hex or base64 of 8 to 64 bytes.
func digestValues(values []token) map[uint64][]digestValue {
	out := map[uint64][]digestValue{}
	for _, v := range values {
		s := string(v.text)
		sum, err := hex.DecodeString(s)
		if err != nil || len(sum) < cutLeast {
			sum, err = base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(s))
		}
		if err == nil && len(sum) >= cutLeast && len(sum) <= 64 {
			out[sumHead(sum)] = append(out[sumHead(sum)], digestValue{v, sum})
		}
	}
	return out
}

// token is a value of a capture and its place.
type token struct {
	text []byte
	at   int
}

// tokens splits bytes into the values that stand between separators, each
// text once.
func tokens(b []byte) []token {
	seen := map[string]bool{}
	var out []token
	for i := 0; i < len(b); {
		from := i
		for i < len(b) && valueByte(b[i]) {
			i++
		}
		if text := b[from:i]; len(text) >= 4 && len(text) <= 128 && !seen[string(text)] {
			seen[string(text)] = true
			out = append(out, token{text, from})
		}
		if i == from {
			i++
		}
	}
	return out
}

// valueByte: what values of forms, JSON and headers are made of.
func valueByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("+/_-.", c) >= 0
}
