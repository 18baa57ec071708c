package redact

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"example.org/telltale/internal/flow"
)

// secretFields are header fields that hold credentials (RFC 9110, 11.6; RFC
// 6265), and those that programs commonly make up.
const secretFields = "|authorization|proxy-authorization|cookie|set-cookie|x-api-key|x-auth-token|x-access-token|x-csrf-token|x-session-token|"

// secretNames are names of parameters that hold credentials, without signs
// between words.
const secretNames = "|password|passwd|passphrase|pwd|pass|secret|clientsecret|token|accesstoken|refreshtoken|idtoken|authtoken|sessiontoken|apikey|apitoken|sessionid|sessid|phpsessid|jsessionid|sid|authorization|"

// Bounds on one message.
const (
	leastSecret = 6 // shorter ones are looked for nowhere else
	mostDepth   = 32
	mostBody    = 16 << 20 // larger bodies are not taken apart
)

// credentials adds the passwords, tokens and cookies of a message, and reports
// whether there are any.
func (p *plan) credentials(m flow.Message, body []byte) bool {
	c := collector{p: p}
	for _, f := range m.Head.Fields {
		if strings.Contains(secretFields, "|"+strings.ToLower(f.Name)+"|") {
			c.field(f)
		}
	}
	for _, pair := range flow.ParseTarget(m.Head.Target).Pairs {
		c.pair(pair.Name, pair.Value)
	}
	c.body(body)
	return c.found
}

// collector gathers the credentials of one message.
type collector struct {
	p     *plan
	found bool
}

// secret adds one; ways it is commonly written otherwise count, too.
func (c *collector) secret(values ...string) {
	for _, s := range values {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		c.found = true
		if len(s) >= leastSecret && utf8.ValidString(s) {
			c.p.texts.find(RuleCredentials, s)
		}
	}
}

// field takes a header field apart.
func (c *collector) field(f flow.Field) {
	switch name := strings.ToLower(f.Name); name {
	case "cookie", "set-cookie":
		for i, part := range strings.Split(f.Value, ";") {
			_, value, ok := strings.Cut(part, "=")
			if ok && (i == 0 || name == "cookie") {
				c.secret(value)
			}
		}
		c.found = c.found || f.Value != ""
	default:
		scheme, value, ok := strings.Cut(f.Value, " ")
		if !ok {
			scheme, value = "", f.Value
		}
		c.secret(value)
		if strings.EqualFold(scheme, "Basic") {
			if b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value)); err == nil {
				user, password, _ := strings.Cut(string(b), ":")
				c.secret(user, password)
			}
		}
	}
}

// pair looks at one name=value of a query or form, percent-encoded.
func (c *collector) pair(name, value string) {
	if !secretName(name) {
		return
	}
	c.secret(value)
	if plain, err := url.QueryUnescape(value); err == nil && plain != value {
		c.secret(plain)
	}
}

// secretName reports whether values of this name are credentials.
func secretName(name string) bool {
	name = strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
	return strings.Contains(secretNames, "|"+name+"|")
}

// body looks at forms and JSON. What is too large to be taken apart may hold
// anything.
func (c *collector) body(b []byte) {
	isJSON := len(b) > 0 && (b[0] == '{' || b[0] == '[')
	switch {
	case isJSON && len(b) > mostBody:
		c.found = true
	case isJSON:
		var v any
		if json.Unmarshal(b, &v) == nil {
			c.json("", v, 0)
		}
	case len(b) <= mostBody && utf8.Valid(b):
		for pair := range strings.SplitSeq(string(b), "&") {
			if name, value, ok := strings.Cut(pair, "="); ok {
				c.pair(name, value)
			}
		}
	}
}

func (c *collector) json(name string, v any, depth int) {
	if depth > mostDepth {
		return
	}
	switch v := v.(type) {
	case string:
		if secretName(name) {
			c.secret(v)
		}
	case []any:
		for _, part := range v {
			c.json(name, part, depth+1)
		}
	case map[string]any:
		// In order, so that aliases are the same each time.
		for _, name := range slices.Sorted(maps.Keys(v)) {
			c.json(name, v[name], depth+1)
		}
	}
}
