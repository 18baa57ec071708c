package report_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"example.org/telltale"
	"example.org/telltale/internal/report"
	"example.org/telltale/internal/report/words"
)

func english(t *testing.T) *words.Catalogue {
	t.Helper()
	c, err := words.Load(words.English)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// full is an input with all that a seal can hold.
func full() report.Input {
	in := withReference()
	s := &in.Seal
	s.Format, s.Redacted, s.Masked = 2, true, []string{"names of other people: 12 values"}
	s.Plan = &telltale.Plan{Program: "telltale 9", Seed: 8, Questions: 108, Alpha: 0.05, Analysis: []string{"permutation test (9)"}, Stop: []string{"messages: 4000"}, Schedule: telltale.DigestOf(nil)}
	s.PlanSigned, s.Resumed, s.Unfinished = in.Record.Stages[0].At, []string{"telltale 10"}, true
	s.Stamps = []report.Seen{{File: "stamps/00000042-1.tsr", By: "CN=Time", At: s.PlanSigned, Entries: 42}}
	s.Witnesses = []report.Seen{{File: "witness/00000042-mary", By: "mary", At: s.PlanSigned, Entries: 42}}
	in.Stopped = "limits.messages"
	return in
}

// TestEveryWordOfThePageIsOfTheCatalogue prints pages with every message in
// ⟦…⟧: what stands outside of them must be data.
func TestEveryWordOfThePageIsOfTheCatalogue(t *testing.T) {
	t.Parallel()
	inputs := pages()
	delete(inputs, "hostile") // Its data would hide anything.
	inputs["full"] = full()
	for name, in := range inputs {
		in.Words = english(t).Pseudo()
		data := dataOf(t, in)
		depth := 0
		for _, n := range nodes(t, printed(t, forms()[0], in)) {
			for _, text := range saidBy(n) {
				if strings.Contains(text, "⟦?") || regexp.MustCompile(`\{[a-z]+\}`).MatchString(text) {
					t.Errorf("%s: %q has no message or lacks an argument", name, text)
				}
				// A message may begin in one node and end in another.
				rest, after := outside(text, depth)
				if n.Type == html.TextNode {
					depth = after
				}
				if !isData(rest, data) {
					t.Errorf("%s: <%s> says %q, which is neither of the catalogue nor data", name, n.Parent.Data, rest)
				}
			}
		}
		if depth != 0 {
			t.Errorf("%s: %d messages do not end", name, depth)
		}
	}
}

// saidBy are the texts that a node shows or reads out.
func saidBy(n *html.Node) []string {
	switch {
	case n.Type == html.TextNode && n.Parent.Data != "style" && !bytesShown(n):
		return []string{n.Data}
	case n.Type == html.ElementNode && n.Data != "meta":
		var out []string
		for _, a := range n.Attr {
			if slices.Contains([]string{"title", "aria-label", "alt", "data-label"}, a.Key) {
				out = append(out, a.Val)
			}
		}
		return out
	}
	return nil
}

// bytesShown reports whether a text is captured bytes, as they stand.
func bytesShown(n *html.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if class := attr(p, "class"); class == "dump" || class == "plain" {
			return true
		}
	}
	return false
}

// outside is what of a text stands in no brackets, and how many are open after it.
func outside(text string, depth int) (string, int) {
	var b strings.Builder
	for _, r := range text {
		switch r {
		case '⟦':
			depth++
		case '⟧':
			depth--
		default:
			if depth == 0 {
				b.WriteRune(r)
			}
		}
	}
	return b.String(), depth
}

// dataOf is all that the record and its bytes say.
func dataOf(t *testing.T, in report.Input) string {
	t.Helper()
	var all strings.Builder
	for one := &in; one != nil; one = one.Reference {
		raw, err := json.Marshal(one.Record)
		if err != nil {
			t.Fatal(err)
		}
		var loose any
		if err := json.Unmarshal(raw, &loose); err != nil {
			t.Fatal(err)
		}
		gather(&all, loose)
		seal, err := json.Marshal(one.Seal)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(seal, &loose); err != nil {
			t.Fatal(err)
		}
		gather(&all, loose)
	}
	return all.String() + "telltale case verify python3 verify.py telltale " + telltale.Version + "\n" + in.Stopped
}

// gather gathers the strings of a JSON value.
func gather(into *strings.Builder, v any) {
	switch v := v.(type) {
	case string:
		into.WriteString(v + "\n")
	case []any:
		for _, one := range v {
			gather(into, one)
		}
	case map[string]any:
		for k, one := range v {
			into.WriteString(k + "\n")
			gather(into, one)
		}
	}
}

// isData reports whether a text is of the case: no letters but units, or words
// that the case holds, each of them.
func isData(text, data string) bool {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		units := []string{"s", "ms", "min", "h", "UTC", "B", "kB", "MB", "p", "TAB", "LF", "CR", "ESC", "NUL"}
		if !slices.Contains(units, word) && !strings.Contains(data, word) && !isHex(word) {
			return false
		}
	}
	return true
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// TestNoMessageIsMissingOrIdle reads the sources: every key that is asked for
// is in the catalogue, and every key of the catalogue is asked for.
func TestNoMessageIsMissingOrIdle(t *testing.T) {
	t.Parallel()
	c := english(t)
	source := sources(t)
	for _, m := range regexp.MustCompile(`(?:Say|Count|Parts|say|count|rich|richcount)[ (]"([^"]+)"`).FindAllStringSubmatch(source, -1) {
		if key := m[1]; !c.Has(key) && !isPrefix(c, key) {
			t.Errorf("the key %q is asked for and is not in the catalogue", key)
		}
	}
	literals := map[string]bool{}
	for _, m := range regexp.MustCompile(`"([a-z0-9-]+\.[^" ]*|[a-z-]+)"`).FindAllStringSubmatch(source, -1) {
		literals[m[1]] = true
	}
	for _, key := range c.Keys() {
		if !literals[key] && !beginning(literals, key) {
			t.Errorf("the key %q is in the catalogue, and nobody asks for it", key)
		}
	}
}

// isPrefix reports whether a key is completed by what follows in the source.
func isPrefix(c *words.Catalogue, key string) bool {
	return slices.ContainsFunc(c.Keys(), func(k string) bool {
		return strings.HasSuffix(key, ".") && strings.HasPrefix(k, key) || strings.HasSuffix(key, "-") && strings.HasPrefix(k, key)
	})
}

// beginning reports whether a literal is the beginning of a key that the source
// completes.
func beginning(literals map[string]bool, key string) bool {
	for i := range key {
		if c := key[i]; (c == '.' || c == '-') && literals[key[:i+1]] {
			return true
		}
	}
	return false
}

func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, pattern := range []string{"*.go", "words/*.go", "templates/*.html"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(raw)
		}
	}
	return all.String()
}
