package terminal

import (
	"bytes"
	"strings"
)

const (
	// maxLine bounds one line that a program prints.
	maxLine = 1 << 20
	// maxShown is how many lines are kept for steps to look at.
	maxShown = 200
)

// lineReader cuts what a program prints into lines.
type lineReader struct {
	part []byte
	last []string
}

// take returns the lines that are whole now. What is too long for a line is
// cut.
func (l *lineReader) take(b []byte) (lines []string) {
	for len(b) > 0 {
		piece, rest, whole := bytes.Cut(b, []byte("\n"))
		if room := maxLine - len(l.part); len(piece) > room {
			piece = piece[:room]
		}
		l.part = append(l.part, piece...)
		b = rest
		if !whole {
			break
		}
		line := strings.ToValidUTF8(strings.TrimSuffix(string(l.part), "\r"), "\ufffd")
		l.part = l.part[:0]
		lines = append(lines, line)
		l.last = append(l.last, line)
	}
	l.last = l.last[max(0, len(l.last)-maxShown):]
	return lines
}
