package report_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestThePageCanBeReadByAll walks the page for what WCAG 2.2 asks of its
// structure: language, landmarks, headings in order, names of tables, pictures
// and regions, a way past the head.
func TestThePageCanBeReadByAll(t *testing.T) {
	t.Parallel()
	inputs := pages()
	inputs["full"] = full()
	for name, in := range inputs {
		a := audit{t: t, name: name}
		for _, n := range nodes(t, printed(t, forms()[0], in)) {
			if n.Type == html.ElementNode {
				a.element(n)
			}
		}
		for tag, want := range map[string]int{"main": 1, "header": 1, "footer": 1, "nav": 1, "h1": 1} {
			if a.count[tag] != want {
				t.Errorf("%s: %d <%s>, want %d", name, a.count[tag], tag, want)
			}
		}
	}
}

type audit struct {
	t     *testing.T
	name  string
	count map[string]int
	level int
	first string
}

func (a *audit) element(n *html.Node) {
	if a.count == nil {
		a.count = map[string]int{}
	}
	a.count[n.Data]++
	switch n.Data {
	case "html":
		a.must(attr(n, "lang") != "", "no language")
	case "h1", "h2", "h3", "h4":
		level := int(n.Data[1] - '0')
		a.must(level <= a.level+1, "<%s> %q behind a heading of rank %d", n.Data, text(n), a.level)
		a.must(strings.TrimSpace(text(n)) != "", "an empty <%s>", n.Data)
		a.level = level
	case "section", "aside", "nav":
		a.must(attr(n, "aria-labelledby")+attr(n, "aria-label") != "", "a <%s> without a name", n.Data)
	case "table":
		a.must(hasChild(n, "thead"), "a table without heads: %.40q", text(n))
	case "svg":
		a.must(attr(n, "role") == "img" && hasChild(n, "title") && strings.TrimSpace(text(n)) != "", "a picture without a name")
	case "details":
		a.must(hasChild(n, "summary"), "details without a summary")
	case "a":
		if a.first == "" {
			a.first = attr(n, "href")
			a.must(a.first == "#answer", "the first link leads to %q, not past the head", a.first)
		}
	}
	if i := attr(n, "tabindex"); i != "" {
		a.must(i == "0" && attr(n, "role") == "region" && attr(n, "aria-label")+attr(n, "aria-labelledby") != "", "<%s tabindex=%s> without a name", n.Data, i)
	}
}

func (a *audit) must(holds bool, format string, args ...any) {
	a.t.Helper()
	if !holds {
		a.t.Errorf(a.name+": "+format, args...)
	}
}

// palettes are the custom properties of each theme: light, dark and print.
func palettes(t *testing.T) map[string]map[string]string {
	t.Helper()
	out := map[string]map[string]string{}
	for theme, file := range map[string]string{"light": "base", "dark": "base", "print": "print"} {
		css, err := os.ReadFile("templates/" + file + ".css")
		if err != nil {
			t.Fatal(err)
		}
		blocks := regexp.MustCompile(`:root\{[^}]*\}`).FindAllString(string(css), -1)
		block := blocks[0]
		if theme == "dark" {
			block = blocks[1]
		}
		out[theme] = map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z-]+):(#[0-9a-f]{3,6})`).FindAllStringSubmatch(block, -1) {
			out[theme][m[1]] = m[2]
		}
	}
	for _, name := range []string{"mark-ink"} {
		out["print"][name] = out["light"][name]
	}
	return out
}

// TestContrast computes the contrast of what is written and drawn, as WCAG 2.2
// does: 4.5 for text, 3 for what is drawn.
func TestContrast(t *testing.T) {
	t.Parallel()
	written := [][2]string{
		{"ink", "paper"}, {"ink", "panel"}, {"ink", "alarm-wash"}, {"ink", "open-wash"}, {"ink", "quiet-wash"}, {"soft", "paper"}, {"soft", "panel"},
		{"alarm", "paper"}, {"alarm", "alarm-wash"}, {"open", "paper"}, {"open", "open-wash"}, {"quiet", "paper"}, {"quiet", "quiet-wash"},
		{"link", "paper"}, {"copied", "paper"}, {"both", "paper"}, {"mark-ink", "mark"}, {"paper", "ink"},
		{"paper", "alarm"}, {"paper", "open"}, {"paper", "quiet"},
	}
	drawn := [][2]string{
		{"way", "paper"}, {"way", "panel"}, {"copied", "panel"}, {"dropped", "panel"}, {"both", "panel"}, {"open", "panel"}, {"soft", "panel"}, {"dropped", "paper"},
		{"way", "track"}, {"copied", "track"}, {"dropped", "track"}, {"both", "track"},
	}
	for theme, colours := range palettes(t) {
		for least, pairs := range map[float64][][2]string{4.5: written, 3: drawn} {
			for _, p := range pairs {
				if got := contrast(t, colours[p[0]], colours[p[1]]); got < least {
					t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", theme, p[0], p[1], got, least)
				}
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

// luminance of a colour, as WCAG 2.2 defines it.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	hex := strings.TrimPrefix(colour, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 {
		t.Fatalf("%q is no colour", colour)
	}
	part := func(c uint64) float64 {
		s := float64(c&255) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*part(v>>16) + 0.7152*part(v>>8) + 0.0722*part(v)
}
