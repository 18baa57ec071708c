package signer

import (
	"fmt"
	"strings"
)

// longestName is the most characters that a name in a key has.
const longestName = 64

// CheckName reports what is wrong with a name for a key. It becomes part of the
// public key and of file names in cases, so it is plain: ASCII letters, digits,
// "-", "_" and ".".
func CheckName(name string) error {
	if name == "" || len(name) > longestName || strings.Trim(name, nameSigns) != "" ||
		strings.ContainsAny(name[:1], "-_.") || strings.HasSuffix(name, ".pub") || strings.HasSuffix(name, ".new") {
		return fmt.Errorf("%.80q cannot be the name in a key: take up to %d ASCII letters, digits, -, _ and ., as in Jane-Doe, beginning with a letter or digit", name, longestName)
	}
	return nil
}

const nameSigns = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

// plainName makes the name of an agent's key of its comment.
func plainName(comment string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(nameSigns, r) {
			return r
		}
		return '-'
	}, comment)
	name = strings.TrimLeft(name, "-_.")
	if len(name) > longestName {
		name = name[:longestName]
	}
	if CheckName(name) != nil {
		return KeyName
	}
	return name
}
