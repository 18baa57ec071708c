package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"example.org/telltale/internal/casefile/format"
)

// redaction checks the note of who took values out of a copy.
func (c *check) redaction() {
	f := c.notes.redacted
	switch {
	case errors.Is(f.err, errMissing) && c.book.masked > 0:
		c.problem(format.RedactedFile, 0, "missing: %d values of the log are masked, and nobody signed for it", c.book.masked)
		return
	case errors.Is(f.err, errMissing):
		return
	}
	c.res.Redacted = true
	err := f.err
	if err == nil {
		err = c.covers(f.head, format.RedactedOrigin+c.book.begin.Case)
	}
	if err == nil && f.head.size != c.res.Entries {
		err = fmt.Errorf("is over %d entries, the log has %d", f.head.size, c.res.Entries)
	}
	if err == nil {
		err = c.sameLog(f.head.rest)
	}
	if err == nil {
		err = c.redactedBy(f.note, f.head.rest)
	}
	if err != nil {
		c.problem(format.RedactedFile, 0, "%v", err)
		return
	}
	if c.res.Signed != c.res.Entries {
		c.problem(format.LogFile, int(c.res.Signed)+1, "a redacted copy ends with its newest checkpoint, this one goes on")
	}
	for i, line := range strings.Split(strings.TrimSuffix(f.head.rest, "\n"), "\n") {
		if i >= 2 { // behind digest and key
			c.note(format.RedactedFile, 0, "%.300s", line)
		}
	}
}

// sameLog compares the log's digest, which also covers the words that stand in
// place of masked values.
func (c *check) sameLog(rest string) error {
	stated, _, _ := strings.Cut(rest, "\n")
	f, err := openRegular(c.path(format.LogFile))
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return bare(err)
	}
	if digest := hex.EncodeToString(h.Sum(nil)); stated != digest {
		return fmt.Errorf("the log is not the one that was signed (SHA-256 %s, want %.64s)", digest, stated)
	}
	return nil
}

// redactedBy checks the signature with the key that the note names. Anyone may
// redact: it needs no trust, for what was taken out is vouched for by the
// checkpoints.
func (c *check) redactedBy(n signedNote, rest string) error {
	_, rest, _ = strings.Cut(rest, "\n")
	text, _, _ := strings.Cut(rest, "\n")
	k, err := parseKey(text)
	if err != nil {
		return fmt.Errorf("its fifth line %w", err)
	}
	if len(n.sigs) != 1 {
		return fmt.Errorf("has %d signatures, want one", len(n.sigs))
	}
	if err := n.signedBy(k); err != nil {
		return err
	}
	if k.text != c.own.text {
		c.note(format.RedactedFile, 0, "was made with another key than the case's: %.200s", k.text)
	}
	return nil
}
