// Package telltale holds the vocabulary of the investigation: the nouns that
// the rooms under internal/ share, and the small interfaces between them.
//
// # Admission rule
//
// A name enters this package only if two rooms must agree on it. It imports
// the standard library alone, does no I/O, starts no goroutine and keeps no
// state. Everything here can be written to a case and read back unchanged.
//
// # Three stages
//
// Raw facts ([Probe], [Receipt], [Flow], [Layer], [Visit], [Isolation]) become
// [Observation] rows, and those become [Finding] statements. Each later stage can be
// recomputed from the one before, without the app; see [Record].
//
// # Failure
//
// Failure is data. A message that did not arrive is a [Receipt]; a trial whose
// question was never put is [Void] and never counts as a negative. A Go error
// means that the question could not be asked at all.
package telltale

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Version is the version of the program, stated in every finding and entry.
const Version = "0.1.0"

// Digest names bytes by content: "sha256:" and 64 lower-case hex digits.
// The empty Digest means that no bytes were kept.
type Digest string

// DigestOf returns the name of b.
func DigestOf(b []byte) Digest {
	sum := sha256.Sum256(b)
	return Digest("sha256:" + hex.EncodeToString(sum[:]))
}

// Hex returns the 64 hex digits of d, or an error that says what is wrong
// with it. It is what files are named by, so anything but hex is refused.
func (d Digest) Hex() (string, error) {
	const prefix = "sha256:"
	s := string(d)
	if len(s) != len(prefix)+64 || s[:len(prefix)] != prefix {
		return "", fmt.Errorf("%q is not a digest: want sha256: and 64 hex digits", s)
	}
	for _, c := range s[len(prefix):] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return "", fmt.Errorf("%q is not a digest: %q is not a lower-case hex digit", s, c)
		}
	}
	return s[len(prefix):], nil
}
