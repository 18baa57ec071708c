package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/report/words"
)

// What strangers wrote lies open in the lab, and is fetched and opened. None of
// it may stand in the letter to the maker, nor anything else of what was captured
// but the words that we typed and the names of hosts and of lists.
func TestTheLetterOfALabCaseHoldsNothingOfOthers(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a whole investigation")
	}
	out := filepath.Join(t.TempDir(), "demo")
	demoOf(t, "tom-2011", out)
	dir := filepath.Join(out, "tom-2011", "case")
	code, letter, errs := runLab(t, "report", dir, "--format", "letter")
	if code != exitNothing || !strings.Contains(letter, "records of other people") {
		t.Fatalf("the letter: exit code %d, %s\n%s", code, errs, letter)
	}
	letter = withoutSums(letter)
	reader, err := casefile.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	ours, texts := ourWords(t, reader.Record), captured(t, reader)
	looked := 0
	for _, text := range texts {
		if !strings.Contains(ours, strings.ToLower(text)) {
			looked++
			if strings.Contains(letter, text) {
				t.Errorf("the letter holds %q, which was captured", text)
			}
		}
	}
	if looked < 1000 {
		t.Errorf("%d texts were looked for: that is not all that the lab holds", looked)
	}
}

// withoutSums leaves out the lines that hold nothing but dates, digests and
// signatures of ours, in which any few letters may turn up by chance.
func withoutSums(letter string) string {
	var out []string
	for line := range strings.Lines(letter) {
		if !strings.HasPrefix(line, "    ") && !strings.HasPrefix(line, "- When: ") && !strings.HasPrefix(line, "- File: ") && !strings.HasPrefix(line, "Signed with: ") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

// demoOf runs the lab with a profile, as a program of its own, whose processes
// run this file again.
func demoOf(t *testing.T, profile, out string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "demo", "--profile", profile, "--sensor", "proxy", "--out", out)
	cmd.Env = append(os.Environ(), "TELLTALE_TEST_PROGRAM=1", "TELLTALE_KEY="+filepath.Join(t.TempDir(), "signing.key"))
	text, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFound {
		t.Fatalf("the demo ended with %v:\n%s", err, text)
	}
}

// ourWords are those of the program itself, and what the letter may name: words
// of triggers, hosts, paths of lists, the app and its files.
func ourWords(t *testing.T, rec *telltale.Record) string {
	t.Helper()
	c, err := words.Load(words.English)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{rec.App.Name, rec.App.Version, rec.App.Platform, "checkpoint", "sha256"}
	for _, key := range c.Keys() {
		for _, n := range []int{1, 2} {
			for _, p := range c.Parts(key, n) {
				all = append(all, p.Text)
			}
		}
	}
	for _, f := range rec.App.Files {
		all = append(all, filepath.Base(f.Path))
	}
	for _, f := range rec.Findings {
		all = append(append(all, f.Claim.Words...), f.Claim.Host)
		if f.Claim.Kind == telltale.KindList {
			all = append(all, f.Claim.Detail)
		}
	}
	return strings.ToLower(strings.Join(all, "\n"))
}

// captured lists the texts of four characters and more in all kept bytes, in
// what visits saw, and in what services said.
func captured(t *testing.T, r *casefile.Reader) []string {
	t.Helper()
	var all []string
	read := func(d telltale.Digest) {
		if d == "" {
			return
		}
		b, err := r.Blob(d)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(b))
	}
	for _, f := range r.Record.Flows {
		for _, m := range f.Messages {
			read(m.Bytes)
		}
	}
	for _, l := range r.Record.Layers {
		read(l.Bytes)
		for _, step := range l.Steps {
			read(step)
		}
		all = append(append(all, l.List...), l.Key)
	}
	for _, v := range r.Record.Visits {
		for _, e := range v.Entries {
			all = append(all, e.Name)
		}
		for _, one := range v.Recovered {
			all = append(all, one.Sample...)
		}
	}
	var out []string
	for _, text := range all {
		out = append(out, strings.FieldsFunc(text, func(r rune) bool {
			return unicode.IsSpace(r) || !unicode.IsGraphic(r) || r == unicode.ReplacementChar || strings.ContainsRune("\"'?&=;:,<>()[]{}|*/", r)
		})...)
	}
	out = slices.DeleteFunc(out, func(s string) bool { return len([]rune(s)) < 4 })
	slices.Sort(out)
	return slices.Compact(out)
}
