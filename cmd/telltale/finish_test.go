package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/telltale/internal/casefile"
)

// TestNothingIsWrittenIntoACaseUnsealed: a report goes elsewhere, by whatever
// name the case is called.
func TestNothingIsWrittenIntoACaseUnsealed(t *testing.T) {
	hostileKey(t)
	dir := smallCase(t, nil)
	link := filepath.Join(t.TempDir(), "link")
	mustDo(t, os.Symlink(dir, link))
	for _, into := range []string{
		filepath.Join(dir, "report.html"), filepath.Join(dir, "mine.html"), filepath.Join(dir, "log", "x"),
		filepath.Join(dir, "..", filepath.Base(dir), "x"), filepath.Join(link, "x"), filepath.Join(link, "blobs", "x"),
	} {
		code, out := tell("report", dir, "-o", into)
		if code != exitUsage || !strings.Contains(out, "name a file elsewhere") {
			t.Errorf("-o %s: %d\n%s", into, code, out)
		}
		if _, err := os.Lstat(filepath.Join(dir, "x")); err == nil {
			t.Error("it was written all the same")
		}
	}
	elsewhere := filepath.Join(filepath.Dir(link), "report.html")
	if code, out := tell("report", dir, "--format", "html", "-o", elsewhere); code != exitNothing {
		t.Errorf("elsewhere: %d\n%s", code, out)
	}
}

// TestAnImportIsFinishedAndSealed: its end is in the log, and its reports are
// what was sealed.
func TestAnImportIsFinishedAndSealed(t *testing.T) {
	hostileKey(t)
	har := filepath.Join(t.TempDir(), "one.har")
	mustDo(t, os.WriteFile(har, []byte(`{"log":{"version":"1.2","entries":[]}}`), 0o600))
	dir := filepath.Join(t.TempDir(), "case")
	for range 2 { // the second goes on with the case
		if code, out := tell("import", "--case", dir, har); code != exitNothing {
			t.Fatalf("import: %d\n%s", code, out)
		}
		r, err := casefile.Read(dir)
		mustDo(t, err)
		if r.Ended == nil || r.Ended.Stopped != "" || r.Plan != nil {
			t.Errorf("ended %+v, plan %+v", r.Ended, r.Plan)
		}
		for _, name := range []string{"report.html", "report.json", "report.txt"} {
			info, err := os.Stat(filepath.Join(dir, name))
			mustDo(t, err)
			if f := r.Files[name]; f.Size != info.Size() {
				t.Errorf("%s has %d bytes, %d were sealed", name, info.Size(), f.Size)
			}
		}
		if code, out := tell("case", "verify", dir); code != exitNothing {
			t.Errorf("verify: %d\n%s", code, out)
		}
	}
	code, out := tell("import", "--case", dir, filepath.Join(dir, "format"))
	r, err := casefile.Read(dir)
	mustDo(t, err)
	if code != exitFailed || r.Ended == nil || r.Ended.Stopped == "" {
		t.Errorf("an import that fails gives %d and ends as %+v\n%s", code, r.Ended, out)
	}
}
