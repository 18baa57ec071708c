package report_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"example.org/telltale/internal/report"
	"golang.org/x/text/width"
)

// columns counts terminal columns the plain way.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n++
		if k := width.LookupRune(r).Kind(); r >= 0x300 && (k == width.EastAsianWide || k == width.EastAsianFullwidth) {
			n++
		}
	}
	return n
}

func TestTextFitsItsWidth(t *testing.T) {
	t.Parallel()
	for _, in := range []report.Input{withReference(), clean().input(), hostileInput()} {
		for _, width := range []int{0, 40, 72, 120} {
			var b bytes.Buffer
			if err := report.Text(&b, in, width, false); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				line = strings.TrimRight(line, "\n")
				if columns(line) > max(width, 40) && !strings.Contains(line, "telltale case verify") && !strings.Contains(line, "verify.py") {
					t.Errorf("width %d: %d columns: %q", width, columns(line), line)
				}
			}
		}
	}
}

func TestColourIsAllThatColourAdds(t *testing.T) {
	t.Parallel()
	sgr := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for _, in := range []report.Input{withReference(), hostileInput()} {
		var plain, colour bytes.Buffer
		if err := report.Text(&plain, in, 80, false); err != nil {
			t.Fatal(err)
		}
		if err := report.Text(&colour, in, 80, true); err != nil {
			t.Fatal(err)
		}
		if !sgr.Match(colour.Bytes()) || sgr.Match(plain.Bytes()) {
			t.Error("colours are missing, or came unasked")
		}
		if got := sgr.ReplaceAll(colour.Bytes(), nil); !bytes.Equal(got, plain.Bytes()) {
			t.Error("with its colours taken off, the coloured text differs from the plain one")
		}
	}
}
