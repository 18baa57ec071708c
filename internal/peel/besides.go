package peel

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

// What stands beside a message in the same capture may be its salt, its IV or
// its nonce: the other values of the containers that it was taken out of.

const (
	// besideMost is how many values are kept for one layer.
	besideMost = 24
	// besideBytes bounds the containers that are split into values.
	besideBytes = 64 << 10
	// besideLeast and besideLong are the lengths of values.
	besideLeast, besideLong = 4, 64
)

// besides are the values that stand beside a layer, the nearest first, as they
// are and decoded from hex or base64.
func (s *search) besides(n *node) [][]byte {
	var out [][]byte
	add := func(b []byte) {
		fits := len(b) >= besideLeast && len(b) <= besideLong && len(out) < besideMost
		if fits && !slices.ContainsFunc(out, func(old []byte) bool { return bytes.Equal(old, b) }) {
			out = append(out, b)
		}
	}
	for child, p := n, n.parent; p != nil; child, p = p, p.parent {
		if !child.part {
			continue
		}
		for _, v := range p.values {
			for _, v := range standsFor(v) {
				add(v)
			}
		}
		if len(p.bytes) > besideBytes {
			continue
		}
		for _, t := range tokens(p.bytes) {
			for _, v := range standsFor(t.text) {
				add(v)
			}
		}
	}
	return out
}

// standsFor are what a value stands for, if that is short: bytes in hex or
// base64 first.
func standsFor(text []byte) [][]byte {
	var out [][]byte
	if b, err := hex.DecodeString(string(text)); err == nil && len(b) >= besideLeast {
		out = append(out, b)
	} else if b, err := base64.RawStdEncoding.DecodeString(plain64(text)); err == nil && len(b) >= besideLeast {
		out = append(out, b)
	}
	return append(out, text)
}

// plain64 writes base64 in the usual alphabet without padding.
func plain64(text []byte) string {
	return strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(string(text))
}

// besideIVs is how many values are tried as IVs.
const besideIVs = 4

// ivs are the values beside a layer that are as long as an IV or a nonce.
func (s *search) ivs(n *node) [][]byte {
	out := slices.DeleteFunc(s.besides(n), func(b []byte) bool { return len(b) != 16 && len(b) != gcmNonce && len(b) != 8 })
	return out[:min(len(out), besideIVs)]
}
