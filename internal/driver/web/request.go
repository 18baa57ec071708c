package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/encoding"
)

// request is a compiled Request.
type request struct {
	method          string
	url, body, json template
	headers         map[string]template
	form, multipart map[string]template
	kind            string
	charset         encoding.Encoding
	stay, socket    bool
}

// errText says that a text cannot be put into a request: the trial is void.
var errText = errors.New("this text cannot be sent")

// build makes the request with values filled in.
func (q *request) build(ctx context.Context, values map[string]string, common map[string]template) (*http.Request, error) {
	body, kind, err := q.content(values)
	if err != nil {
		return nil, err
	}
	address := q.url.fill(values, "url")
	if strings.HasPrefix(address, "/") {
		address = strings.TrimSuffix(values["base"], "/") + address
	}
	req, err := http.NewRequestWithContext(ctx, q.method, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("the address is none: %w", bareError(err))
	}
	if kind == "" {
		req.Body, req.GetBody, req.ContentLength = nil, nil, 0
	} else {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("User-Agent", "Mozilla/5.0")
	if q.method == http.MethodGet {
		req.Header.Set("Cache-Control", "no-cache") // proxies may keep pages
	}
	for _, headers := range []map[string]template{common, q.headers} {
		for name, t := range headers {
			v := t.fill(values, "raw")
			if strings.ContainsAny(v, "\r\n\x00") {
				return nil, fmt.Errorf("%w: a header is one line", errText)
			}
			req.Header.Set(name, v)
		}
	}
	return req, nil
}

// uses reports whether a value is filled in anywhere.
func (q *request) uses(name string) bool {
	if q.url.uses(name) || q.body.uses(name) || q.json.uses(name) {
		return true
	}
	for _, all := range []map[string]template{q.headers, q.form, q.multipart} {
		for _, t := range all {
			if t.uses(name) {
				return true
			}
		}
	}
	return false
}

// content makes the body and its type; the type is empty without a body.
func (q *request) content(values map[string]string) (body []byte, kind string, err error) {
	switch q.kind {
	case "":
		return nil, "", nil
	case "application/json":
		return []byte(q.json.fill(values, "raw")), q.kind, nil
	case "multipart/form-data":
		return q.parts(values)
	case "application/x-www-form-urlencoded":
		form := url.Values{}
		for name, t := range q.form {
			v, err := q.encode(t.fill(values, "raw"))
			if err != nil {
				return nil, "", err
			}
			form.Set(name, v)
		}
		return []byte(form.Encode()), q.kind, nil
	}
	text, err := q.encode(q.body.fill(values, "raw"))
	return []byte(text), q.kind, err
}

// encode writes a text in the request's charset.
func (q *request) encode(text string) (string, error) {
	if q.charset == nil {
		return text, nil
	}
	out, err := q.charset.NewEncoder().String(text)
	if err != nil {
		return "", fmt.Errorf("%w: the charset has no sign for a part of it", errText)
	}
	return out, nil
}

// parts writes the body that browsers send for forms with files.
func (q *request) parts(values map[string]string) ([]byte, string, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary("----form" + values["nonce"]); err != nil {
		return nil, "", err
	}
	for _, name := range slices.Sorted(maps.Keys(q.multipart)) {
		if err := w.WriteField(name, q.multipart[name].fill(values, "raw")); err != nil {
			return nil, "", err
		}
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), w.FormDataContentType(), nil
}
