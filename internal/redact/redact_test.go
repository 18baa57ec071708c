package redact_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// TestACopy looks at one copy from all sides.
func TestACopy(t *testing.T) {
	t.Parallel()
	dir, out, r := redacted(t, redact.Options{})
	t.Run("cannot be read", func(t *testing.T) { cannotBeRead(t, out, r) })
	t.Run("is proved", func(t *testing.T) { isProved(t, dir, out, r) })
	t.Run("holds", func(t *testing.T) { holds(t, dir, out, verify.Options{SkipReplay: true}) })
	t.Run("is not redacted again", func(t *testing.T) {
		key := signing(t, "tester")
		again := filepath.Join(t.TempDir(), "copy")
		if _, err := redact.Run(context.Background(), out, again, redact.Options{Signer: key}); err == nil || !strings.Contains(err.Error(), "is a redacted copy") {
			t.Errorf("a copy was redacted again: %v", err)
		}
		if _, err := redact.Run(context.Background(), dir, out, redact.Options{Signer: key}); err == nil || !strings.Contains(err.Error(), "there already") {
			t.Errorf("a copy was overwritten: %v", err)
		}
	})
}

func cannotBeRead(t *testing.T, out string, r *redact.Result) {
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

func isProved(t *testing.T, dir, out string, r *redact.Result) {
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

// holds checks that the readers that share nothing with the writer find nothing
// wrong with a copy that they do not find wrong with the case. The plan of the
// made-up case was made for no scenario.
func holds(t *testing.T, dir, out string, opts verify.Options) {
	known := map[string]bool{}
	for _, p := range problems(t, dir, opts) {
		known[p.String()] = true
	}
	for _, p := range problems(t, out, opts) {
		if !known[p.String()] {
			t.Errorf("the copy: %s", p)
		}
	}
	reader, err := casefile.Read(out)
	if err != nil || !reader.Redacted {
		t.Fatalf("the copy cannot be read: %v", err)
	}
	script(t, dir, out)
}

func problems(t *testing.T, dir string, opts verify.Options) []verify.Problem {
	t.Helper()
	r, err := verify.Case(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r.Problems
}

func TestCopiesHold(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one copy is checked by another test")
	}
	for name, opts := range map[string]redact.Options{
		"accounts":  {Accounts: true, Mask: []string{"good morning"}, Hosts: []string{"collector.test"}},
		"findings":  {OnlyFindings: true},
		"by others": {Signer: signing(t, "somebody-else")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, out, r := redacted(t, opts)
			holds(t, dir, out, verify.Options{SkipReplay: true})
			isProved(t, dir, out, r)
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

func TestTextsAreMaskedUnderTheirCoatsAndByTheSameAliases(t *testing.T) {
	t.Parallel()
	_, out, r := redacted(t, redact.Options{Mask: []string{"hello there"}, Accounts: true})
	if all := readable(t, out); bytes.Contains(all, []byte("hello there")) {
		t.Error("the text can be read")
	}
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
	first := rec.Layers[0]
	if first.Bytes != "" || first.Steps[0] != "" || first.Steps[1] != "" || rec.Flows[0].Messages[0].Bytes != "" || rec.Findings[0].Digests[0] != "" {
		t.Errorf("what the text was opened from is named: %+v", first)
	}
	if !slices.ContainsFunc(r.Sentences, func(s string) bool { return strings.HasPrefix(s, "named: ") }) {
		t.Errorf("the note does not say so: %q", r.Sentences)
	}
}

func TestBlobsWithoutTheTextStay(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a copy more")
	}
	_, out, _ := redacted(t, redact.Options{Mask: []string{"hello there"}})
	reader, err := casefile.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	rec := reader.Record
	if l := rec.Layers[0]; l.Bytes != "" || rec.Findings[0].Digests[0] != "" {
		t.Errorf("what was withheld is named: %+v", l)
	}
	if l := rec.Layers[1]; l.Bytes == "" || l.Steps[0] == "" || rec.Flows[1].Messages[0].Bytes == "" || rec.Findings[0].Digests[1] != l.Bytes {
		t.Errorf("the other message is gone: %+v", l)
	}
}

func TestRulesCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a copy for each rule")
	}
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
	old := filepath.Join(t.TempDir(), "old")
	for name, text := range map[string]string{"format": "telltale case 1\n", "log/entries.jsonl": ""} {
		path := filepath.Join(old, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	digits := key.Verifier()[len(key.Verifier())-30:]
	for name, try := range map[string]struct {
		dir  string
		opts redact.Options
		want string
	}{
		"a key that is masked":   {dir, redact.Options{Signer: key, Mask: []string{digits}}, "the first entry"},
		"no key":                 {dir, redact.Options{}, "name a key"},
		"a rule that is not":     {dir, redact.Options{Signer: key, Keep: []string{"packets"}}, "no rule"},
		"one letter":             {dir, redact.Options{Signer: key, Mask: []string{"x"}}, "2 bytes"},
		"the name of the signer": {dir, redact.Options{Signer: signing(t, "Jane-Doe-of-Leeds"), Mask: []string{"Jane-Doe-of-Leeds"}}, "name of the key"},
		"version 1":              {old, redact.Options{Signer: key}, "of version 1"},
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
}

// Whatever of the record is masked cannot be read afterwards, and the copy is
// proved all the same.
func TestAnyTextCanBeMasked(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("several copies")
	}
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			key := signing(t, "tester")
			dir := writeCase(t, key)
			masked := pick(t, dir, rand.New(rand.NewPCG(seed, 7)))
			out := filepath.Join(t.TempDir(), "copy")
			r, err := redact.Run(context.Background(), dir, out, redact.Options{Signer: key, Mask: masked})
			if err != nil {
				t.Fatalf("%q: %v", masked, err)
			}
			isProved(t, dir, out, r)
			for _, line := range entries(t, out) {
				var e struct{ Body any }
				if err := json.Unmarshal(line, &e); err != nil {
					t.Fatal(err)
				}
				for _, s := range texts(e.Body) {
					for _, m := range masked {
						if strings.Contains(strings.ToLower(s), strings.ToLower(m)) {
							t.Errorf("%q can be read in %q", m, s)
						}
					}
				}
			}
		})
	}
}

// chance matches what is another text in each case, or cannot be masked:
// digests, times, canaries.
var chance = regexp.MustCompile(`^(sha256:.*|[0-9]{4}-.*T.*|[a-z]{8}|.*[^ -~].*)$`)

// pick takes some of the longer texts of a case, always the same.
func pick(t *testing.T, dir string, r *rand.Rand) []string {
	var all []string
	lines := entries(t, dir)
	for _, line := range lines[1:] {
		var e struct{ Body any }
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		for _, s := range texts(e.Body) {
			if len(s) >= 6 && !chance.MatchString(s) && !bytes.Contains(lines[0], []byte(s)) {
				all = append(all, s)
			}
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	var out []string
	for range 5 {
		out = append(out, all[r.IntN(len(all))])
	}
	return append(out, "messages")
}

// texts are the strings in a value.
func texts(v any) []string {
	var out []string
	switch v := v.(type) {
	case string:
		out = append(out, v)
	case []any:
		for _, part := range v {
			out = append(out, texts(part)...)
		}
	case map[string]any:
		for _, part := range v {
			out = append(out, texts(part)...)
		}
	}
	return out
}
