package verify_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/verify"
)

// unpack puts a case from testdata/cases into a directory of its own.
func unpack(t testing.TB, name string) string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "cases", name+".tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for in := tar.NewReader(z); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o700)
		} else {
			var b []byte
			if b, err = io.ReadAll(in); err == nil {
				err = errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, b, 0o600))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if root, err := filepath.Glob(filepath.Join(dir, "*", "format")); err == nil && len(root) == 1 {
		return filepath.Dir(root[0])
	}
	if _, err := os.Stat(filepath.Join(dir, "format")); err != nil {
		t.Fatal("the fixture holds no case")
	}
	return dir
}

// fixtures are the cases that are kept for ever.
func fixtures(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "cases", "*.tar.gz"))
	if err != nil || len(files) == 0 {
		t.Fatal("there are no fixtures", err)
	}
	var names []string
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".tar.gz"))
	}
	return names
}

func TestFixturesHold(t *testing.T) {
	t.Parallel()
	for _, name := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := holds(t, unpack(t, name), verify.Options{})
			if r.Entries == 0 || r.Signed != r.Entries || r.Blobs == 0 || (r.Captures == 0) != r.Redacted || !r.Recomputed || len(r.Record.Probes) == 0 {
				t.Errorf("%+v", *r)
			}
			if want := int(name[1] - '0'); r.Version != want || (r.Version > 1) != r.Finished {
				t.Errorf("version %d, finished %v", r.Version, r.Finished)
			}
		})
	}
}

// TestFixturesHoldWhatTheirNamesSay: one was resumed, one stamped and seen by
// somebody else, one redacted.
func TestFixturesHoldWhatTheirNamesSay(t *testing.T) {
	t.Parallel()
	r := holds(t, unpack(t, "v2-resumed"), verify.Options{})
	if !says(r.Notes, "a torn line was set aside") || !says(r.Notes, "the run went on here after a break") {
		t.Errorf("resumed: %v", r.Notes)
	}
	r = holds(t, unpack(t, "v2-tom-2011"), verify.Options{})
	if len(r.Stamps) != 1 || len(r.Witnesses) != 1 || !r.Stamps[0].Sealed || !r.Witnesses[0].Sealed {
		t.Errorf("stamped: %+v %+v", r.Stamps, r.Witnesses)
	}
	r = holds(t, unpack(t, "v2-redacted"), verify.Options{})
	if !r.Redacted || r.Masked == 0 || says(r.Notes, "were not derived again") {
		t.Errorf("redacted: %d values, %v", r.Masked, r.Notes)
	}
}

// holds verifies a case and fails unless it holds.
func holds(t testing.TB, dir string, opts verify.Options) *verify.Result {
	t.Helper()
	r, err := verify.Case(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Holds || len(r.Problems) > 0 {
		t.Fatalf("the case does not hold: %v", r.Problems)
	}
	return r
}

// named verifies a case that was damaged and fails unless a problem says so.
func named(t testing.TB, dir string, opts verify.Options, want string) {
	t.Helper()
	r, err := verify.Case(dir, opts)
	if err != nil {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		return
	}
	if r.Holds || !says(r.Problems, want) {
		t.Errorf("holds %v, %v, want %q", r.Holds, r.Problems, want)
	}
}

func says(of []verify.Problem, want string) bool {
	return slices.ContainsFunc(of, func(p verify.Problem) bool { return strings.Contains(p.String(), want) })
}
