package web

import (
	"io"
	"net/http"
	"strings"
	"time"
)

// Find applies an extraction rule to a page.
func Find(x Extract, page string) ([]string, error) {
	c, err := compileExtract(x)
	if err != nil {
		return nil, err
	}
	all, err := c.all(found{raw: page}, nil)
	var out []string
	for _, f := range all {
		out = append(out, f.text)
	}
	return out, err
}

// Fill fills a template.
func Fill(text, usual string, values map[string]string) (string, error) {
	t, err := parseTemplate(text, func(n string) bool { _, ok := values[n]; return ok })
	return t.fill(values, usual), err
}

// Events reads server-sent events.
func Events(r io.Reader, hear func(string)) (string, time.Duration) { return events(r, hear) }

// News gives what is new on a page after each turn; items are separated by
// commas, and "id:text" has a name.
func News(turns ...string) [][]string {
	p := &page{ids: map[string]bool{}}
	var out [][]string
	for _, turn := range turns {
		var items []item
		for s := range strings.SplitSeq(turn, ",") {
			if s == "" {
				continue
			}
			id, text, named := strings.Cut(s, ":")
			if !named {
				id, text = "", s
			}
			items = append(items, item{id: id, text: text})
		}
		var texts []string
		for _, it := range p.news(items) {
			texts = append(texts, it.text)
		}
		out = append(out, texts)
	}
	return out
}

// Judge says what an answer means, and what is learned from it.
func Judge(status int, kind, after, body string) (meaning int, reason, wording string, wait time.Duration) {
	c := &compiler{}
	x := c.expect("", Expect{Match: "good", Refused: []Sign{{Match: "no: (.*)"}, {JSON: "error.code"}}, Busy: []Sign{{Match: "slow", Status: 200}}})
	r := &response{status: status, header: http.Header{"Content-Type": {kind}, "Retry-After": {after}}, body: body}
	m, reason, wait := x.judge(r, nil, time.Unix(1700000000, 0))
	return int(m), reason, r.wording(), wait
}
