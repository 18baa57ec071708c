package web

import (
	"errors"
	"html"
	"net/http"
	"regexp"
	"strings"

	nethtml "golang.org/x/net/html"
)

// extractor is a compiled Extract.
type extractor struct {
	css      selector
	attr     string
	re       *regexp.Regexp
	json     jsonPath
	header   string
	unescape bool
	trim     bool
}

// found is one value of an answer: its text, and the element it came from.
type found struct {
	text string
	node *nethtml.Node
	// raw is what to look in for values inside this one.
	raw string
}

// compileExtract reads an extraction rule.
func compileExtract(x Extract) (*extractor, error) {
	out := &extractor{attr: strings.ToLower(x.Attr), header: x.Header, unescape: x.Unescape, trim: x.Trim}
	ways := 0
	var err error
	if x.CSS != "" {
		ways++
		out.css, err = parseSelector(x.CSS)
	}
	if x.Regexp != "" {
		ways++
		out.re, err = regexp.Compile(x.Regexp)
	}
	if x.JSON != "" {
		ways++
		out.json, err = parseJSONPath(x.JSON)
	}
	if x.Header != "" {
		ways++
	}
	if err == nil && ways != 1 {
		err = errors.New("set one of css, regexp, json and header")
	}
	return out, err
}

// mostItems bounds what is found in one answer.
const mostItems = 10000

// all finds the values in an answer, or in a value found before.
func (x *extractor) all(in found, header http.Header) ([]found, error) {
	var out []found
	switch {
	case x.header != "":
		for _, v := range header.Values(x.header) {
			out = append(out, found{text: v, raw: v})
		}
	case x.css != nil:
		var err error
		if out, err = x.elements(in); err != nil {
			return nil, err
		}
	case x.re != nil:
		for _, m := range x.re.FindAllStringSubmatch(in.raw, mostItems) {
			v := m[min(1, len(m)-1)]
			out = append(out, found{text: v, raw: v})
		}
	default:
		values, err := x.json.find([]byte(in.raw))
		if err != nil {
			return nil, err
		}
		for _, v := range values {
			out = append(out, found{text: said(v), raw: string(v)})
		}
	}
	out = out[:min(len(out), mostItems)]
	for i := range out {
		if x.unescape && x.css == nil {
			out[i].text = html.UnescapeString(out[i].text)
		}
		if x.trim {
			out[i].text = strings.TrimSpace(out[i].text)
		}
	}
	return out, nil
}

func (x *extractor) elements(in found) ([]found, error) {
	node := in.node
	if node == nil {
		var err error
		if node, err = nethtml.Parse(strings.NewReader(in.raw)); err != nil {
			return nil, err
		}
	}
	var out []found
	size := 0
	for _, n := range x.css.find(node) {
		f := found{node: n}
		if x.attr != "" {
			f.text = attr(n, x.attr)
		} else {
			f.text = text(n)
		}
		f.raw = f.text
		// Elements within each other hold the same text again and again.
		if size += len(f.text); size > 2*mostBytes || len(out) == mostItems {
			break
		}
		out = append(out, f)
	}
	return out, nil
}

// first is the first value, if there is any.
func (x *extractor) first(in found, header http.Header) (string, bool, error) {
	all, err := x.all(in, header)
	if err != nil || len(all) == 0 {
		return "", false, err
	}
	return all[0].text, true, nil
}
