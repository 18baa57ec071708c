package casefile_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/signer"
)

func options(t *testing.T) casefile.Options {
	t.Helper()
	key, err := signer.New(rand.Reader, "tester")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return casefile.Options{
		Clock:  func() time.Time { at = at.Add(time.Millisecond); return at },
		Random: rand.Reader,
		Signer: key,
	}
}

// write makes a small but complete case and closes it.
func write(t *testing.T, dir string, opts casefile.Options) *telltale.Record {
	t.Helper()
	c, err := casefile.Create(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	// Only a replay has messages and no plan.
	replay := telltale.DriverSpec{Kind: telltale.DriverReplay}
	must(t, c.PutScenario(telltale.Scenario{Name: "s", Window: time.Second, Driver: replay}))
	must(t, c.PutApp(telltale.App{Name: "app"}))
	must(t, c.PutStage(telltale.Stage{Name: "contact", At: opts.Clock()}))
	for i := range 3 {
		putTrial(t, c, fmt.Sprintf("p%06d", i+1))
	}
	capture, err := c.NewCapture("proxy")
	must(t, err)
	_, err = capture.Write([]byte("packets"))
	must(t, err)
	must(t, capture.Close())
	must(t, c.PutStage(telltale.Stage{Name: "contact", At: opts.Clock(), Done: true}))
	must(t, c.PutStatement([]telltale.Observation{{Probe: "p000001", Feature: "outcome", Text: "delivered"}}, nil))
	must(t, c.PutStage(telltale.Stage{Name: "state", At: opts.Clock(), Done: true}))
	record := c.Snapshot()
	must(t, c.Close())
	return record
}

func putTrial(t *testing.T, c *casefile.Case, id string) {
	t.Helper()
	canary := c.Canary(id)
	must(t, c.PutProbe(telltale.Probe{ID: id, Text: "hello " + canary.Latin + " " + canary.CJK, Canary: canary}))
	body, err := c.Keep([]byte("GET /" + id))
	must(t, err)
	must(t, c.Record(telltale.Flow{Host: "a.test", Messages: []telltale.Message{{Out: true, Bytes: body, Size: 12}}}))
	must(t, c.PutReceipt(telltale.Receipt{Probe: id, Outcome: telltale.Delivered}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestACaseReadsBackAsItWasWrittenAndVerifies(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	opts := options(t)
	wrote := write(t, dir, opts)
	r, err := casefile.Read(dir)
	must(t, err)
	if diff := cmp.Diff(wrote, r.Record); diff != "" {
		t.Errorf("record differs (-written +read):\n%s", diff)
	}
	if b, err := r.Blob(r.Record.Flows[1].Messages[0].Bytes); err != nil || string(b) != "GET /p000002" {
		t.Errorf("blob = %q, %v", b, err)
	}
	verifier := opts.Signer.Verifier()
	check, err := verified(dir, verifier)
	must(t, err)
	if len(check.Problems) > 0 || len(check.Notes) != 1 || !strings.Contains(check.Notes[0].What, "not finished") {
		t.Errorf("problems %v, notes %v", check.Problems, check.Notes)
	}
	if check.Signed != check.Entries || check.Blobs != 3 || check.Captures != 1 {
		t.Errorf("check = %+v", check)
	}
}

// TestLinesAreCanonical: a line is what its entry is written as, and whoever
// wrote the case knows it as its readers do.
func TestLinesAreCanonical(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	opts := options(t)
	write(t, dir, opts)
	c, err := casefile.Open(dir, opts)
	must(t, err)
	must(t, c.Record(telltale.Flow{Host: "<a>&\u2028\xff", Error: "\"quoted\" \x00"}))
	must(t, c.PutResume("0}"))
	must(t, c.Close())
	log, err := os.ReadFile(filepath.Join(dir, "log", "entries.jsonl"))
	must(t, err)
	for line := range bytes.Lines(log) {
		again, err := casefile.Canonical(line)
		must(t, err)
		if string(again)+"\n" != string(line) {
			t.Errorf("%s is written as %s", again, line)
		}
	}
	want, err := casefile.Read(dir)
	must(t, err)
	got := c.Reader()
	if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(casefile.Reader{})); d != "" {
		t.Error(d)
	}
}

func TestVerifyRefusesAnotherKey(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	write(t, dir, options(t))
	other := options(t).Signer.Verifier()
	check, err := verified(dir, other)
	must(t, err)
	if len(check.Problems) == 0 {
		t.Error("a case signed by somebody else verifies")
	}
}

// TestEveryFlippedByteIsDetected flips one bit of every byte of every file.
func TestEveryFlippedByteIsDetected(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	write(t, dir, options(t))
	step := 1
	if testing.Short() {
		step = 29
	}
	for _, path := range files(t, dir) {
		whole, err := os.ReadFile(path)
		must(t, err)
		for i := 0; i < len(whole); i += step {
			bent := bytes.Clone(whole)
			bent[i] ^= 1 << (i % 8)
			must(t, os.WriteFile(path, bent, 0o600))
			if !detected(dir) {
				t.Errorf("%s: byte %d flipped from %q and not detected", path, i, whole[i])
			}
		}
		must(t, os.WriteFile(path, whole, 0o600))
	}
	if detected(dir) {
		t.Error("the restored case does not verify")
	}
}

func TestEveryTruncationOrRemovalOfAFileIsDetected(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	write(t, dir, options(t))
	for _, path := range files(t, dir) {
		whole, err := os.ReadFile(path)
		must(t, err)
		for _, keep := range []int{0, len(whole) / 2, len(whole) - 1} {
			must(t, os.WriteFile(path, whole[:keep], 0o600))
			if !detected(dir) {
				t.Errorf("%s cut to %d of %d bytes and not detected", path, keep, len(whole))
			}
		}
		must(t, os.Remove(path))
		if !detected(dir) {
			t.Errorf("%s removed and not detected", path)
		}
		must(t, os.WriteFile(path, whole, 0o600))
	}
}

// files lists the files of a case whose every byte is evidence.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "lock" {
			out = append(out, path)
		}
		return err
	}))
	return out
}

// detected reports whether Verify refuses the case or names a problem.
func detected(dir string) bool {
	check, err := verified(dir, "")
	return err != nil || len(check.Problems) > 0
}

func TestATornLineIsSetAsideAndTheCaseGoesOn(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	opts := options(t)
	write(t, dir, opts)
	log := filepath.Join(dir, "log", "entries.jsonl")
	whole, err := os.ReadFile(log)
	must(t, err)
	torn := `{"at":"2026-01-02T03:0`
	must(t, os.WriteFile(log, append(whole, torn...), 0o600))
	if check, err := verified(dir, ""); err != nil || len(check.Problems) > 0 || len(check.Notes) == 0 {
		t.Errorf("before resuming: check %+v, %v: want a note and no problem", check, err)
	}
	c, err := casefile.Open(dir, opts)
	must(t, err)
	putTrial(t, c, "p000004")
	must(t, c.PutStage(telltale.Stage{Name: "screen", At: opts.Clock(), Done: true}))
	must(t, c.Close())
	check, err := verified(dir, "")
	must(t, err)
	if len(check.Problems) > 0 || len(check.Record.Probes) != 4 {
		t.Errorf("problems %v, %d probes", check.Problems, len(check.Record.Probes))
	}
	names, err := filepath.Glob(filepath.Join(dir, "log", "torn-*"))
	must(t, err)
	if len(names) != 1 {
		t.Fatalf("torn files: %v", names)
	}
	if b, err := os.ReadFile(names[0]); err != nil || string(b) != torn {
		t.Errorf("set aside %q, %v; want %q", b, err, torn)
	}
}

func TestALeftOpenCaptureIsSealedAsCut(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	opts := options(t)
	write(t, dir, opts)
	must(t, os.WriteFile(filepath.Join(dir, "capture", "proxy-2.pcapng"), []byte("half"), 0o600))
	c, err := casefile.Open(dir, opts)
	must(t, err)
	must(t, c.Checkpoint())
	must(t, c.Close())
	check, err := verified(dir, "")
	must(t, err)
	if check.Captures != 2 || len(check.Problems) > 0 {
		t.Errorf("check %+v: want two sealed packet files", check)
	}
}

func TestOneWriterAtATime(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	opts := options(t)
	c, err := casefile.Create(dir, opts)
	must(t, err)
	defer c.Close()
	if _, err := casefile.Open(dir, opts); err == nil || !strings.Contains(err.Error(), "another telltale") {
		t.Errorf("second writer: %v", err)
	}
}

func TestCreateRefusesADirectoryInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "x"), nil, 0o600))
	if _, err := casefile.Create(dir, options(t)); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("Create: %v", err)
	}
}

func TestOpenNamesTheAlteredLine(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "case")
	opts := options(t)
	write(t, dir, opts)
	log := filepath.Join(dir, "log", "entries.jsonl")
	whole, err := os.ReadFile(log)
	must(t, err)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	must(t, os.WriteFile(log, bytes.Join(append(lines[:2:2], lines[3:]...), nil), 0o600))
	if _, err := casefile.Open(dir, opts); err == nil || !strings.Contains(err.Error(), "entries.jsonl:3:") {
		t.Errorf("Open: %v; want the file and line 3", err)
	}
}

func TestABombInABlobEndsWithAnError(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short: packs and unpacks 300 MB")
	}
	dir := filepath.Join(t.TempDir(), "case")
	opts := options(t)
	c, err := casefile.Create(dir, opts)
	must(t, err)
	defer c.Close()
	d, err := c.Keep(make([]byte, 300<<20))
	must(t, err)
	if _, err := c.Blob(d); err == nil {
		t.Error("a blob of 300 MB was unpacked")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(2, []byte(`{"at":"2026-01-02T03:04:05Z","body":{},"n":0,"salt":"","type":"begin"}`+"\n"))
	f.Add(2, []byte(`{"at":"2026-01-02T03:04:05Z","body":{"~masked":{"as":[],"hash":""}},"n":0,"salts":{},"type":"findings"}`+"\n"))
	f.Add(1, []byte(`{"n":0,"type":"probe","body":{"id":"p"}}`+"\n"+`{"n":1,"type":"findings","body":[]}`+"\nx"))
	f.Add(3, []byte{})
	f.Fuzz(func(t *testing.T, version int, log []byte) {
		dir := t.TempDir()
		must(t, os.MkdirAll(filepath.Join(dir, "log"), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, "format"), fmt.Appendf(nil, "telltale case %d\n", version), 0o600))
		must(t, os.WriteFile(filepath.Join(dir, "log", "entries.jsonl"), log, 0o600))
		if version%2 == 0 {
			must(t, os.WriteFile(filepath.Join(dir, "redacted"), nil, 0o600))
		}
		r, err := casefile.Read(dir)
		if err != nil {
			return
		}
		if version < 1 || version > 2 {
			t.Errorf("version %d was read", version)
		}
		if r.Entries != int64(bytes.Count(log, []byte("\n"))) {
			t.Errorf("%d entries of %d lines", r.Entries, bytes.Count(log, []byte("\n")))
		}
	})
}
