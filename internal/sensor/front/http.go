package front

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"

	"example.org/telltale/internal/flow"
)

// maxHead bounds the head of a request to the proxy.
const maxHead = 256 << 10

// http serves an HTTP client, whose first octets have been read.
func (a *app) http(ctx context.Context, first []byte) error {
	head, rest, ok := a.head(first)
	if !ok {
		return nil
	}
	h := flow.ParseRequest(head)
	t := flow.ParseTarget(h.Target)
	switch {
	case h.Method != "CONNECT" && t.Host == "":
		a.itself(h)
		return nil
	case !a.authorized(h):
		a.answer(http.StatusProxyAuthRequired, "Proxy-Authenticate: Basic realm=\"telltale\"\r\n", "this proxy wants a user and a password")
		return nil
	case h.Method == "CONNECT":
		return a.tunnel(ctx, h, rest)
	}
	return a.forward(ctx, h, head, rest)
}

// head reads to the end of a head, and what came with it.
func (a *app) head(first []byte) (head, rest []byte, ok bool) {
	seen, piece := first, make([]byte, 4096)
	for {
		if line, _, whole := bytes.Cut(seen, []byte("\n")); whole && flow.ParseRequest(line).Version == "" || !letter(seen[0]) {
			a.answer(http.StatusBadRequest, "", "this is a proxy for HTTP and SOCKS5")
			return nil, nil, false
		}
		if end := flow.HeadEnd(seen); end >= 0 {
			return seen[:end:end], seen[end:], true
		}
		if len(seen) > maxHead {
			a.answer(http.StatusRequestHeaderFieldsTooLarge, "", "the head of the request is too long")
			return nil, nil, false
		}
		n, err := a.Read(piece)
		seen = append(seen, piece[:n]...)
		if err != nil && n == 0 {
			return nil, nil, false
		}
	}
}

func letter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }

// itself answers what is asked of the proxy and not of a server.
func (a *app) itself(h flow.Head) {
	if path, _, _ := strings.Cut(h.Target, "?"); h.Method == http.MethodGet && path == "/ca.pem" && len(a.f.cfg.Certificate) > 0 {
		a.respond(http.StatusOK, "Content-Type: application/x-x509-ca-cert\r\n", a.f.cfg.Certificate)
		return
	}
	a.answer(http.StatusBadRequest, "", "this is a proxy: set it up as one; its certificate is at /ca.pem")
}

func (a *app) authorized(h flow.Head) bool {
	if a.f.cfg.User == "" {
		return true
	}
	scheme, credentials, _ := strings.Cut(h.Get("Proxy-Authorization"), " ")
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(credentials))
	user, password, _ := strings.Cut(string(b), ":")
	return err == nil && strings.EqualFold(scheme, "Basic") && a.f.allowed(user, password)
}

// tunnel serves CONNECT.
func (a *app) tunnel(ctx context.Context, h flow.Head, rest []byte) error {
	var to place
	to.host, to.port = flow.SplitAuthority(h.Target, 443)
	if to.host == "" {
		a.answer(http.StatusBadRequest, "", "the request does not say which server it is for")
		return nil
	}
	a.read = rest
	up, failed, kept := a.connect(ctx, to)
	if failed != nil {
		a.answer(http.StatusBadGateway, "", to.String()+": "+describe(failed))
		return kept
	}
	if _, err := a.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		_ = up.Conn.Close()
		return a.missed(err)
	}
	return a.carry(ctx, up)
}

// forward serves one request in absolute form. The tape has it as the app
// wrote it; the server gets it as servers do.
func (a *app) forward(ctx context.Context, h flow.Head, head, rest []byte) error {
	t := flow.ParseTarget(h.Target)
	to := place{host: t.Host, port: t.Port}
	if t.Scheme != "http" && t.Scheme != "ws" || to.port == 0 {
		a.answer(http.StatusBadRequest, "", "only http:// can be asked for like this; other things need CONNECT")
		return nil
	}
	a.read, a.info.Proto = append(head, rest...), "http/1.1"
	up, failed, kept := a.connect(ctx, to)
	if failed != nil {
		a.answer(http.StatusBadGateway, "", to.String()+": "+describe(failed))
		return kept
	}
	up.Conn = newRewriter(up.Conn, h, head)
	return a.carry(ctx, up)
}

// answer answers in the proxy's own name and ends the connection.
func (a *app) answer(status int, fields, text string) {
	a.respond(status, "Content-Type: text/plain; charset=utf-8\r\n"+fields, []byte("telltale proxy: "+text+"\n"))
}

func (a *app) respond(status int, fields string, body []byte) {
	head := fmt.Sprintf("HTTP/1.1 %d %s\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n", status, http.StatusText(status), fields, len(body))
	if _, err := a.Write(append([]byte(head), body...)); err != nil {
		return
	}
	// Octets left unread would make the kernel cut the answer off.
	if half, ok := a.Conn.(*net.TCPConn); ok && half.CloseWrite() == nil {
		a.drain()
	}
}
