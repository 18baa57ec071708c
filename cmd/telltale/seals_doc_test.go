package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/attach"
	"example.org/telltale/internal/signer"
	"example.org/telltale/internal/witness"
)

// TestTheSealsCanBeCheckedByHand runs the commands of docs/keys-and-seals.md on a
// case that is signed, stamped and witnessed, and on one that was altered.
func TestTheSealsCanBeCheckedByHand(t *testing.T) {
	for _, program := range []string{"openssl", "sh", "od"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("TELLTALE_REQUIRE_REAL") == "1" {
				t.Fatalf("%s is missing: install it", program)
			}
			t.Skipf("%s is missing: install it", program)
		}
	}
	if runtime.GOOS == "windows" {
		t.Skip("the commands are those of a Unix shell")
	}
	text, err := os.ReadFile("../../docs/keys-and-seals.md")
	mustDo(t, err)
	_, block, _ := strings.Cut(string(text), "```sh\n")
	block, _, found := strings.Cut(block, "```")
	if !found {
		t.Fatal("the document has no commands")
	}
	dir, root, number := sealedCaseOf(t)
	byHand := func() (string, error) {
		cmd := exec.Command("sh", "-c", "set -e\n"+block)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "N="+number, "ROOT="+root, "NAME=Jane", "T="+t.TempDir())
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := byHand()
	if err != nil || strings.Count(out, "Signature Verified Successfully") != 2 || strings.Count(out, "Verification: OK") != 1 {
		t.Errorf("%v\n%s", err, out)
	}
	for _, file := range []string{"checkpoints/" + number, "witness/" + number + "-Jane"} {
		path := filepath.Join(dir, filepath.FromSlash(file))
		was, err := os.ReadFile(path)
		mustDo(t, err)
		mustDo(t, os.WriteFile(path, []byte(strings.Replace(string(was), "telltale/case/", "telltale/cash/", 1)), 0o600))
		if out, err := byHand(); err == nil {
			t.Errorf("%s was altered, and still holds:\n%s", file, out)
		}
		mustDo(t, os.WriteFile(path, was, 0o600))
	}
}

// sealedCaseOf makes a case with a stamp and a witness called Jane over one
// checkpoint, whose number it returns with the stamp's root.
func sealedCaseOf(t *testing.T) (dir, root, number string) {
	t.Helper()
	hostileKey(t)
	dir = plainCase(t)
	url, root := timeServer(t)
	checkpoint, err := witness.Newest(dir)
	mustDo(t, err)
	if code, out := tell("case", "stamp", dir, "--tsa", url, "--no-seal"); code != exitNothing {
		t.Fatal(out)
	}
	jane, err := signer.New(strings.NewReader(strings.Repeat("jane's own key, of all keys. ", 3)), "Jane")
	mustDo(t, err)
	file, err := witness.Cosign(checkpoint.Text, jane, time.Now())
	mustDo(t, err)
	key, err := witness.KeyOf(jane.Verifier())
	mustDo(t, err)
	mustDo(t, attach.Put(dir, witness.KeyFileName("Jane"), []byte(key.String()+"\n")))
	name := witness.FileName(checkpoint.Size, "Jane")
	mustDo(t, attach.Put(dir, name, file))
	if code, out := tell("case", "seal", dir); code != exitNothing {
		t.Fatal(out)
	}
	return dir, root, strings.TrimSuffix(strings.TrimPrefix(name, "witness/"), "-Jane")
}
