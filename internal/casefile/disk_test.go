package casefile_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
)

// block puts something in a place so that a file cannot be made there, and
// returns what clears it away.
func block(t *testing.T, path string) (clear func()) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Join(path, "in the way"), 0o700))
	return func() { must(t, os.RemoveAll(path)) }
}

// TestAfterAFailedWriteTheCaseHoldsAndGoesOn makes each kind of write fail.
func TestAfterAFailedWriteTheCaseHoldsAndGoesOn(t *testing.T) {
	t.Parallel()
	done := telltale.Stage{Name: "screen", Done: true}
	for name, c := range map[string]struct {
		// path is where nothing can be written.
		path  string
		write func(c *casefile.Case) error
	}{
		"a checkpoint's end of a stage": {"checkpoint.new", func(c *casefile.Case) error { return c.PutStage(done) }},
		"a checkpoint":                  {"checkpoint.new", func(c *casefile.Case) error { return c.Checkpoint() }},
		"a plan's checkpoint":           {"checkpoint.new", func(c *casefile.Case) error { return c.PutPlan(telltale.Plan{}) }},
		"an end's checkpoint":           {"checkpoint.new", func(c *casefile.Case) error { return c.PutEnd("") }},
		"a report":                      {"report.txt.new", func(c *casefile.Case) error { return c.PutFile("report.txt", text("x")) }},
		"a report's name":               {"report.txt", func(c *casefile.Case) error { return c.PutFile("report.txt", text("x")) }},
		"a folder of stamps":            {"stamps/1.tsr.new", func(c *casefile.Case) error { return c.PutFile("stamps/1.tsr", text("x")) }},
		"a blob": {blobPath("evidence"), func(c *casefile.Case) error {
			_, err := c.Keep([]byte("evidence"))
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "case")
			opts := options(t)
			write(t, dir, opts)
			w, err := casefile.Open(dir, opts)
			must(t, err)
			clear := block(t, filepath.Join(dir, c.path))
			if c.path == blobPath("evidence") {
				// A place that is taken would pass for the blob itself.
				clear()
				blobs := filepath.Join(dir, filepath.Dir(c.path))
				must(t, os.RemoveAll(blobs))
				must(t, os.WriteFile(blobs, nil, 0o600))
				clear = func() { must(t, os.Remove(blobs)) }
			}
			failed(t, w, c.write(w))
			clear()
			goesOn(t, dir, opts)
		})
	}
}

func blobPath(content string) string {
	hex, err := telltale.DigestOf([]byte(content)).Hex()
	if err != nil {
		panic(err)
	}
	return filepath.Join("blobs", hex[:2], hex[2:]+".zst")
}

// failed checks that a write failed and that every later one does.
func failed(t *testing.T, c *casefile.Case, err error) {
	t.Helper()
	if err == nil || c.Failed() == nil {
		t.Fatalf("the write gave %v, the case %v; want an error", err, c.Failed())
	}
	first := c.Failed()
	_, kept := c.Keep([]byte("more"))
	for _, later := range []error{c.PutSpan(telltale.Span{}), c.Record(telltale.Flow{}), kept, c.Checkpoint()} {
		if !errors.Is(later, first) {
			t.Errorf("a later write gave %v, want %v", later, first)
		}
	}
	must(t, c.Close())
}

// goesOn checks that the case holds, resumes it, and checks again.
func goesOn(t *testing.T, dir string, opts casefile.Options) {
	t.Helper()
	for _, id := range []string{"p000004", "p000005"} {
		check, err := verified(dir, "")
		must(t, err)
		if len(check.Problems) > 0 {
			t.Errorf("before %s: %v", id, check.Problems)
		}
		c, err := casefile.Open(dir, opts)
		must(t, err)
		must(t, c.PutResume("test"))
		putTrial(t, c, id)
		must(t, c.PutStage(telltale.Stage{Name: "screen", Done: true}))
		must(t, c.Close())
	}
	check, err := verified(dir, "")
	must(t, err)
	if len(check.Problems) > 0 || check.Signed != check.Entries || len(check.Record.Probes) != 5 {
		t.Errorf("at the end: %v; %d of %d entries signed, %d probes", check.Problems, check.Signed, check.Entries, len(check.Record.Probes))
	}
}

func TestAnEntryThatIsTooLargeEndsTheCase(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	opts := options(t)
	write(t, dir, opts)
	c, err := casefile.Open(dir, opts)
	must(t, err)
	// A flow that is left out silently would look as if nothing had left.
	err = c.Record(telltale.Flow{Host: strings.Repeat("x", 65<<20)})
	failed(t, c, err)
	goesOn(t, dir, opts)
}

func TestHalfATornFileIsMadeWholeAndAnotherOneStays(t *testing.T) {
	t.Parallel()
	const torn = `{"n":18,"at":"2026-01-02T03:0`
	for name, c := range map[string]struct{ before, file string }{
		"the same": {torn, "torn-18"}, "its beginning": {torn[:9], "torn-18"}, "nothing": {"", "torn-18"}, "another": {`{"n":1`, "torn-18"},
		"a different one": {`{"m`, "torn-18-2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "case")
			opts := options(t)
			write(t, dir, opts)
			log := filepath.Join(dir, "log", "entries.jsonl")
			whole, err := os.ReadFile(log)
			must(t, err)
			if n := bytes.Count(whole, []byte("\n")); n != 18 {
				t.Fatalf("the log has %d entries, this test is about 18", n)
			}
			must(t, os.WriteFile(log, append(whole, torn...), 0o600))
			must(t, os.WriteFile(filepath.Join(dir, "log", "torn-18"), []byte(c.before), 0o600))
			goesOn(t, dir, opts)
			if b, err := os.ReadFile(filepath.Join(dir, "log", c.file)); err != nil || string(b) != torn {
				t.Errorf("set aside %q, %v; want %q", b, err, torn)
			}
		})
	}
}

func TestWhatCreateCannotFinishItClearsAway(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	opts := options(t)
	opts.Random = strings.NewReader("too little")
	if _, err := casefile.Create(dir, opts); err == nil {
		t.Fatal("a case was made without a canary key")
	}
	if names, err := os.ReadDir(dir); err != nil && !errors.Is(err, fs.ErrNotExist) || len(names) > 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
	write(t, dir, options(t))
}

func TestALinkToACaseIsACase(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	write(t, dir, options(t))
	link := dir + "-link"
	if err := os.Symlink(dir, link); err != nil {
		t.Skipf("no links here (%v): not checked that a case is read through one", err)
	}
	check, err := verified(link, "")
	must(t, err)
	if len(check.Problems) > 0 {
		t.Errorf("through a link: %v", check.Problems)
	}
}

// TestWhatCannotBeLockedIsNotSaidToBeInUse: the error names the cause.
func TestWhatCannotBeLockedIsNotSaidToBeInUse(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	opts := options(t)
	write(t, dir, opts)
	must(t, os.Remove(filepath.Join(dir, "lock")))
	must(t, os.Mkdir(filepath.Join(dir, "lock"), 0o700))
	if _, err := casefile.Open(dir, opts); err == nil || strings.Contains(err.Error(), "another telltale") || !strings.Contains(err.Error(), "cannot be written to") {
		t.Errorf("a lock that is a directory: %v", err)
	}
}
