package peel

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// saltedPeeler takes the head off what `openssl enc` and its kin write:
// "Salted__" and eight bytes of salt. The key is made of a password and that
// salt; see derive.go.
type saltedPeeler struct{}

const (
	saltedMagic = "Salted__"
	saltedHead  = 16
	coatSalted  = "openssl"
)

func (saltedPeeler) Name() string { return coatSalted }

func (saltedPeeler) Peel(in Input) []Candidate {
	body, ok := saltedBody(in.Bytes)
	if !ok || len(body) > in.Limit {
		return nil
	}
	return []Candidate{{Coats: []string{coatSalted}, Bytes: body, Score: 0.97, Whole: true}}
}

// saltedBody is what stands behind the salt.
func saltedBody(b []byte) ([]byte, bool) {
	if !bytes.HasPrefix(b, []byte(saltedMagic)) || len(b) <= saltedHead {
		return nil, false
	}
	return b[saltedHead:], true
}

// openSalt takes a salt off the front of a message: "salt:16".
func openSalt(coat string, b []byte) ([]byte, error) {
	_, size, _ := strings.Cut(coat, ":")
	n, err := strconv.Atoi(size)
	if err != nil || n < 0 || n >= len(b) {
		return nil, fmt.Errorf("%s: no salt of this length", coat)
	}
	return b[n:], nil
}
