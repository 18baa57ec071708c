package words_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/report/words"
)

func load(t *testing.T) *words.Catalogue {
	t.Helper()
	c, err := words.Load(words.English)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func parse(t *testing.T, lang, text string) *words.Catalogue {
	t.Helper()
	c, err := words.Parse(lang, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestArgumentsArePutInOnceAndAsTheyAre(t *testing.T) {
	t.Parallel()
	c := parse(t, "en", `{"a": "{x} to {y}{x}, {z}"}`)
	if got, want := c.Say("a", "x", "{y}", "y", "{"), "{y} to {{y}, {z}"; got != want {
		t.Errorf("said %q, want %q", got, want)
	}
	if got := c.Say("none"); got != "⟦?none⟧" {
		t.Errorf("a key without a message gives %q", got)
	}
}

func TestPluralsFollowTheLanguage(t *testing.T) {
	t.Parallel()
	cases := []struct {
		lang, text string
		n          int
		want       string
	}{
		{"en", `{"k": {"one": "{n} word", "other": "{n} words"}, "number.group": ","}`, 1, "1 word"},
		{"en", `{"k": {"one": "{n} word", "other": "{n} words"}, "number.group": ","}`, 1234567, "1,234,567 words"},
		{"en", `{"k": {"one": "{n} word", "other": "{n} words"}}`, 0, "0 words"},
		{"fr", `{"k": {"one": "{n} mot", "other": "{n} mots"}}`, 0, "0 mot"},
		{"pl", `{"k": {"one": "{n} słowo", "few": "{n} słowa", "many": "{n} słów", "other": "{n} słowa"}}`, 3, "3 słowa"},
		{"pl", `{"k": {"one": "{n} słowo", "few": "{n} słowa", "many": "{n} słów", "other": "{n} słowa"}}`, 25, "25 słów"},
		{"zh", `{"k": "{n}个词"}`, 1, "1个词"},
	}
	for _, c := range cases {
		if got := parse(t, c.lang, c.text).Count("k", c.n); got != c.want {
			t.Errorf("%s, %d: %q, want %q", c.lang, c.n, got, c.want)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	c := load(t)
	cases := []struct {
		items []string
		most  int
		want  string
	}{
		{nil, 3, ""}, {[]string{"a"}, 3, "a"}, {[]string{"a", "b"}, 3, "a and b"},
		{[]string{"a", "b", "c"}, 3, "a, b and c"}, {[]string{"a", "b", "c", "d"}, 2, "a, b and 2 more"},
	}
	for _, k := range cases {
		if got := c.ListMore(k.items, k.most); got != k.want {
			t.Errorf("%q, %d: %q, want %q", k.items, k.most, got, k.want)
		}
	}
	if got := c.Choice([]string{"a", "b"}); got != "a or b" {
		t.Errorf("choice %q", got)
	}
}

func TestWrongFilesAreRefused(t *testing.T) {
	t.Parallel()
	for lang, text := range map[string]string{
		"en": `[]`, "de": `{"a": 1}`, "fr": `{"a": {"one": "x"}}`, "not a language": `{}`,
	} {
		if _, err := words.Parse(lang, []byte(text)); err == nil {
			t.Errorf("%s, %s: want an error", lang, text)
		}
	}
	if _, err := words.Parse("en", []byte(`{"a": "x"}`), []byte(`{"a": "y"}`)); err == nil {
		t.Error("a key twice: want an error")
	}
	if _, err := words.Load("xx"); err == nil || !strings.Contains(err.Error(), "en") {
		t.Errorf("a language that is not there: %v; want an error that names those that are", err)
	}
}

// Every language has the messages of English, and each the same arguments.
func TestLanguagesHaveTheSameMessages(t *testing.T) {
	t.Parallel()
	english := load(t)
	for _, lang := range words.Languages() {
		c, err := words.Load(lang)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(c.Keys(), english.Keys()) {
			t.Errorf("%s has other keys than English", lang)
		}
		for _, key := range c.Keys() {
			for _, n := range []int{0, 1, 2, 5, 100} {
				if got, want := arguments(c, key, n), arguments(english, key, 5); strings.Join(got, ",") != strings.Join(want, ",") && n != 1 {
					t.Errorf("%s, %q, %d: arguments %q, English has %q", lang, key, n, got, want)
				}
			}
		}
	}
}

func arguments(c *words.Catalogue, key string, n int) []string {
	var out []string
	for _, p := range c.Parts(key, n) {
		if p.Arg != "" {
			out = append(out, p.Arg)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"a": "x {y} z", "b": {"one": "1", "other": "{n}"}}`))
	f.Add([]byte(`{"a": "{", "b": "}{"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := words.Parse("en", raw)
		if err != nil {
			return
		}
		if !json.Valid(raw) {
			t.Error("parsed what is no JSON")
		}
		for _, key := range c.Keys() {
			if c.Pseudo().Count(key, 2, "y", "v") == "" {
				t.Errorf("%q says nothing", key)
			}
		}
	})
}
