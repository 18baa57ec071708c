package web

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Names are what templates know besides options.vars, what steps save, and
// more.NAME (a further setting of the account):
//
//	text      the message
//	to        the recipient's address
//	to_name   the recipient's name in the scenario
//	name      the account's own name, user its login, address its address
//	password  the account's password
//	base      options.base
//	thread    the thread of the message
//	n         the number of the message
//	nonce     letters that no other message has
func Names() []string {
	return []string{"text", "to", "to_name", "name", "user", "address", "password", "base", "thread", "n", "nonce"}
}

// Filters change a value of a template: {{text|json}}.
//
//	url     percent-encoded     form    as in forms: blanks become +
//	json    inside a JSON string    html    with character references
//	base64  in base64    regexp  for a regular expression    raw     as it is
func Filters() []string {
	return []string{"url", "form", "json", "html", "base64", "regexp", "raw"}
}

// template is a text with values to fill in.
type template []piece

// piece is plain text, or a value with filters.
type piece struct {
	plain   string
	name    string
	filters []string
}

// parseTemplate reads a template. known says which names there are.
func parseTemplate(text string, known func(string) bool) (template, error) {
	var t template
	for {
		before, rest, found := strings.Cut(text, "{{")
		if before != "" {
			t = append(t, piece{plain: before})
		}
		if !found {
			return t, nil
		}
		inside, after, closed := strings.Cut(rest, "}}")
		if !closed {
			return nil, fmt.Errorf("{{ without }}")
		}
		parts := strings.Split(inside, "|")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		p := piece{name: parts[0], filters: parts[1:]}
		if !known(p.name) {
			return nil, fmt.Errorf("there is no value {{%s}}: there are %s, vars and what steps save", p.name, strings.Join(Names(), ", "))
		}
		for _, f := range p.filters {
			if !slices.Contains(Filters(), f) {
				return nil, fmt.Errorf("there is no filter %q: there are %s", f, strings.Join(Filters(), ", "))
			}
		}
		t, text = append(t, p), after
	}
}

// uses reports whether a value is filled in.
func (t template) uses(name string) bool {
	return slices.ContainsFunc(t, func(p piece) bool { return p.name == name })
}

// fill makes the text. usual is the filter for values that have none.
func (t template) fill(values map[string]string, usual string) string {
	var b strings.Builder
	for _, p := range t {
		if p.name == "" {
			b.WriteString(p.plain)
			continue
		}
		v := values[p.name]
		filters := p.filters
		if len(filters) == 0 && p.name != "base" {
			filters = []string{usual}
		}
		for _, f := range filters {
			v = filter(f, v)
		}
		b.WriteString(v)
	}
	return b.String()
}

func filter(name, v string) string {
	switch name {
	case "url":
		return strings.ReplaceAll(url.QueryEscape(v), "+", "%20")
	case "form":
		return url.QueryEscape(v)
	case "json":
		return strings.TrimSuffix(strings.TrimPrefix(jsonString(v), `"`), `"`)
	case "html":
		return html.EscapeString(v)
	case "base64":
		return base64.StdEncoding.EncodeToString([]byte(v))
	case "regexp":
		return regexp.QuoteMeta(v)
	}
	return v
}

// jsonString writes a JSON string without escaping what need not be.
func jsonString(v string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return `""` // a string can always be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}
