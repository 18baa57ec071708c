package casefile_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func TestFilesArePutSealedAndReplaced(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	opts := options(t)
	c, err := casefile.Create(dir, opts)
	must(t, err)
	must(t, c.PutPlan(telltale.Plan{Program: "p", Seed: 1 << 63, Analysis: []string{"a"}}))
	for _, name := range []string{"report.html", "stamps/00000042-1.tsr", "witness/NAME.pub", "sources/1/log/entries.jsonl"} {
		for _, s := range []string{"first", "second"} {
			must(t, c.PutFile(name, text(s)))
			if b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err != nil || string(b) != s {
				t.Errorf("%s is %q, %v", name, b, err)
			}
		}
	}
	must(t, os.MkdirAll(filepath.Join(dir, "ca"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "ca", "ca.pem"), []byte("authority"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "ca", "half.new"), []byte("auth"), 0o600))
	must(t, c.PutEnd("enough"))
	must(t, c.SealFiles())
	must(t, c.Checkpoint())
	r := c.Reader()
	must(t, c.Close())
	if f := r.Files["report.html"]; f != (format.File{File: "report.html", Size: 6, Digest: telltale.DigestOf([]byte("second")), Signed: f.Signed}) || f.Signed == 0 {
		t.Errorf("sealed as %+v", f)
	}
	if len(r.Files) != 5 || r.Files["ca/ca.pem"].Size != 9 || r.Ended == nil || r.Ended.Stopped != "enough" || r.Plan.Seed != 1<<63 || len(r.Begin.Case) != 16 {
		t.Errorf("reads as %+v", r)
	}
	checked(t, dir)
}

func checked(t *testing.T, dir string) {
	t.Helper()
	check, err := verified(dir, "")
	must(t, err)
	if len(check.Problems) > 0 {
		t.Errorf("problems: %v", check.Problems)
	}
}

func TestWhatMayNotBePutIntoACase(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	c, err := casefile.Create(dir, options(t))
	must(t, err)
	defer c.Close()
	for _, name := range []string{
		"", "x", "report.html.new", "report.html/x", "stamps", "stamps/", "stamps/../format", "../report.html", "/report.html", `stamps\x`,
		"log/entries.jsonl", "key.pub", "sources/1/x.new", "./report.txt", "report.txt:stream",
	} {
		if err := c.PutFile(name, text("x")); err == nil || !strings.Contains(err.Error(), "cannot be put") {
			t.Errorf("%q was put: %v", name, err)
		}
	}
	broken := errors.New("cannot say it")
	if err := c.PutFile("report.txt", func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("a report that fails: %v", err)
	}
	must(t, c.Failed())
	must(t, c.PutFile("report.txt", text("x")))
	must(t, c.Checkpoint())
	must(t, c.Close())
	checked(t, dir)
}

// TestAFileThatWasSealedAndNotRenamedIsRenamed: a run was cut off between.
func TestAFileThatWasSealedAndNotRenamedIsRenamed(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "older"} {
		dir := filepath.Join(t.TempDir(), "case")
		opts := options(t)
		c, err := casefile.Create(dir, opts)
		must(t, err)
		must(t, c.PutFile("report.txt", text("newer")))
		must(t, c.Close())
		path := filepath.Join(dir, "report.txt")
		must(t, os.Rename(path, path+".new"))
		if before != "" {
			must(t, os.WriteFile(path, []byte(before), 0o600))
		}
		c, err = casefile.Open(dir, opts)
		must(t, err)
		must(t, c.Close())
		if b, err := os.ReadFile(path); err != nil || string(b) != "newer" {
			t.Errorf("report %q, %v", b, err)
		}
	}
}

func TestTheEndCountsOnlyWhileItIsTheEnd(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	opts := options(t)
	c, err := casefile.Create(dir, opts)
	must(t, err)
	ended := func(want string) {
		t.Helper()
		r, err := casefile.Read(dir)
		must(t, err)
		if got := fmt.Sprint(r.Ended); got != want {
			t.Errorf("ended: %s, want %s", got, want)
		}
	}
	ended("<nil>")
	must(t, c.PutEnd(""))
	ended("&{}")
	must(t, c.PutFile("report.txt", text("x")))
	ended("&{}")
	must(t, c.PutResume("test"))
	ended("<nil>")
	must(t, c.PutEnd("a limit"))
	ended("&{a limit}")
	must(t, c.Close())
}

func TestOnlyTheKeyThatBeganACaseGoesOnWithIt(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	write(t, dir, options(t))
	if _, err := casefile.Open(dir, options(t)); err == nil || !strings.Contains(err.Error(), "signing key") {
		t.Errorf("opened with another key: %v", err)
	}
}

func TestARedactedCopyIsReadAndNotWritten(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	opts := options(t)
	c, err := casefile.Create(dir, opts)
	must(t, err)
	must(t, c.PutApp(telltale.App{Name: "secret", Version: "1"}))
	must(t, c.Close())
	log := filepath.Join(dir, "log", "entries.jsonl")
	b, err := os.ReadFile(log)
	must(t, err)
	masked := strings.Replace(string(b), `"secret"`, `{"~masked":{"as":"masked-1","hash":"AAAA"}}`, 1)
	must(t, os.WriteFile(log, []byte(masked), 0o600))
	if _, err := casefile.Read(dir); err == nil {
		t.Error("a masked value was read in a case that is not redacted")
	}
	must(t, os.WriteFile(filepath.Join(dir, "redacted"), []byte("by whom"), 0o600))
	r, err := casefile.Read(dir)
	must(t, err)
	if !r.Redacted || r.Record.App.Name != "masked-1" || r.Record.App.Version != "1" {
		t.Errorf("reads as %+v", r.Record.App)
	}
	if _, err := casefile.Open(dir, opts); err == nil || !strings.Contains(err.Error(), "redacted") {
		t.Errorf("opened for writing: %v", err)
	}
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"a":{"~masked":{"as":"x","hash":"AA=="}},"b":[{"~masked":{"as":[],"hash":""}},1]}`: `{"a":"x","b":[[],1]}`,
		`{"~masked":{"as":null,"hash":"AA=="}}`:                                              `null`,
		`{"b":1,"a":2}`:                                                                      `{"b":1,"a":2}`,
		`{"a":{"~masked":{"as":{"~masked":{"as":1,"hash":""}},"hash":""}}}`:                  ``,
		`{"a":{"x":1,"~masked":{"as":1,"hash":""}}}`:                                         ``,
		`{"a":{"~masked":{"as":1,"hash":""},"x":1}}`:                                         ``,
		`{"a":{"~masked":{"hash":"","as":1}}}`:                                               ``,
		`{"a":{"~masked":1}}`:                                                                ``, `{"~masked"`: ``, `{"~masked":{"as":`: ``, `{"~masked":{"as":1,"hash":"`: ``,
	} {
		got, err := casefile.Visible([]byte(in))
		if string(got) != want || (err == nil) != (want != "") {
			t.Errorf("%s is seen as %s, %v; want %s", in, got, err, want)
		}
	}
}
