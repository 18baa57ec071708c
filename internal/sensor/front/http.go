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
	head, rest, bad := a.head(first)
	if bad.status != 0 {
		return a.stray(bad)
	}
	h := flow.ParseRequest(head)
	t := flow.ParseTarget(h.Target)
	a.read, a.more = append(head, rest...), body(h, rest)
	switch {
	case h.Method != "CONNECT" && t.Host == "":
		return a.itself(h)
	case !a.authorized(h):
		a.answer(http.StatusProxyAuthRequired, "Proxy-Authenticate: Basic realm=\"telltale\"\r\n", "this proxy wants a user and a password")
		return nil
	case h.Method == "CONNECT":
		return a.tunnel(ctx, h, rest)
	}
	return a.forward(ctx, h, head, rest)
}

// complaint is why a request is of no use.
type complaint struct {
	status int
	text   string
}

// stray answers what is no request for any server. What it was is kept, as it
// is something that the app sent; but not what strangers try who may not use
// the proxy.
func (a *app) stray(bad complaint) error {
	if a.f.cfg.User == "" {
		if err := a.missed(bad.text); err != nil {
			return err
		}
	}
	a.answer(bad.status, "", bad.text)
	return nil
}

// head reads to the end of a head, and what came with it.
func (a *app) head(first []byte) (head, rest []byte, bad complaint) {
	piece := make([]byte, 4096)
	for a.read = first; ; {
		seen := a.read
		if line, _, whole := bytes.Cut(seen, []byte("\n")); whole && flow.ParseRequest(line).Version == "" || !letter(seen[0]) {
			return nil, nil, complaint{http.StatusBadRequest, "this is a proxy for HTTP and SOCKS5, and that is neither"}
		}
		if end := flow.HeadEnd(seen); end >= 0 {
			return seen[:end:end], seen[end:], bad
		}
		if len(seen) > maxHead {
			return nil, nil, complaint{http.StatusRequestHeaderFieldsTooLarge, "the head of the request is too long"}
		}
		n, err := a.Read(piece)
		a.read = append(a.read, piece[:n]...)
		if err != nil && n == 0 {
			return nil, nil, complaint{http.StatusBadRequest, "the head of the request is not whole"}
		}
	}
}

func letter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }

// itself answers what is asked of the proxy and not of a server.
func (a *app) itself(h flow.Head) error {
	if path, _, _ := strings.Cut(h.Target, "?"); h.Method == http.MethodGet && path == "/ca.pem" && len(a.f.cfg.Certificate) > 0 {
		a.respond(http.StatusOK, "Content-Type: application/x-x509-ca-cert\r\n", a.f.cfg.Certificate)
		return nil
	}
	return a.stray(complaint{http.StatusBadRequest, "the request does not say which server it is for; this is a proxy: set it up as one; its certificate is at /ca.pem"})
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
		return a.stray(complaint{http.StatusBadRequest, "the request does not say which server it is for"})
	}
	a.read, a.more = rest, nil
	up, failed, kept := a.connect(ctx, to)
	if failed != nil {
		a.answer(http.StatusBadGateway, "", to.String()+": "+describe(failed))
		return kept
	}
	if _, err := a.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		_ = up.Conn.Close()
		return a.missed(describe(err))
	}
	return a.carry(ctx, up)
}

// forward serves one request in absolute form. The tape has it as the app
// wrote it; the server gets it as servers do.
func (a *app) forward(ctx context.Context, h flow.Head, head, rest []byte) error {
	t := flow.ParseTarget(h.Target)
	to := place{host: t.Host, port: t.Port}
	if t.Scheme != "http" && t.Scheme != "ws" || to.port == 0 {
		return a.stray(complaint{http.StatusBadRequest, "only http:// can be asked for like this; other things need CONNECT"})
	}
	a.info.Proto = "http/1.1"
	up, failed, kept := a.connect(ctx, to)
	if failed != nil {
		a.answer(http.StatusBadGateway, "", to.String()+": "+describe(failed))
		return kept
	}
	up.Conn = newRewriter(up.Conn, h, head)
	return a.carry(ctx, up)
}

// body tells what of a request is still to come after rest: nothing if the app
// waits to be told to go on.
func body(h flow.Head, rest []byte) *flow.Scanner {
	framing := flow.RequestFraming(h)
	if framing.Kind == flow.BodyClose || h.HasToken("Expect", "100-continue") {
		return nil
	}
	scan := flow.NewScanner(framing)
	scan.Scan(rest)
	return scan
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
