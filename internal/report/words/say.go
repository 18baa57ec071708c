package words

import (
	"strconv"
	"strings"
)

// Part is a piece of a message: Text, or the name of the argument that stands
// there.
type Part struct{ Text, Arg string }

// Say writes a message. Arguments come in pairs, name and value; a value is put
// in as it is, braces and all. A key without a message, which a test of the
// report forbids, gives ⟦?key⟧.
func (c *Catalogue) Say(key string, args ...string) string {
	return join(c.Parts(key, 0), args)
}

// Count writes a message in the plural form of n; {n} is the number.
func (c *Catalogue) Count(key string, n int, args ...string) string {
	return join(c.Parts(key, n), append([]string{"n", c.Number(n)}, args...))
}

// Parts is a message in the plural form of n, taken apart at its arguments, for
// who has to put something else than a text there.
func (c *Catalogue) Parts(key string, n int) []Part {
	m := c.messages[key]
	if m == nil {
		return []Part{{Text: "⟦?" + key + "⟧"}}
	}
	rest := c.wrap[0] + c.form(m, n) + c.wrap[1]
	var out []Part
	for {
		before, after, found := strings.Cut(rest, "{")
		name, behind, closed := strings.Cut(after, "}")
		if !found || !closed {
			return append(out, Part{Text: rest})
		}
		out, rest = append(out, Part{Text: before}, Part{Arg: name}), behind
	}
}

func join(parts []Part, args []string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
		if p.Arg != "" {
			b.WriteString(value(p.Arg, args))
		}
	}
	return b.String()
}

// value of a named argument; its name in braces if it is not given.
func value(name string, args []string) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1]
		}
	}
	return "{" + name + "}"
}

// Number writes a whole number with its thousands set apart.
func (c *Catalogue) Number(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	group := c.plain("number.group")
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(group)
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// List writes a list as people do: "a, b and c".
func (c *Catalogue) List(items []string) string {
	switch len(items) {
	case 0:
		return ""
	case 1:
		return items[0]
	}
	last := len(items) - 1
	return c.Say("list.last", "list", c.Comma(items[:last]), "last", items[last])
}

// Choice is List for alternatives: "a, b or c".
func (c *Catalogue) Choice(items []string) string {
	if len(items) < 2 {
		return c.List(items)
	}
	last := len(items) - 1
	return c.Say("list.or", "list", c.Comma(items[:last]), "last", items[last])
}

// Comma writes a list without a last word: "a, b, c".
func (c *Catalogue) Comma(items []string) string {
	return strings.Join(items, c.plain("list.comma"))
}

// ListMore writes the first few of a list and the number of the others.
func (c *Catalogue) ListMore(items []string, most int) string {
	if len(items) <= most {
		return c.List(items)
	}
	return c.Count("list.more", len(items)-most, "list", c.Comma(items[:most]))
}

// plain is a message that stands between others and is never wrapped.
func (c *Catalogue) plain(key string) string { return c.messages[key]["other"] }
