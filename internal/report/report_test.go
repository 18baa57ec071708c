package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"example.org/telltale/internal/report"
	"github.com/google/go-cmp/cmp"
)

var (
	samples = flag.String("samples", "", "write sample reports into this directory, to be looked at")
	update  = flag.Bool("update", false, "write the golden files anew")
)

// form is one of the three forms of a report.
type form struct {
	ext   string
	print func(*bytes.Buffer, report.Input) error
}

func forms() []form {
	return []form{
		{"html", func(b *bytes.Buffer, in report.Input) error { return report.HTML(b, in) }},
		{"json", func(b *bytes.Buffer, in report.Input) error { return report.JSON(b, in) }},
		{"txt", func(b *bytes.Buffer, in report.Input) error { return report.Text(b, in, 80, false) }},
	}
}

func printed(t *testing.T, f form, in report.Input) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.print(&b, in); err != nil {
		t.Fatalf("%s: %v", f.ext, err)
	}
	return b.Bytes()
}

// withReference is the monitored client beside the clean one.
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
	for name, in := range map[string]report.Input{"tom-2011": withReference(), "clean": clean().input(), "hostile": hostileInput()} {
		for _, f := range forms() {
			if err := os.WriteFile(filepath.Join(*samples, name+"."+f.ext), printed(t, f, in), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestSameRecordSameBytes(t *testing.T) {
	t.Parallel()
	for _, f := range forms() {
		first := printed(t, f, withReference())
		for range 5 {
			if !bytes.Equal(first, printed(t, f, withReference())) {
				t.Errorf("%s: two prints of the same record differ", f.ext)
			}
		}
	}
}

func TestGoldenText(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]report.Input{"tom-2011": withReference(), "clean": clean().input()} {
		file := filepath.Join("testdata", name+".txt")
		got := printed(t, forms()[2], in)
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got; go test -update writes it anew):\n%s", file, diff)
		}
	}
}

func TestNoRecordIsAnError(t *testing.T) {
	t.Parallel()
	for _, f := range forms() {
		var b bytes.Buffer
		if err := f.print(&b, report.Input{}); err == nil || b.Len() > 0 {
			t.Errorf("%s: error %v and %d bytes; want an error and none", f.ext, err, b.Len())
		}
	}
}

func TestBlobsThatCannotBeReadAreSaid(t *testing.T) {
	t.Parallel()
	in := tom2011().input()
	in.Blob = nil
	v, err := report.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	if v.Opened == nil || !v.Opened.Coats[0].Missing || v.Opened.Text != nil {
		t.Errorf("opened %+v; want a first coat whose bytes are missing, and no text", v.Opened)
	}
	if page := printed(t, forms()[0], in); !bytes.Contains(page, []byte("bytes not at hand")) {
		t.Error("the page does not say that the bytes were not at hand")
	}
}
