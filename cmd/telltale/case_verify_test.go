package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/telltale/internal/verify"
)

// keptCase unpacks one of the cases that are kept for ever.
func keptCase(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "internal", "verify", "testdata", "cases", name+".tar.gz"))
	mustDo(t, err)
	z, err := gzip.NewReader(bytes.NewReader(b))
	mustDo(t, err)
	dir := t.TempDir()
	for in := tar.NewReader(z); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return filepath.Join(dir, name)
		}
		mustDo(t, err)
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			mustDo(t, os.MkdirAll(path, 0o700))
			continue
		}
		content, err := io.ReadAll(in)
		mustDo(t, err)
		mustDo(t, errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content, 0o600)))
	}
}

func TestCaseVerifyTakesWhatIsKnownFromElsewhere(t *testing.T) {
	t.Parallel()
	dir := keptCase(t, "v2-tom-2011")
	in := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	witness := in("witness/telltale-investigator.pub")
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{nil, exitNothing, "The key was taken from the case itself"},
		{[]string{"--key", in("key.pub"), "--checkpoint", in("checkpoints/00000034"), "--witness", witness}, exitNothing, "The case holds: every byte is as it was signed, and the findings follow from it."},
		{[]string{"--key", "somebody+1"}, exitFailed, "WRONG  key.pub: is not the key you trust"},
		{[]string{"--key", witness}, exitFailed, "WRONG  key.pub: is not the key you trust"},
		{[]string{"--checkpoint", in("key.pub")}, exitFailed, "WRONG  checkpoint: the one that you hold: is no signed note"},
		{[]string{"--checkpoint", in("none")}, exitFailed, "reading the checkpoint: open"},
		{[]string{"--witness", in("key.pub")}, exitFailed, "WRONG  witness: no checkpoint of this case was seen by"},
		{[]string{"--tsa-roots", in("ca/ca.pem")}, exitFailed, "whom the authorities that you named do not vouch for"},
		{[]string{"--tsa-roots", in("key.pub")}, exitFailed, "holds no certificate in PEM"},
	} {
		code, out := tell(append([]string{"case", "verify", dir}, tt.args...)...)
		if code != tt.code || !strings.Contains(out, tt.want) {
			t.Errorf("%v: exit code %d, want %d and %q in\n%.2000s", tt.args, code, tt.code, tt.want, out)
		}
	}
}

func TestCaseVerifyPrintsJSON(t *testing.T) {
	t.Parallel()
	dir := keptCase(t, "v2-resumed")
	for _, holds := range []bool{true, false} {
		code, out := tell("case", "verify", "--json", dir)
		var r verify.Result
		if err := json.Unmarshal([]byte(out), &r); err != nil || r.Holds != holds || (code == exitNothing) != holds || (len(r.Problems) == 0) != holds {
			t.Errorf("exit code %d, %v\n%.1000s", code, err, out)
		}
		mustDo(t, os.RemoveAll(filepath.Join(dir, "canary.key")))
	}
}

// The index is no evidence, but what stands in it must be what the log says.
func TestCaseVerifyComparesTheIndex(t *testing.T) {
	t.Parallel()
	dir := keptCase(t, "v2-resumed")
	if code, out := tell("case", "index", dir); code != exitNothing {
		t.Fatal(out)
	}
	if code, out := tell("case", "verify", dir); code != exitNothing {
		t.Errorf("with an index: exit code %d\n%s", code, out)
	}
	path := filepath.Join(dir, "index.sqlite")
	b, err := os.ReadFile(path)
	mustDo(t, err)
	b[len(b)/2] ^= 1
	mustDo(t, os.WriteFile(path, b, 0o600))
	if code, out := tell("case", "verify", dir); code != exitFailed || !strings.Contains(out, "WRONG  index.sqlite: ") || !strings.Contains(out, "delete it") {
		t.Errorf("with a bent index: exit code %d\n%s", code, out)
	}
}
