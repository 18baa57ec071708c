package exec

import (
	"fmt"
	"strconv"
	"strings"
)

// Error is what went wrong with a driver process, with what a person needs
// to mend it. Everything the process wrote is escaped when printed.
type Error struct {
	// Command as it was started.
	Command []string
	// Op is the request that failed, as in "send"; "start" before the first.
	Op string
	// Line is the number of the offending line of the process's standard
	// output, counted from 1; 0 if no line is to blame. Start is how that
	// line begins.
	Line  int
	Start string
	// Stderr are the last lines that the process wrote to standard error.
	Stderr []string
	Err    error
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Error writes command, request, line and cause, then standard error.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "driver %s", clip(strings.Join(e.Command, " "), 200))
	if e.Op != "" {
		fmt.Fprintf(&b, ", %s", e.Op)
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, ", line %d of its output (%s)", e.Line, clip(e.Start, 80))
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	if len(e.Stderr) > 0 {
		b.WriteString("; its last words on standard error:")
		for _, s := range e.Stderr {
			b.WriteString("\n\t" + clean(s))
		}
	}
	return b.String()
}

// clip quotes the start of s, at most n bytes of it, escaped for a terminal.
func clip(s string, n int) string {
	if len(s) > n {
		return strconv.QuoteToGraphic(s[:n]) + "..."
	}
	return strconv.QuoteToGraphic(s)
}

// clean escapes s for a terminal and bounds it; no quotes around it.
func clean(s string) string {
	const most = 500
	cut := ""
	if len(s) > most {
		s, cut = s[:most], "..."
	}
	q := strconv.QuoteToGraphic(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`) + cut
}
