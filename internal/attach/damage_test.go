package attach_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/telltale/internal/attach"
	"example.org/telltale/internal/verify"
	"example.org/telltale/internal/witness"
)

// attached is a case with a stamp and a witness beside it, not sealed.
func attached(t *testing.T) (string, witness.Checkpoint) {
	t.Helper()
	dir, checkpoint := newCase(t)
	signature, public := cosigned(t, checkpoint.Text, newKey(t, "Jane"))
	files, err := attach.Sort(dir, sent(stamped(t, checkpoint.Note), signature, public))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := attach.Put(dir, f.Name, f.Content); err != nil {
			t.Fatal(err)
		}
	}
	return dir, checkpoint
}

func TestTheVerifierAcceptsWhatIsAttached(t *testing.T) {
	t.Parallel()
	dir, _ := attached(t)
	got, err := verify.Case(dir, verify.Options{})
	if err != nil || !got.Holds || len(got.Stamps) != 1 || len(got.Witnesses) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if s, w := got.Stamps[0], got.Witnesses[0]; s.Sealed || w.Sealed || !s.At.Equal(noon()) || !w.At.Equal(noon()) || w.Name != "Jane" {
		t.Errorf("%+v, %+v", s, w)
	}
}

// Whatever is done to a stamp or a witness's file, though nobody sealed it, is
// named with the file.
func TestTheVerifierNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	const tsr, jane, pub = "stamps/00000001-1.tsr", "witness/00000001-Jane", "witness/Jane.pub"
	for what, c := range map[string]struct {
		file  string
		spoil func(t *testing.T, dir string, content []byte) []byte
	}{
		"a stamp that is cut": {tsr, func(_ *testing.T, _ string, b []byte) []byte { return b[:len(b)-1] }},
		"a stamp with more":   {tsr, func(_ *testing.T, _ string, b []byte) []byte { return append(b, 0) }},
		"a stamp whose signature is changed": {tsr, func(_ *testing.T, _ string, b []byte) []byte {
			b[len(b)-1] ^= 1
			return b
		}},
		"a stamp whose time is changed": {tsr, func(t *testing.T, dir string, b []byte) []byte {
			at := bytes.Index(b, []byte("20240506120000Z"))
			if at < 0 {
				t.Fatal("there is no time in the stamp")
			}
			b[at] = '1'
			return b
		}},
		"a stamp of another case": {tsr, func(t *testing.T, _ string, _ []byte) []byte {
			_, other := newCase(t)
			return stamped(t, other.Note)
		}},
		"an empty stamp": {tsr, func(*testing.T, string, []byte) []byte { return nil }},
		"a signature over another case": {jane, func(t *testing.T, _ string, _ []byte) []byte {
			_, other := newCase(t)
			signature, _ := cosigned(t, other.Text, newKey(t, "Jane"))
			return signature
		}},
		"a signature at another time": {jane, func(_ *testing.T, _ string, b []byte) []byte {
			at := bytes.Index(b, []byte("— Jane ")) + len("— Jane ")
			b[at+12] ^= 1 // within the time
			return b
		}},
		"a signature by another Jane": {jane, func(t *testing.T, _ string, b []byte) []byte {
			text, _, _ := strings.Cut(string(b), "\n\n")
			signature, _ := cosigned(t, text+"\n", newKey(t, "Jane"))
			return signature
		}},
		"a key that is cut": {pub, func(_ *testing.T, _ string, b []byte) []byte { return b[:len(b)-1] }},
		"a key of an investigator": {pub, func(t *testing.T, _ string, _ []byte) []byte {
			return []byte(newKey(t, "Jane").Verifier() + "\n")
		}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir, _ := attached(t)
			path := filepath.Join(dir, filepath.FromSlash(c.file))
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, c.spoil(t, dir, content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := verify.Case(dir, verify.Options{})
			if err != nil || got.Holds {
				t.Fatalf("it holds: %+v, %v", got, err)
			}
			for _, p := range got.Problems {
				if !strings.Contains(p.String(), c.file) {
					t.Errorf("%s, want %s to be named", p, c.file)
				}
			}
		})
	}
}

// TestARemovedKeyIsMissed: a signature cannot be checked without it.
func TestARemovedKeyIsMissed(t *testing.T) {
	t.Parallel()
	dir, _ := attached(t)
	if err := os.Remove(filepath.Join(dir, "witness", "Jane.pub")); err != nil {
		t.Fatal(err)
	}
	got, err := verify.Case(dir, verify.Options{})
	if err != nil || got.Holds || !strings.Contains(got.Problems[0].String(), "Jane.pub") {
		t.Errorf("%+v, %v", got, err)
	}
}
