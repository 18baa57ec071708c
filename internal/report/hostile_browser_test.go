package report_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"example.org/telltale/internal/report"
	"example.org/telltale/internal/report/chromium"
)

// skeleton gathers what a page is built of: every element with its two
// ancestors, the names of its attributes, the values of those that decide what
// it looks like or leads to, and all that could be a program or a style.
const skeleton = `(() => {
	const built = new Set(), links = new Set(), code = new Set(), handlers = [];
	const name = e => e && e.nodeType === 1 ? e.localName : "";
	const values = new Set(["class", "role", "type", "rel", "http-equiv", "name", "lang", "scope", "media"]);
	for (const e of document.querySelectorAll("*")) {
		const attributes = [...e.attributes].map(a => values.has(a.name) ? a.name + "=" + a.value : a.name).sort();
		built.add([name(e.parentNode && e.parentNode.parentNode), name(e.parentNode), name(e)].join(">") + " " + attributes.join(" "));
		for (const a of e.attributes) {
			if (a.name.startsWith("on") || a.name === "srcdoc") handlers.push(a.name);
			if (/href|src|action|data$|poster|background|cite|ping/.test(a.name)) links.add(a.value.replace(/[0-9]+/g, "0"));
			if (a.name === "style" || /url\(|javascript:/i.test(a.value) && !/^(title|aria-label|alt)$/.test(a.name)) code.add(a.name + ": " + a.value.replace(/[0-9.]+/g, "0"));
		}
		if (["script", "style", "template", "iframe", "object", "embed", "base"].includes(name(e))) code.add(name(e) + ": " + e.textContent);
	}
	for (const e of document.querySelectorAll("*")) for (const event of ["click", "mouseover", "focus", "toggle", "error", "load"]) {
		if (event !== "click" || !e.closest("a")) e.dispatchEvent(new Event(event, {bubbles: false}));
	}
	return new Promise(done => setTimeout(() => done({
		built: [...built], links: [...links], code: [...code], handlers,
		owned: window.owned !== undefined, title: document.title, text: document.body.textContent, address: location.href,
	}), 0));
})()`

// shown is what the browser made of a page.
type shown struct {
	Built, Links, Code, Handlers []string
	Owned                        bool
	Title, Text, Address         string
}

// startBrowser starts a browser that ends with the test, or skips.
func startBrowser(t *testing.T) *chromium.Browser {
	t.Helper()
	if _, err := chromium.Find(); err != nil {
		if os.Getenv("TELLTALE_REQUIRE_REAL") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	b, err := chromium.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// show opens a page and takes its skeleton.
func show(t *testing.T, b *chromium.Browser, page []byte) shown {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, page, 0o600); err != nil {
		t.Fatal(err)
	}
	address := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	if err := b.Open(address.String()); err != nil {
		t.Fatal(err)
	}
	var s shown
	if err := b.Eval(skeleton, &s); err != nil {
		t.Fatal(err)
	}
	if s.Address != address.String() {
		t.Errorf("the page led to %s", s.Address)
	}
	return s
}

// add joins what another page is built of.
func (s *shown) add(other shown) {
	s.Built, s.Links, s.Code = append(s.Built, other.Built...), append(s.Links, other.Links...), append(s.Code, other.Code...)
}

// beyond lists what a page is built of that others are not: no links within
// the page, which are named after what they lead to, and no frames around names
// of control characters, which harmless pages have none of.
func (s *shown) beyond(others shown) (out []string) {
	for _, pair := range [][2][]string{{s.Built, others.Built}, {s.Links, others.Links}, {s.Code, others.Code}} {
		for _, one := range pair[0] {
			if !slices.Contains(pair[1], one) && !strings.HasPrefix(one, "#") && !strings.HasSuffix(one, " class=control") {
				out = append(out, one)
			}
		}
	}
	return out
}

// sealed adds a seal made of the same texts.
func sealed(w *world, say func(string) string) report.Input {
	in := w.input()
	evil := say(attacks()[1])
	in.Seal.CaseDir, in.Seal.PublicKey, in.Seal.Checkpoint, in.Seal.Verified = evil, evil, evil+"\n"+evil, evil
	return in
}

func itself(s string) string { return s }

// Every attack stands in turn in every place of a case. The page must be built
// of nothing but what it is built of for a case without any, run nothing, ask
// for nothing and lead nowhere.
func TestHostileCaseInABrowser(t *testing.T) {
	t.Parallel()
	b := startBrowser(t)
	step := 3
	if testing.Short() {
		step = 15
	}
	page := func(in report.Input) shown { return show(t, b, printed(t, forms()[0], in)) }
	known := page(withReference())
	known.add(page(clean().input()))
	known.add(page(sealed(attackedWorld(0, dull), dull)))
	for from := 0; from < len(attacks()); from += step {
		got := page(sealed(attackedWorld(from, itself), itself))
		for _, one := range got.beyond(known) {
			t.Errorf("attacks from %d: no template wrote %.300q", from, one)
		}
		if got.Owned || len(got.Handlers) > 0 {
			t.Errorf("attacks from %d: something ran (%v), or has a handler: %q", from, got.Owned, got.Handlers)
		}
		if bad := strings.IndexFunc(got.Title+got.Text, func(r rune) bool { return r != '\n' && r != '\t' && hiddenRune(r) }); bad >= 0 {
			t.Errorf("attacks from %d: the page shows a character that is hidden or acts", from)
		}
	}
	for _, address := range b.Requests() {
		if !strings.HasPrefix(address, "file:") || !strings.HasSuffix(address, "/report.html") {
			t.Errorf("the page asked for %.200q", address)
		}
	}
	if len(b.Opened()) > 0 {
		t.Errorf("the page opened %q", b.Opened())
	}
}

// hiddenRune reports whether a character is not seen, or acts.
func hiddenRune(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

// The test above would notice: each attack, put into a page as it is, is found.
func TestAttacksThatBreakOutAreFound(t *testing.T) {
	t.Parallel()
	b := startBrowser(t)
	frame := func(s string) []byte {
		return []byte(`<!doctype html><meta charset="utf-8"><title>x</title><body><p title="` + s + `">` + s + `</p><style>p{color:` + s + `}</style></body>`)
	}
	known := show(t, b, frame("a"))
	for _, attack := range attacks()[:4] {
		if got := show(t, b, frame(attack)); len(got.beyond(known)) == 0 || !got.Owned {
			t.Errorf("%q: found %q, ran %v", attack, got.beyond(known), got.Owned)
		}
	}
}
