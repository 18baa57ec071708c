package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/telltale/internal/scenario"
)

// The scenario and the patterns that docs/ci.md shows are such as can be used.
func TestTheExampleForBuildsCanBeUsed(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "```yaml\n")
	text, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("docs/ci.md shows no scenario")
	}
	path := filepath.Join(t.TempDir(), "privacy.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := scenario.LoadWith(path, wrongKinds); err != nil {
		t.Error(err)
	}
	for line := range strings.Lines(string(doc)) {
		_, values, found := strings.Cut(line, "--fail-on ")
		if !found {
			continue
		}
		values = strings.Trim(strings.Fields(values)[0], "`'.,")
		if _, err := parseFailOn(strings.Split(values, ",")); err != nil {
			t.Errorf("docs/ci.md: %v", err)
		}
	}
	for _, name := range kindNames() {
		if !strings.Contains(string(doc), "`"+name+"`") {
			t.Errorf("docs/ci.md does not name the kind %q", name)
		}
	}
}
