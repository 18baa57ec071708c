package verify

import (
	"strings"

	"example.org/telltale/internal/casefile/format"
)

// keys reads the case's public key and compares it with the one to trust.
func (c *check) keys() {
	text, err := c.small(format.PublicKeyFile)
	if err != nil {
		c.problem(format.PublicKeyFile, 0, "%v", err)
	}
	line, whole := strings.CutSuffix(string(text), "\n")
	if err == nil && !whole {
		c.problem(format.PublicKeyFile, 0, "is cut: want a key and a newline")
	}
	trusted := strings.TrimSpace(c.opts.Key)
	if trusted != "" && err == nil && line != trusted {
		c.problem(format.PublicKeyFile, 0, "is not the key you trust")
	}
	if trusted == "" {
		trusted = line
	}
	if c.own, err = parseKey(trusted); err != nil {
		c.problem(format.PublicKeyFile, 0, "%.120q %v", trusted, err)
		c.own.text = trusted
	}
}
