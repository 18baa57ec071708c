package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"example.org/telltale/internal/peel"
)

// excerptRunes is how much of the opened text is shown on either side of what
// was looked for.
const excerptRunes = 60

// terminal reports whether a person looks at what is written.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// peeled shows a copy like an onion: a line for each coat, one deeper than the
// one before, and innermost the text with what was looked for marked.
func (p *peelPrinter) peeled(w io.Writer, line peelFind, f peel.Find) error {
	var out strings.Builder
	fmt.Fprintf(&out, "%s, offset %d\n", line.File, f.Offset)
	for i, coat := range f.Path {
		size := ""
		if i < len(f.Steps) {
			size = fmt.Sprintf("  %d bytes", len(f.Steps[i]))
		}
		fmt.Fprintf(&out, "%s%s%s\n", branch(i), coats([]string{coat}), p.dim(size))
	}
	if line.Key != nil {
		fmt.Fprintf(&out, "%skey %s  %s\n", strings.Repeat("  ", len(f.Path)+1), *line.Key, p.dim(quoted(line.Source)))
	}
	indent := branch(len(f.Path))
	if f.List != nil {
		fmt.Fprintf(&out, "%sa list of %d lines\n", indent, len(f.List))
	}
	for _, text := range f.Needles {
		fmt.Fprintf(&out, "%s%s\n", indent, p.marked(f.Bytes, text))
	}
	_, err := fmt.Fprintln(w, out.String())
	return err
}

// branch begins the line of the coat at a depth.
func branch(depth int) string {
	if depth == 0 {
		return "  "
	}
	return strings.Repeat("  ", depth) + "└ "
}

// marked is the text around a needle. Where the needle does not stand as it
// is, as in a hash or an altered copy, it is only named.
func (p *peelPrinter) marked(b []byte, needle string) string {
	i := bytes.Index(b, []byte(needle))
	if i < 0 {
		return p.mark(quoted(needle))
	}
	before, after := b[:i], b[i+len(needle):]
	return cutFront(before) + p.mark(quoted(needle)) + cutBack(after)
}

// cutFront escapes the end of what stands before, cutBack the beginning of
// what stands behind.
func cutFront(b []byte) string {
	from := len(b)
	for n := 0; from > 0 && n < excerptRunes; n++ {
		_, size := utf8.DecodeLastRune(b[:from])
		from -= size
	}
	cut := ""
	if from > 0 {
		cut = "…"
	}
	return cut + quoted(string(b[from:]))
}

func cutBack(b []byte) string {
	until := 0
	for n := 0; until < len(b) && n < excerptRunes; n++ {
		_, size := utf8.DecodeRune(b[until:])
		until += size
	}
	cut := ""
	if until < len(b) {
		cut = "…"
	}
	return quoted(string(b[:until])) + cut
}

// quoted escapes captured text, without marks around it.
func quoted(s string) string {
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

func (p *peelPrinter) mark(s string) string {
	if p.color {
		return "\x1b[1;7m" + s + "\x1b[0m"
	}
	return "⟦" + s + "⟧"
}

func (p *peelPrinter) dim(s string) string {
	if p.color && s != "" {
		return "\x1b[2m" + s + "\x1b[0m"
	}
	return s
}
