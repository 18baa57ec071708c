package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"example.org/telltale/internal/lab"
	"example.org/telltale/internal/lab/truth"
)

// runLab runs the program as a function.
func runLab(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, clock: time.Now, random: rand.Reader}
	code = a.run(t.Context(), args)
	return code, out.String(), errs.String()
}

func TestLabListNamesEveryProfile(t *testing.T) {
	t.Parallel()
	code, text, _ := runLab(t, "lab", "list")
	_, asJSON, _ := runLab(t, "lab", "list", "--json")
	for _, p := range lab.Profiles() {
		if !strings.Contains(text, p.Name) || !strings.Contains(asJSON, p.Name) {
			t.Errorf("%s is not listed", p.Name)
		}
	}
	if code != exitNothing || !json.Valid([]byte(asJSON)) {
		t.Errorf("exit code %d, JSON %.100s", code, asJSON)
	}
}

func TestLabTruth(t *testing.T) {
	t.Parallel()
	if code, text, _ := runLab(t, "lab", "truth", "clean"); code != exitNothing || !strings.Contains(text, "Nothing may be found") {
		t.Errorf("clean: %d %s", code, text)
	}
	_, short, _ := runLab(t, "lab", "truth", "tom-2011", "--seed", "4")
	_, full, _ := runLab(t, "lab", "truth", "tom-2011", "--seed", "4", "--full")
	if !strings.Contains(short, "plain-http") || !strings.Contains(short, "--full") || len(full) <= len(short) {
		t.Errorf("tom-2011:\n%s", short)
	}
	code, text, _ := runLab(t, "lab", "truth", "tom-2011", "--json")
	var got truth.Truth
	if err := json.Unmarshal([]byte(text), &got); err != nil || code != exitNothing || len(got.Findings) == 0 {
		t.Errorf("as JSON: %d, %v", code, err)
	}
}

func TestLabAndDriverCommandsThatCannotRun(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	cases := []struct {
		args []string
		code int
		want string
	}{
		{[]string{"lab", "truth", "tom-1999"}, exitFailed, "choose one of"},
		{[]string{"lab", "up", "tom-1999", "--dir", empty}, exitFailed, "choose one of"},
		{[]string{"lab", "up"}, exitUsage, "accepts 1 arg"},
		{[]string{"lab", "down", "--dir", empty}, exitNothing, "No lab was running"},
		{[]string{"lab", "scenario", "--dir", empty}, exitFailed, "telltale lab up"},
		{[]string{"lab", "chat", "--dir", empty}, exitUsage, `"as"`},
		{[]string{"lab", "chat", "--as", "alice", "--dir", empty}, exitFailed, "telltale lab up"},
		{[]string{"lab", "role", "relay", "--dir", empty, "--name", "relay.tom.test"}, exitFailed, "telltale lab up"},
		{[]string{"lab", "client", "--dir", empty, "--name", "alice"}, exitFailed, "telltale lab up"},
		{[]string{"lab", "driver", "--dir", empty}, exitFailed, "telltale lab up"},
		{[]string{"driver", "test"}, exitUsage, "requires at least 1 arg"},
		{[]string{"driver", "test", "--", "/no/such/driver"}, exitFailed, "FAILED"},
		{[]string{"driver", "test", "--json", "--", "/no/such/driver"}, exitFailed, `"ok": false`},
	}
	for _, c := range cases {
		code, stdout, stderr := runLab(t, c.args...)
		if code != c.code || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("%q: exit code %d, want %d with %q:\n%s%s", c.args, code, c.code, c.want, stdout, stderr)
		}
	}
}
