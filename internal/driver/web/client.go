package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// mostBytes of an answer are read.
const mostBytes = 8 << 20

// response is an answer, its body as text.
type response struct {
	status int
	header http.Header
	body   string
	// cut is why there was no whole answer to a request that had left.
	cut error
}

// newClient makes a client as the options say.
func (e *End) newClient(jar http.CookieJar) (*http.Client, error) {
	o := e.cfg.Options
	conf := &tls.Config{InsecureSkipVerify: o.Unverified, MinVersion: tls.VersionTLS12}
	if o.CA != "" {
		pem, err := os.ReadFile(o.CA)
		if err != nil {
			return nil, fmt.Errorf("options.ca: %w", err)
		}
		if conf.RootCAs, err = x509.SystemCertPool(); err != nil {
			conf.RootCAs = x509.NewCertPool()
		}
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("options.ca: there is no PEM certificate in the file")
		}
	}
	through, err := e.proxy()
	if err != nil {
		return nil, err
	}
	t := &http.Transport{DialContext: e.cfg.Dial, TLSClientConfig: conf, DisableKeepAlives: true, ResponseHeaderTimeout: patience}
	if through != nil {
		t.Proxy = http.ProxyURL(through)
	}
	return &http.Client{Transport: t, Jar: jar, CheckRedirect: follow}, nil
}

// proxy is the one of this account, nil for none.
func (e *End) proxy() (*url.URL, error) {
	address := e.cfg.Options.Proxy
	if own, ok := e.cfg.Options.Proxies[e.cfg.Account.Name]; ok {
		address = own
	}
	if address == "" || address == "direct" {
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("options.proxy: %q is no proxy: write as in http://127.0.0.1:8118", address)
	}
	return u, nil
}

// stays marks requests whose redirections are not followed.
type stays struct{}

func follow(req *http.Request, via []*http.Request) error {
	if req.Context().Value(stays{}) != nil {
		return http.ErrUseLastResponse
	}
	if len(via) >= 10 {
		return errors.New("more than 10 redirections")
	}
	return nil
}

// ask makes a request. An error means that there was no connection for it,
// or that ctx has ended; what befell it later is in the response.
func (e *End) ask(ctx context.Context, q *request, values map[string]string) (*response, error) {
	inner, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if q.stay {
		inner = context.WithValue(inner, stays{}, true)
	}
	// From here on the request is under way. That all of it was written is not
	// known for certain when its connection is cut at once.
	var left atomic.Bool
	inner = httptrace.WithClientTrace(inner, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { left.Store(true) }})
	req, err := q.build(inner, values, e.rules.headers)
	if err != nil {
		return nil, err
	}
	resp, err := e.client.Do(req)
	if err != nil {
		return cutOff(ctx, left.Load(), bareError(err))
	}
	defer resp.Body.Close()
	r := &response{status: resp.StatusCode, header: resp.Header}
	body, err := readText(resp)
	if err != nil {
		return cutOff(ctx, true, err)
	}
	r.body = body
	return r, nil
}

// bareError is an error without the address: passwords may stand in there.
func bareError(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// cutOff says what a failed exchange is: an observation once the request has
// left, a failure before.
func cutOff(ctx context.Context, left bool, err error) (*response, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if !left {
		return nil, err
	}
	return &response{cut: err}, nil
}

// readText reads a body and decodes it.
func readText(resp *http.Response) (string, error) {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, mostBytes))
	if err != nil {
		return "", err
	}
	kind := resp.Header.Get("Content-Type")
	if !strings.Contains(kind, "html") && !strings.Contains(strings.ToLower(kind), "charset") {
		return string(raw), nil
	}
	enc, _, certain := charset.DetermineEncoding(raw, kind)
	if !certain && utf8.Valid(raw) {
		return string(raw), nil
	}
	text, err := enc.NewDecoder().Bytes(raw)
	if err != nil {
		return string(raw), nil
	}
	return string(text), nil
}

var (
	title = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	tags  = regexp.MustCompile(`(?s)<[^>]*>`)
)

// words are an answer's status and how its page begins.
func (r *response) words() string {
	head := ""
	if m := title.FindStringSubmatch(r.body[:min(len(r.body), 64<<10)]); m != nil {
		head = m[1]
	} else {
		head = tags.ReplaceAllString(r.body[:min(len(r.body), 2000)], " ")
	}
	return strings.TrimSpace(fmt.Sprintf("HTTP %d %s", r.status, clip(head)))
}

// clip shortens what a service said.
func clip(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
	if r := []rune(s); len(r) > 160 {
		return string(r[:160]) + "…"
	}
	return s
}
