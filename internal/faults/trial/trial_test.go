//go:build linux && (amd64 || arm64)

package trial_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/faults"
	"example.org/telltale/internal/faults/trial"
)

// TestMain lets the test binary be the program on trial.
func TestMain(m *testing.M) {
	if mood := os.Getenv("TRIAL_TEST_MOOD"); mood != "" && len(os.Args) > 2 {
		if err := sloppy(mood, os.Args[1:]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(10)
	}
	os.Exit(m.Run())
}

// sloppy is a program that audits well and resumes badly, as its mood is.
func sloppy(mood string, args []string) error {
	if args[1] == "--case" {
		s := sheet{dir: args[2]}
		s.write("begin", "begin")
		s.write("scenario", "scenario")
		s.probe("p1", "k1", "one lantern")
		s.typed("p1", "one lantern")
		s.write("receipt", telltale.Receipt{Probe: "p1"})
		s.state("p1")
		return s.err
	}
	s := sheet{dir: args[2]}
	s.resume(mood)
	return s.err
}

// sheet is a case as it is written.
type sheet struct {
	dir string
	err error
}

func (s *sheet) resume(mood string) {
	switch mood {
	case "gives up":
		s.err = errors.New("cannot go on")
	case "breaks it":
		s.err = os.WriteFile(filepath.Join(s.dir, "broken"), nil, 0o600)
	case "forgets":
		s.typed("p2", "two lantern")
	case "types another text":
		s.probe("p2", "k2", "two lantern")
		s.write("receipt", telltale.Receipt{Probe: "p2"})
		s.typed("p2", "three lantern")
	case "repeats":
		s.typed("p1", "one lantern")
	case "loses receipts":
		for _, id := range []string{"p2", "p3"} {
			s.probe(id, id, "lantern")
			s.typed(id, "lantern")
		}
	case "rewrites":
		s.edit(func(b []byte) []byte { return bytes.Replace(b, []byte("begin"), []byte("Begin"), 1) })
	case "removes":
		s.edit(func(b []byte) []byte { return b[bytes.IndexByte(b, '\n')+1:] })
	case "counts twice":
		s.probe("p2", "k1", "lantern")
		s.state("p1", "p2")
	case "counts nothing":
		s.state()
	case "finds another":
		s.write("findings", []telltale.Finding{{Claim: telltale.Claim{Kind: telltale.KindList}}})
	}
}

func (s *sheet) edit(change func([]byte) []byte) {
	path := filepath.Join(s.dir, "log", "entries.jsonl")
	b, err := os.ReadFile(path)
	if s.err = err; s.err == nil {
		s.err = os.WriteFile(path, change(b), 0o600)
	}
}

func (s *sheet) state(counts ...string) {
	all := []telltale.Observation{}
	for _, id := range counts {
		all = append(all, telltale.Observation{Probe: id, Feature: "outcome", Text: "delivered"})
	}
	s.write("observations", all)
	s.write("findings", []telltale.Finding{{Claim: telltale.Claim{Kind: telltale.KindCopy}}})
}

func (s *sheet) probe(id, key, text string) {
	s.write("probe", telltale.Probe{ID: id, Key: key, Text: text})
}

func (s *sheet) write(kind string, body any) {
	s.line(filepath.Join(s.dir, "log", "entries.jsonl"), map[string]any{"type": kind, "body": body})
}

func (s *sheet) typed(id, text string) {
	s.line(filepath.Join(filepath.Dir(s.dir), "typed.jsonl"), trial.Typed{Probe: id, Text: text})
}

func (s *sheet) line(path string, v any) {
	if s.err != nil {
		return
	}
	if s.err = os.MkdirAll(filepath.Dir(path), 0o700); s.err != nil {
		return
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if s.err = err; s.err != nil {
		return
	}
	defer f.Close()
	s.err = json.NewEncoder(f).Encode(v)
}

// noSleep: a program under the race detector would sleep before it ends.
const noSleep = "GORACE=atexit_sleep_ms=0"

func newBed(t *testing.T, mood string) *trial.Bed {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bed, err := trial.New(t.Context(), trial.Options{
		Program: self, Env: []string{"TRIAL_TEST_MOOD=" + mood, noSleep}, Driver: []string{"none"}, Dir: t.TempDir(),
		Verify: func(dir string) ([]string, error) {
			if _, err := os.Stat(filepath.Join(dir, "broken")); err == nil {
				return []string{"nothing holds"}, nil
			}
			return nil, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bed.Close(); err != nil {
			t.Error(err)
		}
	})
	return bed
}

func clean(t *testing.T, bed *trial.Bed) *trial.Clean {
	t.Helper()
	c, err := bed.Clean(t.Context())
	if errors.Is(err, faults.ErrNotPermitted) && os.Getenv("TELLTALE_REQUIRE_REAL") != "1" {
		t.Skipf("not checked whether trials see what is wrong: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTrialsSeeWhatIsWrong: a trial that finds no fault with anything is none.
func TestTrialsSeeWhatIsWrong(t *testing.T) {
	t.Parallel()
	for mood, want := range map[string]string{
		"is well":            "",
		"gives up":           "resumed, it ended with exit code 1:\ncannot go on",
		"breaks it":          "resumed, the case does not hold: [\"nothing holds\"]",
		"forgets":            "p2 was typed and is not recorded",
		"types another text": `p2: "three lantern" was typed and "two lantern" is recorded`,
		"repeats":            "p1 was typed twice",
		"loses receipts":     "2 messages were typed and have no receipt; 1 may",
		"rewrites":           "line 1 of the log has changed",
		"removes":            "the log had 6 lines and has 5",
		"counts twice":       "both count for k1",
		"counts nothing":     "no message counts",
		"finds another":      "resumed, it finds",
	} {
		t.Run(mood, func(t *testing.T) {
			t.Parallel()
			bed := newBed(t, mood)
			out, err := bed.Try(t.Context(), clean(t, bed), faults.Fault{At: 1000, Kind: faults.KillBefore})
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(out.Problems, "\n")
			if !strings.Contains(got, want) || (got == "") != (want == "") {
				t.Errorf("problems are %q, want %q", got, want)
			}
		})
	}
}

func TestItIsToldWhereTheFaultCame(t *testing.T) {
	t.Parallel()
	bed := newBed(t, "is well")
	out, err := bed.Try(t.Context(), clean(t, bed), faults.Fault{At: 5, Kind: faults.NoSpace})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.At) != 1 || !strings.HasSuffix(out.At[0], "log/entries.jsonl") {
		t.Errorf("the fault came at %q", out.At)
	}
}

func TestDriver(t *testing.T) {
	t.Parallel()
	typed := filepath.Join(t.TempDir(), "typed")
	var out bytes.Buffer
	in := `{"id":1,"op":"describe","version":1}
{"id":2,"op":"send","send":{"probe":"p1","from":"a","to":"b","text":"hello"}}
{"id":3,"op":"close"}
`
	if err := trial.Driver(t.Context(), []string{typed}, strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var r telltale.DriverResponse
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r); err != nil || r.Receipt == nil || r.Receipt.Got != "hello" {
		t.Errorf("it answered %q (%v)", lines, err)
	}
	if b, err := os.ReadFile(typed); err != nil || string(b) != `{"probe":"p1","text":"hello"}`+"\n" {
		t.Errorf("it wrote down %q (%v)", b, err)
	}
	if err := trial.Driver(t.Context(), nil, strings.NewReader(in), &out); err == nil {
		t.Error("it took no file")
	}
	if err := trial.Driver(t.Context(), []string{typed}, strings.NewReader("no request\n"), &out); err == nil {
		t.Error("it took what is no request")
	}
}
