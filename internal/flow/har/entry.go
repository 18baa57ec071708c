package har

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.org/telltale"
	"example.org/telltale/internal/flow"
)

// messages are those of one leg of a flow: what the app said and was told,
// if that was seen.
func messages(f *telltale.Flow) []telltale.Message {
	byLeg := map[telltale.Leg][]telltale.Message{}
	for _, m := range f.Messages {
		byLeg[m.Leg] = append(byLeg[m.Leg], m)
	}
	if app := byLeg[telltale.LegApp]; len(app) > 0 {
		return app
	}
	return byLeg[telltale.LegServer]
}

// exchange is a flow taken apart.
type exchange struct {
	asked, answered telltale.Message
	request, answer flow.Message
	hasAnswer       bool
	rest            []telltale.Message // after the answer
}

// read takes a flow apart; ok is false if it is no HTTP exchange.
func (p *writer) read(f *telltale.Flow) (x exchange, ok bool, err error) {
	all := messages(f)
	if f.Protocol != "http" && f.Protocol != "https" || len(all) == 0 || !all[0].Out {
		return x, false, nil
	}
	x.asked = all[0]
	b, err := p.octets(x.asked)
	if err != nil {
		return x, false, err
	}
	x.request = flow.Request(b)
	if !strings.HasPrefix(x.request.Head.Version, "HTTP/") {
		return x, false, nil
	}
	for i, m := range all[1:] {
		if m.Out {
			continue
		}
		b, err := p.octets(m)
		if err != nil {
			return x, false, err
		}
		answer := flow.Response(b, x.request.Head.Method)
		if status := answer.Head.Status; status >= 200 || status == 101 {
			x.answered, x.answer, x.hasAnswer, x.rest = m, answer, true, all[i+2:]
			break
		}
	}
	return x, true, nil
}

func (p *writer) octets(m telltale.Message) ([]byte, error) {
	if m.Bytes == "" {
		return nil, nil
	}
	return p.blob(m.Bytes)
}

// entry makes the entry of a flow; ok is false if it is no HTTP exchange.
func (p *writer) entry(f *telltale.Flow) (*entry, bool, error) {
	x, ok, err := p.read(f)
	if err != nil || !ok {
		return nil, false, err
	}
	e := &entry{
		Started: x.asked.At.UTC().Format(time.RFC3339Nano), Request: x.asks(f), Response: x.answers(),
		Connection: f.Conn, Flow: f.ID, Process: f.Process,
	}
	e.Response.Error = f.Error
	e.Timings, e.Time = x.times(f)
	if server, err := netip.ParseAddrPort(f.Server); err == nil {
		e.ServerIP = server.Addr().String()
	}
	return e, true, p.inline(e, &x)
}

func milliseconds(from, to time.Time) float64 {
	return max(0, float64(to.Sub(from).Microseconds())/1000)
}

func (x *exchange) times(f *telltale.Flow) (timings, float64) {
	t := timings{Blocked: -1, DNS: -1, Connect: -1, SSL: -1}
	if x.hasAnswer {
		t.Wait, t.Receive = milliseconds(x.asked.At, x.answered.At), milliseconds(x.answered.At, f.End)
	} else {
		t.Wait = milliseconds(x.asked.At, f.End)
	}
	return t, t.Wait + t.Receive
}

func (x *exchange) asks(f *telltale.Flow) request {
	h := x.request.Head
	r := request{
		Method: text(h.Method), URL: address(f, h), Version: h.Version,
		Cookies: []cookie{}, Headers: fields(h.Fields), Query: []field{},
		HeadersSize: h.Size, BodySize: max(0, x.asked.Size-int64(h.Size)), Comment: cut(x.asked),
	}
	for _, pair := range flow.ParseTarget(h.Target).Pairs {
		r.Query = append(r.Query, field{unescape(pair.Name), unescape(pair.Value)})
	}
	for _, line := range h.Values("Cookie") {
		for part := range strings.SplitSeq(line, ";") {
			if name, value, found := strings.Cut(strings.TrimSpace(part), "="); found {
				r.Cookies = append(r.Cookies, cookie{Name: text(name), Value: text(value)})
			}
		}
	}
	if body, _ := decoded(h, x.request.Body); len(body) > 0 {
		post := &postData{Type: text(h.Get("Content-Type"))}
		post.Text, post.Encoding = written(body)
		r.Post = post
	}
	return r
}

func (x *exchange) answers() response {
	r := response{Cookies: []cookie{}, Headers: []field{}, HeadersSize: -1, BodySize: -1}
	if !x.hasAnswer {
		return r
	}
	h := x.answer.Head
	r = response{
		Status: h.Status, StatusText: text(h.Reason), Version: h.Version,
		Cookies: []cookie{}, Headers: fields(h.Fields), Redirect: text(h.Get("Location")),
		HeadersSize: h.Size, BodySize: max(0, x.answered.Size-int64(h.Size)), Comment: cut(x.answered),
	}
	for _, line := range h.Values("Set-Cookie") {
		r.Cookies = append(r.Cookies, setCookie(line))
	}
	body, whole := decoded(h, x.answer.Body)
	r.Content = content{Size: len(body), Type: text(h.Get("Content-Type"))}
	r.Content.Text, r.Content.Encoding = written(body)
	if !whole {
		r.Content.Comment = "the content coding could not be taken off"
	}
	return r
}

// cut says that a message was not kept whole.
func cut(m telltale.Message) string {
	if m.Cut {
		return fmt.Sprintf("only the first part of %d octets was kept", m.Size)
	}
	return ""
}

// address is the URL of a request: where it went, whatever it says of itself.
func address(f *telltale.Flow, h flow.Head) string {
	t := flow.ParseTarget(h.Target)
	if t.Scheme != "" {
		return text(h.Target)
	}
	host, otherwise := f.Host, map[string]int{"http": 80, "https": 443}[f.Protocol]
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if f.Port != 0 && f.Port != otherwise {
		host = net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(f.Port))
	}
	path := h.Target
	if !strings.HasPrefix(path, "/") {
		path = "/" // "*", or the place that CONNECT asks for
	}
	return f.Protocol + "://" + text(host) + text(path)
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		s = plain
	}
	return text(s)
}

func fields(all []flow.Field) []field {
	out := make([]field, 0, len(all))
	for _, f := range all {
		out = append(out, field{text(f.Name), text(f.Value)})
	}
	return out
}

func setCookie(line string) cookie {
	var c cookie
	for i, part := range strings.Split(line, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if i == 0 {
			c.Name, c.Value = text(name), text(value)
			continue
		}
		switch strings.ToLower(name) {
		case "path":
			c.Path = text(value)
		case "domain":
			c.Domain = text(value)
		case "httponly":
			c.HTTPOnly = true
		case "secure":
			c.Secure = true
		}
	}
	return c
}

// text makes octets that are no UTF-8 into text, each a letter of Latin-1.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	letters := make([]rune, len(s))
	for i := range len(s) {
		letters[i] = rune(s[i])
	}
	return string(letters)
}
