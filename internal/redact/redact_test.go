package redact_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/redact"
	"example.org/telltale/internal/redact/mask"
	"example.org/telltale/internal/verify"
)

// redacted makes a case and a copy of it.
func redacted(t *testing.T, opts redact.Options) (dir, out string, r *redact.Result) {
	t.Helper()
	key := signing(t, "tester")
	if opts.Signer == nil {
		opts.Signer = key
	}
	dir = writeCase(t, key)
	out = filepath.Join(t.TempDir(), "copy")
	r, err := redact.Run(context.Background(), dir, out, opts)
	if err != nil {
		t.Fatal(err)
	}
	return dir, out, r
}

func TestWhatIsTakenOutCannotBeReadInTheCopy(t *testing.T) {
	t.Parallel()
	_, out, r := redacted(t, redact.Options{})
	all := readable(t, out)
	for _, secret := range []string{password, cookie, mailbox, telephone, stranger, strayFile, clientIP, home, "annabel", otherText, privateKey, "linnet.pine2"} {
		if bytes.Contains(bytes.ToLower(all), bytes.ToLower([]byte(secret))) {
			t.Errorf("%q can be read in the copy", secret)
		}
		if secret != privateKey && !slices.ContainsFunc(r.Masked, func(m string) bool { return strings.Contains(m, secret) || strings.Contains(secret, m) }) {
			t.Errorf("%q is not among the texts that must not be read: %q", secret, r.Masked)
		}
	}
	for _, kept := range []string{"hello there", "support@vendor.test", "alice", "nothing to see here", "collector.test", `"masked-`} {
		if !bytes.Contains(all, []byte(kept)) {
			t.Errorf("%q is gone", kept)
		}
	}
	if r.Withheld != 7 || r.Files != 3 {
		t.Errorf("%d blobs and %d files were withheld, want 7 and 3:\n%s", r.Withheld, r.Files, strings.Join(r.Sentences, "\n"))
	}
}

func TestTheCopyIsProvedByTheOriginalsSignatures(t *testing.T) {
	t.Parallel()
	dir, out, r := redacted(t, redact.Options{Accounts: true, Hosts: []string{"collector.test"}})
	before, after := entries(t, dir), entries(t, out)
	if len(before) != len(after) || int64(len(after)) != r.Entries {
		t.Fatalf("%d entries became %d", len(before), len(after))
	}
	changed := int64(0)
	for i := range before {
		if commitment(t, before[i]) != commitment(t, after[i]) {
			t.Errorf("entry %d has another commitment", i)
		}
		if !bytes.Equal(before[i], after[i]) {
			changed++
		} else if bytes.Contains(after[i], []byte("~masked")) {
			t.Errorf("entry %d was masked before", i)
		}
	}
	if changed != r.Changed || changed == 0 {
		t.Errorf("%d entries are changed, %d are stated", changed, r.Changed)
	}
	same, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(out, "checkpoint")); err != nil || !bytes.Equal(got, same) {
		t.Errorf("the checkpoint is another: %v", err)
	}
}

func entries(t *testing.T, dir string) [][]byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "log", "entries.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, len(b)+1)
	for lines.Scan() {
		out = append(out, bytes.Clone(lines.Bytes()))
	}
	return out
}

func commitment(t *testing.T, line []byte) mask.Hash {
	t.Helper()
	e, err := mask.ParseEntry(line)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	h, err := e.Commitment()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return h
}

// verified is what the independent reader finds wrong, the plan of the made-up
// case left aside: it was made for no scenario.
func verified(t *testing.T, dir string, opts verify.Options) []verify.Problem {
	t.Helper()
	r, err := verify.Case(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r.Problems
}

func TestVerifiersAcceptTheCopyAsFarAsTheOriginal(t *testing.T) {
	t.Parallel()
	other := signing(t, "somebody-else")
	for name, opts := range map[string]redact.Options{
		"as it is":  {},
		"accounts":  {Accounts: true, Mask: []string{"good morning"}},
		"findings":  {OnlyFindings: true},
		"by others": {Signer: other},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, out, _ := redacted(t, opts)
			known := map[string]bool{}
			for _, p := range verified(t, dir, verify.Options{SkipReplay: true}) {
				known[p.String()] = true
			}
			for _, p := range verified(t, out, verify.Options{SkipReplay: true}) {
				if !known[p.String()] {
					t.Errorf("the copy: %s", p)
				}
			}
			reader, err := casefile.Read(out)
			if err != nil || !reader.Redacted {
				t.Fatalf("the copy cannot be read: %v", err)
			}
			script(t, dir, out)
		})
	}
}

// script runs the reader in Python.
func script(t *testing.T, dir, out string) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") != "" {
			t.Fatal(err)
		}
		return
	}
	run := func(dir string) (string, error) {
		b, err := exec.Command(python, filepath.Join("..", "..", "docs", "verify.py"), dir).CombinedOutput()
		return string(b), err
	}
	if said, err := run(dir); err != nil {
		t.Fatalf("the original: %v\n%s", err, said)
	}
	if said, err := run(out); err != nil {
		t.Errorf("the copy: %v\n%s", err, said)
	}
}

func TestAliasesAreTheSameEverywhere(t *testing.T) {
	t.Parallel()
	_, out, _ := redacted(t, redact.Options{Accounts: true})
	reader, err := casefile.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	rec := reader.Record
	alias := rec.Scenario.Accounts[0].Name
	if !strings.HasPrefix(alias, "masked-") || rec.Probes[0].From != alias || rec.Findings[0].Statement != `Messages of "`+alias+`" go to collector.test.` {
		t.Errorf("alice is %q, %q and %q", alias, rec.Probes[0].From, rec.Findings[0].Statement)
	}
	if client := rec.Flows[0].Client; client == clientIP+":40000" || !strings.HasSuffix(client, ":40000") || rec.Flows[2].Client[:len(client)-5] != client[:len(client)-5] {
		t.Errorf("clients are %q and %q", client, rec.Flows[2].Client)
	}
	if rec.Scenario.Driver.Options != nil && !json.Valid(rec.Scenario.Driver.Options) {
		t.Errorf("options are %q", rec.Scenario.Driver.Options)
	}
}

func TestTextsAreMaskedUnderTheirCoats(t *testing.T) {
	t.Parallel()
	_, out, r := redacted(t, redact.Options{Mask: []string{"hello there"}})
	if all := readable(t, out); bytes.Contains(all, []byte("hello there")) {
		t.Error("the text can be read")
	}
	reader, err := casefile.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	first, second := reader.Record.Layers[0], reader.Record.Layers[1]
	if first.Bytes != "" || first.Steps[0] != "" || first.Steps[1] != "" || reader.Record.Flows[0].Messages[0].Bytes != "" {
		t.Errorf("what the text was opened from is named: %+v", first)
	}
	if second.Bytes == "" || second.Steps[0] == "" || reader.Record.Flows[1].Messages[0].Bytes == "" {
		t.Errorf("the other message is gone: %+v", second)
	}
	if d := reader.Record.Findings[0].Digests; d[0] != "" || d[1] != second.Bytes {
		t.Errorf("the finding rests on %q", d)
	}
	if !slices.ContainsFunc(r.Sentences, func(s string) bool { return strings.HasPrefix(s, "named: ") }) {
		t.Errorf("the note does not say so: %q", r.Sentences)
	}
}

func TestRulesCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	shows := map[string]string{
		redact.RuleKeys: privateKey, redact.RuleStrays: strayFile, redact.RuleClients: clientIP, redact.RuleHomes: home,
		redact.RuleOthers: otherText, redact.RuleCredentials: password, redact.RuleMail: mailbox, redact.RulePhone: telephone,
	}
	for _, rule := range redact.Rules() {
		if rule.Fixed {
			continue
		}
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			keep := []string{rule.Name}
			if rule.Name == redact.RulePhone {
				keep = append(keep, redact.RuleMail) // both are in one message
			}
			_, out, r := redacted(t, redact.Options{Keep: keep})
			if text := shows[rule.Name]; !bytes.Contains(readable(t, out), []byte(text)) && rule.Name != redact.RuleMail && rule.Name != redact.RulePhone {
				t.Errorf("%q is gone", text)
			}
			if !slices.ContainsFunc(r.Sentences, func(s string) bool { return strings.HasPrefix(s, "Turned off: ") && strings.Contains(s, rule.Name) }) {
				t.Errorf("the note does not say that it was turned off: %q", r.Sentences)
			}
		})
	}
}

func TestWhatCannotBeDoneLeavesNoCopy(t *testing.T) {
	t.Parallel()
	key := signing(t, "tester")
	dir := writeCase(t, key)
	made := filepath.Join(t.TempDir(), "made")
	if _, err := redact.Run(context.Background(), dir, made, redact.Options{Signer: key}); err != nil {
		t.Fatal(err)
	}
	digits := key.Verifier()[len(key.Verifier())-30:]
	for name, try := range map[string]struct {
		dir  string
		opts redact.Options
		want string
	}{
		"a key that is masked":   {dir, redact.Options{Signer: key, Mask: []string{digits}}, "key.pub"},
		"a redacted copy":        {made, redact.Options{Signer: key}, "is a redacted copy"},
		"no key":                 {dir, redact.Options{}, "name a key"},
		"a rule that is not":     {dir, redact.Options{Signer: key, Keep: []string{"packets"}}, "no rule"},
		"one letter":             {dir, redact.Options{Signer: key, Mask: []string{"x"}}, "2 bytes"},
		"the name of the signer": {dir, redact.Options{Signer: signing(t, "Jane-Doe-of-Leeds"), Mask: []string{"Jane-Doe-of-Leeds"}}, "name of the key"},
		"no case":                {t.TempDir(), redact.Options{Signer: key}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(t.TempDir(), "copy")
			_, err := redact.Run(context.Background(), try.dir, out, try.opts)
			if err == nil || !strings.Contains(err.Error(), try.want) {
				t.Errorf("error %v, want %q", err, try.want)
			}
			if left, err := os.ReadDir(filepath.Dir(out)); err != nil || len(left) > 0 {
				t.Errorf("something was left: %v, %v", left, err)
			}
		})
	}
	if _, err := redact.Run(context.Background(), dir, made, redact.Options{Signer: key}); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("a copy was overwritten: %v", err)
	}
}
