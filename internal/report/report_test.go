package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"example.org/telltale/internal/report"
)

var samples = flag.String("samples", "", "write sample pages into this directory, to be looked at")

func withReference() report.Input {
	in := tom2011().input()
	ref := clean().input()
	in.Reference = &ref
	return in
}

func TestWriteSamples(t *testing.T) {
	t.Parallel()
	if *samples == "" {
		t.Skip("no -samples directory")
	}
	for name, in := range map[string]report.Input{"tom-2011": withReference(), "clean": clean().input()} {
		var page, text, doc bytes.Buffer
		if err := report.HTML(&page, in); err != nil {
			t.Fatal(err)
		}
		if err := report.Text(&text, in, 100, false); err != nil {
			t.Fatal(err)
		}
		if err := report.JSON(&doc, in); err != nil {
			t.Fatal(err)
		}
		for ext, b := range map[string][]byte{".html": page.Bytes(), ".txt": text.Bytes(), ".json": doc.Bytes()} {
			if err := os.WriteFile(filepath.Join(*samples, name+ext), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
