package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/inspect"
	"example.org/telltale/internal/signer"
)

const hostileBytes = "\x1b]0;gotcha\x07\x1b[2J\u202egnp.exe\u0085\xff"

// harmlessOutput fails if something would act in a terminal.
func harmlessOutput(t *testing.T, out string) {
	t.Helper()
	for _, r := range out {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("%U stands in\n%q", r, out)
		}
	}
}

// hostileCase has texts and bytes that no terminal should get.
func hostileCase(t *testing.T) string {
	t.Helper()
	hostileKey(t)
	dir := smallCase(t, []byte(hostileBytes))
	key, err := signer.Load(os.Getenv("TELLTALE_KEY"), rand.Reader)
	mustDo(t, err)
	c, err := casefile.Open(dir, casefile.Options{Clock: time.Now, Random: rand.Reader, Signer: key})
	mustDo(t, err)
	mustDo(t, c.Record(telltale.Flow{Host: hostileBytes, Error: hostileBytes}))
	mustDo(t, c.Close())
	return dir
}

func TestCaseShow(t *testing.T) {
	dir := hostileCase(t)
	digest := string(telltale.DigestOf([]byte("GET /p000001 " + hostileBytes)))
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{nil, exitNothing, "messages: 3 delivered"},
		{[]string{"p000002"}, exitNothing, "Probe p000002: sent, a to b"},
		{[]string{"f000001"}, exitNothing, "47 45 54 20 2f"},
		{[]string{"f000001", "--bytes", "4"}, exitNothing, "more bytes"},
		{[]string{"3"}, exitNothing, "Entry 3, stage"},
		{[]string{digest}, exitNothing, "flow f000001, message 0"},
		{[]string{"F99"}, exitFailed, "there is nothing of that name"},
		{[]string{"p000002", "p000001"}, exitUsage, "accepts between 1 and 2"},
		{[]string{"--bytes", "-1"}, exitUsage, "--bytes is not negative"},
		{[]string{"--raw"}, exitUsage, "--raw takes the digest of a blob"},
		{[]string{"--raw", "p000001"}, exitUsage, "--raw writes blobs"},
	} {
		code, out := tell(append([]string{"case", "show", dir}, tt.args...)...)
		if code != tt.code || !strings.Contains(out, tt.says) {
			t.Errorf("%q: exit code %d, want %d and %q:\n%s", tt.args, code, tt.code, tt.says, out)
		}
		harmlessOutput(t, out)
	}
	if code, out := tell("case", "show", dir, digest, "--raw"); code != exitNothing || out != "GET /p000001 "+hostileBytes {
		t.Errorf("--raw: exit code %d, %q", code, out)
	}
	if code, out := tell("case", "show", t.TempDir()); code != exitFailed || !strings.Contains(out, "is not a case") {
		t.Errorf("no case: exit code %d, %q", code, out)
	}
}

func TestCaseShowJSON(t *testing.T) {
	dir := hostileCase(t)
	code, out := tell("case", "show", dir, "--json")
	var summary inspect.Summary
	if err := json.Unmarshal([]byte(out), &summary); err != nil || code != exitNothing || summary.Entries == 0 {
		t.Errorf("exit code %d, %v, %+v", code, err, summary)
	}
	code, out = tell("case", "show", dir, "f000001", "--json")
	harmlessOutput(t, out)
	var view inspect.View
	if err := json.Unmarshal([]byte(out), &view); err != nil || code != exitNothing || view.Flow == nil || !strings.HasPrefix(string(view.Flow.Contents[0].Shown), "GET /p000001") {
		t.Errorf("exit code %d, %v, %+v", code, err, view)
	}
}

func TestCaseLog(t *testing.T) {
	dir := hostileCase(t)
	whole, err := os.ReadFile(filepath.Join(dir, "log", "entries.jsonl"))
	mustDo(t, err)
	lines := strings.SplitAfter(string(whole), "\n")
	for _, tt := range []struct {
		args  []string
		lines int
	}{
		{nil, len(lines) - 1},
		{[]string{"--json"}, len(lines) - 1},
		{[]string{"--since", "2"}, len(lines) - 3},
		{[]string{"--type", "probe,receipt"}, 6},
		{[]string{"--type", "probe", "--since", "100"}, 0},
	} {
		code, out := tell(append([]string{"case", "log", dir}, tt.args...)...)
		if n := strings.Count(out, "\n"); code != exitNothing || n != tt.lines {
			t.Errorf("%q: exit code %d, %d lines, want %d", tt.args, code, n, tt.lines)
		}
		for line := range strings.Lines(out) {
			if !strings.Contains(string(whole), line) {
				t.Errorf("%q: %q is no line of the log", tt.args, line)
			}
		}
	}
	for _, args := range [][]string{{"--type", "prob"}, {"--since", "-1"}} {
		if code, out := tell(append([]string{"case", "log", dir}, args...)...); code != exitUsage {
			t.Errorf("%q: exit code %d:\n%s", args, code, out)
		}
	}
}

// TestCaseLogToATerminal: what would act there is escaped and means the same.
func TestCaseLogToATerminal(t *testing.T) {
	dir := hostileCase(t)
	var raw, safe bytes.Buffer
	mustDo(t, (&caseLog{}).print(&raw, dir))
	mustDo(t, (&caseLog{escape: true}).print(&safe, dir))
	if !strings.Contains(raw.String(), "\u202e") {
		t.Error("nothing in this case needs to be escaped: the test shows nothing")
	}
	harmlessOutput(t, safe.String())
	before, after := strings.Split(raw.String(), "\n"), strings.Split(safe.String(), "\n")
	for i := range before[:len(before)-1] {
		var a, b any
		mustDo(t, json.Unmarshal([]byte(before[i]), &a))
		mustDo(t, json.Unmarshal([]byte(after[i]), &b))
		x, err := json.Marshal(a)
		mustDo(t, err)
		y, err := json.Marshal(b)
		mustDo(t, err)
		if !bytes.Equal(x, y) {
			t.Errorf("%s became %s", x, y)
		}
	}
}
