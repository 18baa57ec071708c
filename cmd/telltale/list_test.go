package main

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/signer"
)

// triggerCase writes a case in which two triggers were proved and a list was
// fetched.
func triggerCase(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "case")
	key, err := signer.Load(filepath.Join(t.TempDir(), "key"), rand.Reader)
	mustDo(t, err)
	c, err := casefile.Create(dir, casefile.Options{Clock: time.Now, Random: rand.Reader, Signer: key})
	mustDo(t, err)
	mustDo(t, c.PutScenario(telltale.Scenario{Name: "triggers", Words: []string{"山水 tonight", "风云", "quiet words"}}))
	mustDo(t, c.Record(telltale.Flow{Sensor: "proxy", Host: "list.test", Start: time.Unix(1e9, 0)}))
	mustDo(t, c.PutLayer(telltale.Layer{Flow: "f000001", Path: []string{"xor-chain"}, List: []string{"山水", "brontal"}}))
	mustDo(t, c.PutStatement([]telltale.Observation{{Flow: "f000001", Feature: "list", Text: "/keyfile"}}, []telltale.Finding{
		{ID: "F01", Verdict: telltale.Supported, Claim: telltale.Claim{Kind: telltale.KindTrigger, Words: []string{"山水"}}},
		{ID: "F02", Verdict: telltale.Supported, Claim: telltale.Claim{Kind: telltale.KindTrigger, Words: []string{"风", "云"}}},
	}))
	mustDo(t, c.Checkpoint())
	mustDo(t, c.Close())
	return dir
}

func TestListMatch(t *testing.T) {
	t.Parallel()
	dir := triggerCase(t)
	file := filepath.Join(t.TempDir(), "keyfile.2011-04-24.plain")
	mustDo(t, os.WriteFile(file, []byte("山水\nquiet\nnever typed \x1b[2J\n"+strings.Repeat("# many more\n", 20)), 0o600))
	code, out := tell("list", "match", dir, file)
	if code != exitFound {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	for _, want := range []string{"Found by both: 1", "山水 [F01]", "Only by probing: 1", "风 + 云 [F02]", "no trigger: 1", "quiet", "not typed: 2", `never typed \x1b`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	// The case stands for the list that its app fetched.
	code, out = tell("list", "match", "--json", dir, dir)
	var got listMatching
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitFound {
		t.Fatalf("exit code %d, %v\n%s", code, err, out)
	}
	if len(got.Both) != 1 || got.Both[0].Entries[0].On[0].List != "list.test/keyfile" || len(got.Untested) != 1 || len(got.OnlyProbing) != 1 {
		t.Errorf("%+v", got.Match)
	}
	mustDo(t, os.WriteFile(file, []byte("nothing of it\n"), 0o600))
	if code, out := tell("list", "match", dir, file); code != exitNothing {
		t.Errorf("without a common word: exit code %d\n%s", code, out)
	}
}

func TestListImportOfACase(t *testing.T) {
	t.Parallel()
	code, out := tell("list", "import", "-o", filepath.Join(t.TempDir(), "l.json"), triggerCase(t))
	if code != exitNothing || !strings.Contains(out, "list.test/keyfile") || !strings.Contains(out, "xor-chain") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

func TestListMatchOfACaseWithoutFindings(t *testing.T) {
	t.Parallel()
	dir, file := filepath.Join(t.TempDir(), "case"), filepath.Join(t.TempDir(), "keyfile.plain")
	key, err := signer.Load(filepath.Join(t.TempDir(), "key"), rand.Reader)
	mustDo(t, err)
	c, err := casefile.Create(dir, casefile.Options{Clock: time.Now, Random: rand.Reader, Signer: key})
	mustDo(t, err)
	mustDo(t, c.PutScenario(telltale.Scenario{Name: "begun"}))
	mustDo(t, c.Close())
	mustDo(t, os.WriteFile(file, []byte("山水\n"), 0o600))
	if code, out := tell("list", "match", dir, file); code != exitFailed || !strings.Contains(out, "audit --resume") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}
