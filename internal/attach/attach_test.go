package attach_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/attach"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/signer"
	"example.org/telltale/internal/stamp"
	"example.org/telltale/internal/stamp/tsa"
	"example.org/telltale/internal/witness"
)

func noon() time.Time { return time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC) }

func newKey(t *testing.T, name string) casefile.Signer {
	t.Helper()
	key, err := signer.New(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// newCase makes a case with a checkpoint, and returns it too.
func newCase(t *testing.T) (string, witness.Checkpoint) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "case")
	c, err := casefile.Create(dir, casefile.Options{Clock: noon, Random: rand.Reader, Signer: newKey(t, "Investigator")})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	checkpoint, err := witness.Newest(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, checkpoint
}

// stamped is a time stamp over a text.
func stamped(t *testing.T, text []byte) []byte {
	t.Helper()
	a, err := tsa.New(tsa.Options{Clock: noon, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	url, stop, err := tsa.Serve(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	got, err := stamp.Asker{Client: http.DefaultClient, Random: rand.Reader}.Ask(context.Background(), url, sha256.Sum256(text))
	if err != nil {
		t.Fatal(err)
	}
	return got.Response
}

func cosigned(t *testing.T, text string, key casefile.Signer) (signature, public []byte) {
	t.Helper()
	signature, err := witness.Cosign(text, key, noon())
	if err != nil {
		t.Fatal(err)
	}
	k, err := witness.KeyOf(key.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	return signature, []byte(k.String() + "\n")
}

// sent gives contents the names that they came under.
func sent(contents ...[]byte) (files []attach.File) {
	for i, c := range contents {
		files = append(files, attach.File{Name: fmt.Sprintf("file %d", i), Content: c})
	}
	return files
}

func TestWhatOthersSentFindsItsPlace(t *testing.T) {
	t.Parallel()
	dir, checkpoint := newCase(t)
	signature, public := cosigned(t, checkpoint.Text, newKey(t, "Jane"))
	files, err := attach.Sort(dir, sent(stamped(t, checkpoint.Note), signature, public))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
		if err := attach.Put(dir, f.Name, f.Content); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"stamps/00000001-1.tsr", "witness/00000001-Jane", "witness/Jane.pub"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	over, err := attach.StampsOver(dir, 1)
	if err != nil || !slices.Equal(over, []string{"stamps/00000001-1.tsr"}) {
		t.Errorf("stamps over it are %q, %v", over, err)
	}
	// A second signature needs no key; a second stamp has another name.
	if _, err := attach.Sort(dir, sent(signature)); err != nil {
		t.Error(err)
	}
	if name, err := attach.StampName(dir, 1); err != nil || name != "stamps/00000001-2.tsr" {
		t.Errorf("the next stamp is called %s, %v", name, err)
	}
}

func TestWhatDoesNotBelongIsRefused(t *testing.T) {
	t.Parallel()
	dir, checkpoint := newCase(t)
	_, other := newCase(t)
	jane := newKey(t, "Jane")
	signature, public := cosigned(t, checkpoint.Text, jane)
	elsewhere, _ := cosigned(t, other.Text, jane)
	_, impostor := cosigned(t, checkpoint.Text, newKey(t, "Jane"))
	for what, c := range map[string]struct {
		sent [][]byte
		want string
	}{
		"a signature without its key":  {[][]byte{signature}, "Jane.pub"},
		"one with another key":         {[][]byte{signature, impostor}, "another key"},
		"one over another case":        {[][]byte{elsewhere, public}, "does not have"},
		"a stamp over another case":    {[][]byte{stamped(t, other.Note)}, "does not have"},
		"a page":                       {[][]byte{[]byte("<html>")}, "neither"},
		"nothing":                      {[][]byte{nil}, "neither"},
		"a signature that was altered": {[][]byte{append([]byte("x"), signature...), public}, "does not hold"},
	} {
		if files, err := attach.Sort(dir, sent(c.sent...)); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "file ") {
			t.Errorf("%s: %v, %v, want %q", what, files, err, c.want)
		}
	}
}

func TestPutChangesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i, c := range []struct {
		content string
		want    bool
	}{{"one", true}, {"one", true}, {"two", false}} {
		if err := attach.Put(dir, "witness/Jane.pub", []byte(c.content)); (err == nil) != c.want {
			t.Errorf("%d: %v", i, err)
		}
	}
	content, err := os.ReadFile(filepath.Join(dir, "witness", "Jane.pub"))
	if err != nil || string(content) != "one" {
		t.Errorf("it holds %q, %v", content, err)
	}
	left, err := os.ReadDir(filepath.Join(dir, "witness"))
	if err != nil || len(left) != 1 {
		t.Errorf("%d files, %v", len(left), err)
	}
}

func FuzzSort(f *testing.F) {
	f.Add([]byte("text\n\n— Jane AAAA\n"), []byte("Jane+00000000+BAAA\n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, a, b []byte) {
		files, err := attach.Sort(dir, sent(a, b))
		if err == nil && len(files) == 0 {
			t.Error("nothing has a place")
		}
		for _, file := range files {
			if !strings.HasPrefix(file.Name, "witness/") {
				t.Errorf("%q has a place in a case without checkpoints", file.Name)
			}
		}
	})
}
