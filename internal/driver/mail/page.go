package mail

import (
	"strings"

	"golang.org/x/net/html"
)

// pageText is the text that a reader sees of an HTML page, blanks as they
// stand in it.
func pageText(page string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	hidden := ""
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if hidden == "" {
				b.WriteString(html.UnescapeString(string(z.Raw())))
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			switch tag := string(name); {
			case tag == "br":
				b.WriteByte('\n')
			case hidden == "" && (tag == "head" || tag == "script" || tag == "style"):
				hidden = tag
			}
		case html.SelfClosingTagToken:
			if name, _ := z.TagName(); string(name) == "br" {
				b.WriteByte('\n')
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == hidden {
				hidden = ""
			}
		}
	}
}
