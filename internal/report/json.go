package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
)

// JSON writes the report for other programs; docs/report-json.md describes the
// fields. Characters that would not be seen are written as \u escapes, so that
// the file can be looked at without harm.
func JSON(w io.Writer, in Input) error {
	v, err := Build(in)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("report: JSON: %w", err)
	}
	if _, err := w.Write(escapeHidden(b.Bytes())); err != nil {
		return fmt.Errorf("report: write JSON: %w", err)
	}
	return nil
}

// escapeHidden writes the hidden characters of a JSON text as \u escapes. They
// can only stand inside strings, where an escape means the same.
func escapeHidden(doc []byte) []byte {
	var out bytes.Buffer
	for _, r := range string(doc) {
		switch {
		case r == '\n' || !hidden(r) && !unicode.Is(unicode.M, r):
			out.WriteRune(r)
		case r > 0xFFFF:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xD800+(r>>10), 0xDC00+(r&0x3FF))
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.Bytes()
}
