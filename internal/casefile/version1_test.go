package casefile_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
)

// unpackCase unpacks a case that is kept in the tests for ever.
func unpackCase(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "verify", "testdata", "cases", name))
	must(t, err)
	defer f.Close()
	zipped, err := gzip.NewReader(f)
	must(t, err)
	dir := t.TempDir()
	for in := tar.NewReader(zipped); ; {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		must(t, err)
		path := filepath.Join(dir, filepath.FromSlash(head.Name))
		if head.Typeflag == tar.TypeDir {
			must(t, os.MkdirAll(path, 0o700))
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		out, err := os.Create(path)
		must(t, err)
		_, err = io.Copy(out, in)
		must(t, errors.Join(err, out.Close()))
	}
}

// TestCasesOfVersion1AreReadAndNotWritten: reading changes nothing, and what
// was sealed as a capture is a sealed file.
func TestCasesOfVersion1AreReadAndNotWritten(t *testing.T) {
	t.Parallel()
	for name, findings := range map[string]int{"v1-clean.tar.gz": 0, "v1-tom-2011.tar.gz": 1} {
		dir := unpackCase(t, name)
		log, err := os.ReadFile(filepath.Join(dir, "log", "entries.jsonl"))
		must(t, err)
		r, err := casefile.Read(dir)
		must(t, err)
		if r.Version != 1 || r.Begin.CanaryKey == "" || r.Begin.Case != "" || r.Plan != nil || r.Ended == nil || r.Ended.Stopped != "" || r.Redacted {
			t.Errorf("%s reads as %+v", name, r)
		}
		if len(r.Record.Probes) == 0 || min(len(r.Record.Findings), 1) != findings || r.Files["capture/sandbox-1.pcapng"].Size == 0 {
			t.Errorf("%s: %d probes, %d findings, files %v", name, len(r.Record.Probes), len(r.Record.Findings), r.Files)
		}
		types, lines := map[string]int{}, []byte(nil)
		must(t, casefile.EachEntry(dir, func(e format.Entry, line []byte) error {
			types[e.Type]++
			lines = append(append(lines, line...), '\n')
			return nil
		}))
		if !bytes.Equal(lines, log) {
			t.Errorf("%s: the lines are not those of the log", name)
		}
		if types["begin"] != 1 || types["file"] != 1 || types["capture"] != 0 || types["probe"] != len(r.Record.Probes) {
			t.Errorf("%s: types %v", name, types)
		}
		_, err = casefile.Open(dir, options(t))
		if err == nil || !strings.Contains(err.Error(), "version 1") || !strings.Contains(err.Error(), r.Begin.Program) {
			t.Errorf("%s was opened for writing: %v", name, err)
		}
		if after, err := os.ReadFile(filepath.Join(dir, "log", "entries.jsonl")); err != nil || string(after) != string(log) {
			t.Errorf("%s: the log was changed", name)
		}
		if _, err := os.Lstat(filepath.Join(dir, "lock")); err == nil {
			t.Errorf("%s: a lock was left", name)
		}
	}
}
