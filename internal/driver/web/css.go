package web

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// selector is a CSS selector of names, classes, ids and attributes, with
// descendants and children. Its steps go from the outside to the inside.
type selector []compound

// compound is what one element must be.
type compound struct {
	// child says that the element before is the parent, not any ancestor.
	child   bool
	tag     string
	classes []string
	attrs   []attribute
}

type attribute struct {
	name, value string
	valued      bool
}

var (
	simple  = regexp.MustCompile(`^(?:([.#])([\pL\d_-]+)|\[([\w:-]+)(?:=(?:"([^"]*)"|'([^']*)'|([^\]"']*)))?\])`)
	element = regexp.MustCompile(`^(\*|[A-Za-z][\w-]*)`)
)

// parseSelector reads a selector.
func parseSelector(text string) (selector, error) {
	var out selector
	child := false
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimLeft(rest, " \t\n") {
		if rest[0] == '>' && len(out) > 0 && !child {
			child, rest = true, rest[1:]
			continue
		}
		c, after, err := parseCompound(rest)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
		c.child = child
		out, rest, child = append(out, c), after, false
	}
	if len(out) == 0 || child || len(out) > 20 {
		return nil, fmt.Errorf("%q is no selector: write as in div.post > p", text)
	}
	return out, nil
}

func parseCompound(rest string) (compound, string, error) {
	var c compound
	start := rest
	if m := element.FindString(rest); m != "" {
		c.tag, rest = strings.ToLower(strings.TrimPrefix(m, "*")), rest[len(m):]
	}
	for {
		m := simple.FindStringSubmatch(rest)
		if m == nil {
			break
		}
		switch m[1] {
		case ".":
			c.classes = append(c.classes, m[2])
		case "#":
			c.attrs = append(c.attrs, attribute{"id", m[2], true})
		default:
			c.attrs = append(c.attrs, attribute{strings.ToLower(m[3]), m[4] + m[5] + m[6], strings.Contains(m[0], "=")})
		}
		rest = rest[len(m[0]):]
	}
	if rest == start {
		return c, "", errors.New("only names, .class, #id, [attribute=value], blanks and > are understood")
	}
	return c, rest, nil
}

// find gives the elements below root that a selector means, in order. Each
// element is looked at once: which steps end at it follows from which end at
// its parent and above.
func (s selector) find(root *html.Node) []*html.Node {
	type state struct{ here, above uint32 }
	states := map[*html.Node]state{root: {}}
	var out []*html.Node
	for n := range root.Descendants() {
		parent := states[n.Parent]
		st := state{above: parent.above | parent.here}
		for i, c := range s {
			before := i == 0 || c.child && parent.here>>(i-1)&1 == 1 || !c.child && st.above>>(i-1)&1 == 1
			if before && n.Type == html.ElementNode && c.is(n) {
				st.here |= 1 << i
			}
		}
		states[n] = st
		if st.here>>(len(s)-1)&1 == 1 {
			out = append(out, n)
		}
	}
	return out
}

func (c compound) is(n *html.Node) bool {
	if c.tag != "" && n.Data != c.tag {
		return false
	}
	classes := strings.Fields(attr(n, "class"))
	for _, class := range c.classes {
		if !slices.Contains(classes, class) {
			return false
		}
	}
	for _, want := range c.attrs {
		i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == want.name })
		if i < 0 || want.valued && n.Attr[i].Val != want.value {
			return false
		}
	}
	return true
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text is what a reader sees of an element, blanks as they stand in it.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		switch {
		case d.Type == html.TextNode:
			b.WriteString(d.Data)
		case d.Type == html.ElementNode && d.Data == "br":
			b.WriteByte('\n')
		}
	}
	return b.String()
}
