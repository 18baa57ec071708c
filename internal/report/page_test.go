package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"example.org/telltale/internal/report"
	"golang.org/x/net/html"
)

// nodes of a page, in order.
func nodes(t *testing.T, page []byte) []*html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var all []*html.Node
	for n := range root.Descendants() {
		all = append(all, n)
	}
	return all
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func pages() map[string]report.Input {
	return map[string]report.Input{
		"tom-2011": withReference(), "clean": clean().input(), "hostile": hostileInput(), "empty": newWorld("empty").input(),
	}
}

func TestPageHasNoScriptAndAsksNobody(t *testing.T) {
	t.Parallel()
	for name, in := range pages() {
		page := printed(t, forms()[0], in)
		for _, n := range nodes(t, page) {
			if n.Type != html.ElementNode {
				continue
			}
			switch n.Data {
			case "script", "link", "iframe", "img", "object", "embed", "form", "base", "audio", "video", "image", "use", "foreignObject":
				t.Errorf("%s: the page holds a <%s>", name, n.Data)
			case "style":
				if css := text(n); strings.Contains(css, "url(") || strings.Contains(css, "@import") {
					t.Errorf("%s: the style sheet asks for something", name)
				}
			}
			for _, a := range n.Attr {
				checkAttr(t, name, n, a)
			}
		}
	}
}

func checkAttr(t *testing.T, name string, n *html.Node, a html.Attribute) {
	t.Helper()
	switch {
	case strings.HasPrefix(a.Key, "on"):
		t.Errorf("%s: <%s %s>", name, n.Data, a.Key)
	case (a.Key == "href" || a.Key == "src") && !strings.HasPrefix(a.Val, "#"):
		t.Errorf("%s: <%s %s=%q> leads out of the page", name, n.Data, a.Key, a.Val)
	case a.Key == "style" && strings.Contains(a.Val, "("):
		t.Errorf("%s: style %q", name, a.Val)
	}
}

func TestPageIsWellMade(t *testing.T) {
	t.Parallel()
	for name, in := range pages() {
		ids, refs, h1 := map[string]int{}, []string{}, 0
		for _, n := range nodes(t, printed(t, forms()[0], in)) {
			if n.Type != html.ElementNode {
				continue
			}
			if id := attr(n, "id"); id != "" {
				ids[id]++
			}
			refs = append(refs, strings.Fields(attr(n, "aria-labelledby"))...)
			if href, ok := strings.CutPrefix(attr(n, "href"), "#"); ok {
				refs = append(refs, href)
			}
			switch n.Data {
			case "h1":
				h1++
			case "th":
				if attr(n, "scope") == "" {
					t.Errorf("%s: a table header without a scope: %q", name, text(n))
				}
			case "svg":
				if attr(n, "role") != "img" || !hasChild(n, "title") {
					t.Errorf("%s: a picture without a role or a title", name)
				}
			}
		}
		if h1 != 1 {
			t.Errorf("%s: %d headings of the first rank, want 1", name, h1)
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s: id %q occurs %d times", name, id, n)
			}
		}
		for _, r := range refs {
			if ids[r] == 0 {
				t.Errorf("%s: nothing has the id %q", name, r)
			}
		}
	}
}

func hasChild(n *html.Node, tag string) bool {
	for c := range n.ChildNodes() {
		if c.Data == tag {
			return true
		}
	}
	return false
}

func TestWhatThirdPartiesWroteStaysOut(t *testing.T) {
	t.Parallel()
	for _, f := range forms() {
		out := string(printed(t, f, withReference()))
		for _, s := range []string{secret, "Uncle Bob"} {
			if strings.Contains(out, s) {
				t.Errorf("%s holds %q, which a third party wrote", f.ext, s)
			}
		}
	}
}

func TestPageAnswersFirst(t *testing.T) {
	t.Parallel()
	page := string(printed(t, forms()[0], withReference()))
	for _, s := range []string{"scans what you send and what you receive", "with a key that lies beside them, where anybody can read them", "showed none of it", `<mark>`, "麒麟璇", "telltale case verify cases/tom-2011"} {
		if !strings.Contains(page, s) {
			t.Errorf("the page does not hold %q", s)
		}
	}
}

// TestPolicyLetsInNothingButTheStyleSheet: the page's own policy names its one
// style sheet by hash, and no element has a style of its own.
func TestPolicyLetsInNothingButTheStyleSheet(t *testing.T) {
	t.Parallel()
	for name, in := range pages() {
		policy, style := "", ""
		for _, n := range nodes(t, printed(t, forms()[0], in)) {
			switch {
			case n.Data == "meta" && attr(n, "http-equiv") == "Content-Security-Policy":
				policy = attr(n, "content")
			case n.Data == "style":
				style += text(n)
			case n.Type == html.ElementNode && attr(n, "style") != "":
				t.Errorf("%s: <%s style=%q>", name, n.Data, attr(n, "style"))
			}
		}
		sum := sha256.Sum256([]byte(style))
		if want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; policy != want {
			t.Errorf("%s: the policy is %q, want %q", name, policy, want)
		}
	}
}
