package witness_test

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/signer"
	"example.org/telltale/internal/witness"
)

func noon() time.Time { return time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC) }

func newKey(t testing.TB, name string) casefile.Signer {
	t.Helper()
	key, err := signer.New(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// signed makes a case of nothing but a checkpoint: that is all that is read here.
func signed(t *testing.T, dir string, key casefile.Signer, size int64, root byte) {
	t.Helper()
	hash := make([]byte, 32)
	hash[0] = root
	text := fmt.Sprintf("telltale/case/0123456789abcdef\n%d\n%s\n", size, base64.StdEncoding.EncodeToString(hash))
	checkpoint, err := note.Sign(&note.Note{Text: text}, key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "key.pub", key.Verifier()+"\n")
	write(t, dir, "checkpoint", string(checkpoint))
	write(t, dir, fmt.Sprintf("checkpoints/%08d", size), string(checkpoint))
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// holds is a check of the log that finds nothing wrong and tells what it was
// asked to compare with.
func holds(known *[]string) func(string, []byte) error {
	return func(_ string, old []byte) error {
		*known = append(*known, string(old))
		return nil
	}
}

func TestAWitnessRemembersWhatWasSeen(t *testing.T) {
	t.Parallel()
	dir, investigator := t.TempDir(), newKey(t, "Investigator")
	var known []string
	w := witness.Witness{Key: newKey(t, "Jane"), Memory: witness.Memory{Dir: filepath.Join(t.TempDir(), "seen")}, Verify: holds(&known)}
	signed(t, dir, investigator, 5, 1)
	first, err := w.See(dir, noon())
	if err != nil {
		t.Fatal(err)
	}
	if first.Name != "witness/00000005-Jane" || first.Before != nil {
		t.Errorf("the first time: %+v", first)
	}
	signed(t, dir, investigator, 9, 2)
	second, err := w.See(dir, noon().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if second.Before == nil || !second.Before.At.Equal(noon()) {
		t.Errorf("the second time it remembers %+v", second.Before)
	}
	if len(known) != 2 || known[0] != "" || known[1] != string(first.Checkpoint.Note) {
		t.Errorf("the log was compared with %q", known)
	}
	key, err := witness.KeyOf(w.Key.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	text, at, err := witness.Check(second.File, key)
	if err != nil || text != second.Checkpoint.Text || !at.Equal(noon().Add(time.Hour)) {
		t.Errorf("the signature says %q at %s, %v", text, at, err)
	}
}

func TestAWitnessRefuses(t *testing.T) {
	t.Parallel()
	investigator, other, jane := newKey(t, "Investigator"), newKey(t, "Other"), newKey(t, "Jane")
	for what, c := range map[string]struct {
		// now is the case after it was seen with 5 entries.
		now  func(t *testing.T, dir string)
		fail error
		want string
	}{
		"a case made anew":        {now: func(t *testing.T, dir string) { signed(t, dir, investigator, 5, 2) }, want: "another checkpoint"},
		"a case cut short":        {now: func(t *testing.T, dir string) { signed(t, dir, investigator, 4, 1) }, want: "cut short"},
		"another key":             {now: func(t *testing.T, dir string) { signed(t, dir, other, 9, 1) }, want: "another key"},
		"the witness's own":       {now: func(t *testing.T, dir string) { signed(t, dir, jane, 9, 1) }, want: "somebody else"},
		"a log that does not fit": {now: func(t *testing.T, dir string) { signed(t, dir, investigator, 9, 1) }, fail: errors.New("checkpoint: another root"), want: "another root"},
		"a forged signature": {now: func(t *testing.T, dir string) {
			signed(t, dir, other, 9, 1)
			write(t, dir, "key.pub", investigator.Verifier()+"\n")
		}, want: "signature"},
		"a checkpoint of another number": {now: func(t *testing.T, dir string) {
			signed(t, dir, investigator, 9, 1)
			write(t, dir, "checkpoints/00000009", "another")
		}, want: "changed"},
		"none": {now: func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "checkpoint")); err != nil {
				t.Fatal(err)
			}
		}, want: "no checkpoint"},
		"version 1": {now: func(t *testing.T, dir string) {
			old, err := note.Sign(&note.Note{Text: "telltale/case\n9\n" + base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\n"}, investigator)
			if err != nil {
				t.Fatal(err)
			}
			write(t, dir, "checkpoint", string(old))
		}, want: "version 1"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			memory := witness.Memory{Dir: filepath.Join(t.TempDir(), "seen")}
			w := witness.Witness{Key: jane, Memory: memory, Verify: func(string, []byte) error { return nil }}
			signed(t, dir, investigator, 5, 1)
			if _, err := w.See(dir, noon()); err != nil {
				t.Fatal(err)
			}
			before, err := memory.Last("0123456789abcdef")
			if err != nil {
				t.Fatal(err)
			}
			c.now(t, dir)
			w.Verify = func(string, []byte) error { return c.fail }
			if _, err := w.See(dir, noon()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: want %q", err, c.want)
			}
			after, err := memory.Last("0123456789abcdef")
			if err != nil || *after != *before {
				t.Errorf("what was refused is remembered: %+v, %v", after, err)
			}
		})
	}
}

func TestADamagedMemoryIsNoFirstTime(t *testing.T) {
	t.Parallel()
	dir, seen := t.TempDir(), t.TempDir()
	signed(t, dir, newKey(t, "Investigator"), 5, 1)
	w := witness.Witness{Key: newKey(t, "Jane"), Memory: witness.Memory{Dir: seen}, Verify: func(string, []byte) error { return nil }}
	for _, text := range []string{"", "{", `{"case":"another"}`, `{"case":"0123456789abcdef"}`} {
		write(t, seen, "0123456789abcdef.json", text)
		if _, err := w.See(dir, noon()); err == nil {
			t.Errorf("%q was taken for a memory", text)
		}
	}
	if _, err := w.Memory.Last("../../secret"); err == nil {
		t.Error("a path was taken for an id")
	}
}
