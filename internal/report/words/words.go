// Package words holds every sentence that reports are made of, by key, so that a
// report can be in another language: adding one is adding a folder of files
// beside en, with the same keys. Texts of a case, such as statements of
// findings, are no part of it; they are evidence and stay as they were written.
//
// A file is one JSON object: keys and messages. A message is a text with
// arguments in braces, "copies go to {host}", or an object of its plural forms,
// {"one": "{n} copy", "other": "{n} copies"}, named as in Unicode's CLDR.
package words

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed en/*.json
var files embed.FS

// Catalogue is the messages of one language. It is never changed after it was
// loaded and may be used from many goroutines.
type Catalogue struct {
	lang     string
	tag      language.Tag
	messages map[string]message
	// wrap stands around every message; empty but for Pseudo.
	wrap [2]string
}

// message by plural form; "other" is always there.
type message map[string]string

// English is the language that is always there.
const English = "en"

// Load reads the messages of a language, as in "en".
func Load(lang string) (*Catalogue, error) {
	if !slices.Contains(Languages(), lang) {
		return nil, fmt.Errorf("words: no language %q; there is %s", lang, strings.Join(Languages(), ", "))
	}
	names, err := fs.Glob(files, lang+"/*.json")
	if err != nil {
		return nil, fmt.Errorf("words: %w", err)
	}
	texts := make([][]byte, 0, len(names))
	for _, name := range names {
		raw, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("words: %w", err)
		}
		texts = append(texts, raw)
	}
	return Parse(lang, texts...)
}

// Languages lists what can be loaded, sorted.
func Languages() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// Parse makes a catalogue of the contents of its files.
func Parse(lang string, texts ...[]byte) (*Catalogue, error) {
	tag, err := language.Parse(lang)
	if err != nil {
		return nil, fmt.Errorf("words: %q is no language: %w", lang, err)
	}
	c := &Catalogue{lang: lang, tag: tag, messages: map[string]message{}}
	for _, raw := range texts {
		if err := c.add(raw); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Catalogue) add(raw []byte) error {
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(raw, &entries); err != nil {
		return fmt.Errorf("words: a file of %q is no JSON object of messages: %w", c.lang, err)
	}
	for key, body := range entries {
		if _, twice := c.messages[key]; twice {
			return fmt.Errorf("words: %q has the message %q twice", c.lang, key)
		}
		m, err := parseMessage(body)
		if err != nil {
			return fmt.Errorf("words: message %q of %q: %w", key, c.lang, err)
		}
		c.messages[key] = m
	}
	return nil
}

func parseMessage(body json.RawMessage) (message, error) {
	var one string
	if json.Unmarshal(body, &one) == nil {
		return message{"other": one}, nil
	}
	var forms message
	if err := json.Unmarshal(body, &forms); err != nil {
		return nil, fmt.Errorf("neither a text nor its plural forms: %w", err)
	}
	if _, ok := forms["other"]; !ok {
		return nil, fmt.Errorf("no form %q among %v", "other", slices.Sorted(maps.Keys(forms)))
	}
	return forms, nil
}

// Lang is the language's tag, as in "en".
func (c *Catalogue) Lang() string { return c.lang }

// Keys lists the keys, sorted.
func (c *Catalogue) Keys() []string { return slices.Sorted(maps.Keys(c.messages)) }

// Has reports whether there is a message of a key.
func (c *Catalogue) Has(key string) bool { return c.messages[key] != nil }

// Pseudo is the same catalogue with every message in ⟦…⟧, by which tests tell
// what is of a catalogue from what is not.
func (c *Catalogue) Pseudo() *Catalogue {
	out := *c
	out.wrap = [2]string{"⟦", "⟧"}
	return &out
}

// form of a message for a number. Numbers are whole; the rules are CLDR's.
func (c *Catalogue) form(m message, n int) string {
	names := map[plural.Form]string{plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many"}
	if text, ok := m[names[plural.Cardinal.MatchPlural(c.tag, max(n, -n), 0, 0, 0, 0)]]; ok {
		return text
	}
	return m["other"]
}
