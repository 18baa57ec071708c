package web_test

import (
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/driver/web"
)

const page = `<div class="post new"><b>ann</b><p class=msg>a  b &lt;c<br>d </p></div>
<ul id=list><li><span>1</span><li data-k="x y"><div><span>2</span></div></ul><form><input name=tok value="v&amp;w"></form>`

func TestExtract(t *testing.T) {
	t.Parallel()
	const data = `{"data": {"items": [{"t": "a\u0062"}, {"t": 2}, {}], "odd key": true, "n": null}}`
	for _, c := range []struct {
		x    web.Extract
		in   string
		want []string
	}{
		{web.Extract{CSS: "p.msg"}, page, []string{"a  b <c\nd "}},
		{web.Extract{CSS: "p.msg", Trim: true}, page, []string{"a  b <c\nd"}},
		{web.Extract{CSS: "div.new.post > b"}, page, []string{"ann"}},
		{web.Extract{CSS: "#list span"}, page, []string{"1", "2"}},
		{web.Extract{CSS: "ul > li > span"}, page, []string{"1"}},
		{web.Extract{CSS: "li[data-k='x y'] span"}, page, []string{"2"}},
		{web.Extract{CSS: "[data-k] > * > span"}, page, []string{"2"}},
		{web.Extract{CSS: "input[name=tok]", Attr: "value"}, page, []string{"v&w"}},
		{web.Extract{CSS: "p.none"}, page, nil},
		{web.Extract{Regexp: `<b>(\w+)</b>`}, page, []string{"ann"}},
		{web.Extract{Regexp: `a  b [^<]*`}, page, []string{"a  b &lt;c"}},
		{web.Extract{Regexp: `a  b [^<]*`, Unescape: true}, page, []string{"a  b <c"}},
		{web.Extract{JSON: "data.items[*].t"}, data, []string{"ab", "2"}},
		{web.Extract{JSON: "$.data.items[1].t"}, data, []string{"2"}},
		{web.Extract{JSON: `data["odd key"]`}, data, []string{"true"}},
		{web.Extract{JSON: "data.items[9].t"}, data, nil},
		{web.Extract{JSON: "$"}, `"x"`, []string{"x"}},
	} {
		got, err := web.Find(c.x, c.in)
		if err != nil {
			t.Errorf("%+v: %v", c.x, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v:\n%s", c.x, diff)
		}
	}
	for _, x := range []web.Extract{{}, {CSS: "a", JSON: "b"}, {CSS: "a > "}, {CSS: "> a"}, {CSS: "a,b"}, {Regexp: "("}, {JSON: "a[b]"}} {
		if _, err := web.Find(x, page); err == nil {
			t.Errorf("%+v was taken", x)
		}
	}
	if _, err := web.Find(web.Extract{JSON: "a.b"}, "<html>"); err == nil {
		t.Error("a page was taken for JSON")
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	values := map[string]string{"text": `a b&"茶`, "base": "http://x/y"}
	for in, want := range map[string]string{
		"{{base}}/s?q={{text}}":    "http://x/y/s?q=a%20b%26%22%E8%8C%B6",
		"{{text|form}}":            "a+b%26%22%E8%8C%B6",
		"{{ text | json }}":        `a b&\"茶`,
		"{{text|html}}":            "a b&amp;&#34;茶",
		"{{text|base64}}":          "YSBiJiLojLY=",
		"{{text|raw}}":             `a b&"茶`,
		"{{text|base64|url}} {x}}": "YSBiJiLojLY%3D {x}}",
	} {
		if got, err := web.Fill(in, "url", values); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestNews(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		turns []string
		want  [][]string
	}{
		{"more and more", []string{"a", "a,b", "a,b,b"}, [][]string{{"a"}, {"b"}, {"b"}}},
		{"the oldest fall off", []string{"a,a,a", "a,a,a"}, [][]string{{"a", "a", "a"}, nil}},
		{"the oldest fall off as new ones come", []string{"a,b,c", "b,c,d"}, [][]string{{"a", "b", "c"}, {"d"}}},
		{"one vanishes", []string{"a,b,c", "a,c,d"}, [][]string{{"a", "b", "c"}, {"d"}}},
		{"one is changed", []string{"a,b", "x,b"}, [][]string{{"a", "b"}, {"x"}}},
		{"with names", []string{"1:a,2:a", "2:a,3:a"}, [][]string{{"a", "a"}, {"a"}}},
		{"all gone and back", []string{"1:a", "", "1:a,2:b"}, [][]string{{"a"}, nil, {"b"}}},
	} {
		if diff := cmp.Diff(c.want, web.News(c.turns...)); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	const in = "\ufeff: c\r\nid: 7\rdata: a\ndata:b\r\n\r\nevent: x\ndata\n\nretry: 30\ndata: lost"
	for _, r := range []func() *strings.Reader{func() *strings.Reader { return strings.NewReader(in) }} {
		for _, slow := range []bool{false, true} {
			var got []string
			hear := func(s string) { got = append(got, s) }
			last, pause := web.Events(r(), hear)
			if slow {
				got = nil
				last, pause = web.Events(iotest.OneByteReader(r()), hear)
			}
			if diff := cmp.Diff([]string{"a\nb", ""}, got); diff != "" || last != "7" || pause != 30*time.Millisecond {
				t.Errorf("slow %v: last %q, pause %v:\n%s", slow, last, pause, diff)
			}
		}
	}
}

func FuzzExtract(f *testing.F) {
	f.Add("ul > li[a='b'] span.c", page)
	f.Add("data.items[*].t", `{"data": {"items": [{"t": 1}]}}`)
	f.Add("*", strings.Repeat("<div>", 60))
	f.Fuzz(func(t *testing.T, rule, in string) {
		for _, x := range []web.Extract{{CSS: rule}, {CSS: rule, Attr: "id"}, {JSON: rule}} {
			if got, err := web.Find(x, in); err != nil && len(got) > 0 {
				t.Errorf("an error and values: %v", err)
			}
		}
	})
}

func FuzzEvents(f *testing.F) {
	f.Add("id: 7\rdata: a\ndata:b\r\n\r\nretry: 1\n\n")
	f.Fuzz(func(t *testing.T, in string) {
		var whole, parts []string
		a, b := web.Events(strings.NewReader(in), func(s string) { whole = append(whole, s) })
		c, d := web.Events(iotest.OneByteReader(strings.NewReader(in)), func(s string) { parts = append(parts, s) })
		if a != c || b != d || cmp.Diff(whole, parts) != "" {
			t.Errorf("in one piece %q %v %q, byte by byte %q %v %q", whole, b, a, parts, d, c)
		}
	})
}

func FuzzTemplate(f *testing.F) {
	f.Add("a {{text|json}} {{base}}", "x\"y")
	f.Fuzz(func(t *testing.T, in, value string) {
		got, err := web.Fill(in, "raw", map[string]string{"text": value, "base": value})
		if err == nil && !strings.Contains(in, "{{") && got != in {
			t.Errorf("%q became %q", in, got)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add(200, "text/html", "", "<title>a</title> good 17")
	f.Add(200, "application/json", "", `{"error": {"code": 5}}`)
	f.Add(503, "text/plain", "Tue, 14 Nov 2023 22:20:00 GMT", "no: way")
	f.Add(429, "", "60", "")
	f.Fuzz(func(t *testing.T, status int, kind, after, body string) {
		meaning, reason, wording, wait := web.Judge(status, kind, after, body)
		if meaning == 0 || wait < 0 || len(reason) > 4000 || len(wording) > len(kind)+20000 {
			t.Errorf("meaning %d, wait %v, reason %q, wording %q", meaning, wait, reason, wording)
		}
		if meaning == 1 && !strings.Contains(body, "good") {
			t.Errorf("%d %q was accepted", status, body)
		}
	})
}
