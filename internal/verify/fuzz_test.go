package verify_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/verify"
)

// FuzzLine: a line is either refused or is the canonical form of itself, with
// the commitment that the writer makes.
func FuzzLine(f *testing.F) {
	o := ordinary(f)
	for line := range bytes.Lines(o.read("log/entries.jsonl")) {
		f.Add(bytes.TrimSuffix(line, []byte("\n")))
	}
	for line := range bytes.Lines(withoutThird(f).read("log/entries.jsonl")) {
		f.Add(bytes.TrimSuffix(line, []byte("\n")))
	}
	f.Add([]byte(`{"at":"2026-03-01T12:00:01Z","body":{"~masked":{"as":null,"hash":""}},"n":1,"salts":{"/at":"AA=="},"type":"end"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		leaf, err := verify.LeafOf(line)
		if err != nil {
			return
		}
		var entry struct {
			Salt []byte `json:"salt"`
		}
		if err := json.Unmarshal(line, &entry); err != nil || entry.Salt == nil {
			return // redacted: what is under a hash nobody can tell
		}
		again, err := casefile.Canonical(line)
		if err != nil || !bytes.Equal(again, line) {
			t.Fatalf("%q was taken; in canonical form it is %q, %v", line, again, err)
		}
		var parts map[string]json.RawMessage
		if err := json.Unmarshal(line, &parts); err != nil {
			t.Fatal(err)
		}
		delete(parts, "salt")
		committed, err := casefile.Commit(jsonOf(t, parts), entry.Salt)
		if err != nil || verify.Leaf(committed[:]) != leaf {
			t.Fatalf("%q: the writer commits to it otherwise, %v", line, err)
		}
	})
}

// FuzzValue: whatever is taken for canonical is what the writer writes.
func FuzzValue(f *testing.F) {
	for _, text := range []string{`{"a":[1,2.5,"x\u0001"],"b":{}}`, `"\ud800"`, `1e-7`, `{"~masked":1}`, `[[[]]]`, `-0`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := verify.Canonical(text, [16]byte{}); err != nil {
			return
		}
		if again, err := casefile.Canonical(text); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%q was taken; in canonical form it is %q, %v", text, again, err)
		}
	})
}

// FuzzLog: lines joined again are the log.
func FuzzLog(f *testing.F) {
	f.Add([]byte("a\nb\n\nc"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, log []byte) {
		lines, tail, err := verify.Lines(log)
		if err != nil {
			return
		}
		var again []byte
		for _, line := range lines {
			again = append(append(again, line...), '\n')
		}
		if !bytes.Equal(append(again, tail...), log) {
			t.Fatalf("%q was read as %q and %q", log, lines, tail)
		}
	})
}

// FuzzLine1: no line of an old case makes the reader fail.
func FuzzLine1(f *testing.F) {
	f.Add([]byte(`{"n":0,"at":"2026-01-02T03:04:05Z","type":"begin","body":{}}`))
	f.Fuzz(func(_ *testing.T, line []byte) { _ = verify.Entry1(line) })
}

// FuzzNote: only what one of the keys signed is taken, in one form.
func FuzzNote(f *testing.F) {
	o, file, public := witnessed(f)
	checkpoint, seen := o.newest, o.read(file)
	f.Add(checkpoint)
	f.Add(seen)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := verify.Note(b, o.public); err == nil && !bytes.Equal(b, checkpoint) {
			t.Fatalf("%q was taken for a checkpoint", b)
		}
		if _, err := verify.Note(b, public); err == nil && !bytes.Equal(b, seen) {
			t.Fatalf("%q was taken for a witness's", b)
		}
	})
}

// FuzzCase: whatever stands in a log or in a note, the reader comes to an end.
func FuzzCase(f *testing.F) {
	o := withoutThird(f)
	f.Add(o.read("log/entries.jsonl"), o.newest, o.read("redacted"))
	f.Add(ordinary(f).read("log/entries.jsonl"), []byte("x\n\n— y AAAAAAAA\n"), []byte{})
	f.Fuzz(func(t *testing.T, log, checkpoint, redacted []byte) {
		dir := t.TempDir()
		for name, b := range map[string][]byte{
			"format": []byte("telltale case 2\n"), "key.pub": []byte(o.public + "\n"), "canary.key": o.canary, "log/entries.jsonl": log,
			"checkpoints/00000003": checkpoint, "checkpoint": checkpoint, "redacted": redacted,
		} {
			path := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r, err := verify.Case(dir, verify.Options{SkipReplay: true})
		if err != nil || r.Holds && !bytes.Equal(log, o.read("log/entries.jsonl")) {
			t.Fatalf("%v, holds although nobody signed it: %+v", err, r)
		}
	})
}
