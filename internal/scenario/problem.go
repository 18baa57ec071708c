package scenario

import (
	"errors"
	"fmt"
	"strings"
)

// Problem is one thing wrong with a scenario.
type Problem struct {
	// File and the place in it. Line 0: the place is not in a file, and
	// Path says which field is meant, as in "limits.requests" or "words[3]".
	File         string
	Line, Column int
	Path         string
	// What is wrong; Fix is what to do about it.
	What, Fix string
}

// String writes "file:line:column: what; fix".
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File + ":")
	}
	if p.Line > 0 {
		fmt.Fprintf(&b, "%d:%d:", p.Line, p.Column)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	b.WriteString(p.What)
	if p.Fix != "" {
		b.WriteString("; " + p.Fix)
	}
	return b.String()
}

// Problems is every problem found, in the order of the file. It is the error
// of [Parse], [Load] and [Validate].
type Problems []Problem

// Error writes one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// orNil keeps an empty list from becoming an error that is not nil.
func (ps Problems) orNil() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// maxProblems bounds what one bad file can print.
const maxProblems = 50

// report adds a problem with a field.
func (ps *Problems) report(path, fix, what string, args ...any) {
	if len(*ps) < maxProblems {
		*ps = append(*ps, Problem{Path: path, What: fmt.Sprintf(what, args...), Fix: fix})
	}
}

// asProblems returns the list inside err, if there is one.
func asProblems(err error) (ps Problems) {
	errors.As(err, &ps)
	return ps
}
