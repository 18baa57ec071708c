package report

import (
	"fmt"
	"html/template"
	"strings"
)

// functions are what the templates call. All text that is not data comes from
// the catalogue, through say, count and rich.
func (x *index) functions() template.FuncMap {
	return template.FuncMap{
		"say": x.Say, "count": x.countWords, "rich": x.rich, "richcount": x.richCount,
		"n": func(c Count) string { return x.Number(int(c)) }, "bytes": x.units,
		"list": x.List, "semicolons": x.semicolons, "comma": x.Comma,
		"bdi": element("bdi"), "code": element("code"), "strong": element("strong"), "number": x.boldNumber,
		"chips": x.chips, "tone": toneClass, "verdict": verdictClass, "share": share,
	}
}

// countWords is Count for templates.
func (x *index) countWords(key string, n Count, args ...string) string {
	return x.Count(key, int(n), args...)
}

// rich writes a message whose arguments may be HTML; texts are escaped.
func (x *index) rich(key string, args ...any) (template.HTML, error) {
	return x.richCount(key, 0, args...)
}

// richCount is rich in the plural form of n; {n} is the number.
func (x *index) richCount(key string, n Count, args ...any) (template.HTML, error) {
	values := map[string]template.HTML{"n": escaped(x.Number(int(n)))}
	for i := 0; i+1 < len(args); i += 2 {
		name, ok := args[i].(string)
		if !ok {
			return "", fmt.Errorf("report: argument %d of %q has no name", i, key)
		}
		switch v := args[i+1].(type) {
		case template.HTML:
			values[name] = v
		case string:
			values[name] = escaped(v)
		case Count:
			values[name] = escaped(x.Number(int(v)))
		default:
			return "", fmt.Errorf("report: argument %q of %q is a %T", name, key, v)
		}
	}
	var b strings.Builder
	for _, p := range x.Parts(key, int(n)) {
		b.WriteString(template.HTMLEscapeString(p.Text))
		if p.Arg != "" {
			b.WriteString(string(values[p.Arg]))
		}
	}
	return template.HTML(b.String()), nil
}

func escaped(s string) template.HTML { return template.HTML(template.HTMLEscapeString(s)) }

// element puts an escaped text into an element.
func element(tag string) func(string) template.HTML {
	return func(s string) template.HTML {
		return "<" + template.HTML(tag) + ">" + escaped(s) + "</" + template.HTML(tag) + ">"
	}
}

func (x *index) boldNumber(c Count) template.HTML { return element("b")(x.Number(int(c))) }

// chips are words that stand in a sentence, each in a frame.
func (x *index) chips(list []string) template.HTML {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = `<bdi class="chip">` + template.HTMLEscapeString(s) + "</bdi>"
	}
	// The words between the chips are escaped by hand: List knows texts only.
	return template.HTML(strings.Join(out, template.HTMLEscapeString(x.Comma([]string{"", ""}))))
}
