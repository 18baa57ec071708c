package front

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"example.org/telltale/internal/flow"
)

// rewriter is a server's connection that takes a request as an app writes it
// to a proxy and sends it as a server expects it: the target in origin form,
// fields for the proxy left out. One request goes through a connection, since
// the next may be for another server; the server is told so, and the app by
// the end of the connection. A request for another protocol keeps its own.
type rewriter struct {
	passing
	pending int    // octets of the head that are still to come
	head    []byte // what is sent in their place
	scan    *flow.Scanner
	// said is the server's answer; over says that it was the whole of it.
	said answers
	over bool
}

// errAnother ends a connection on which the app did not wait for its end. The
// app asks again on another, as after any connection that was kept too long.
var errAnother = errors.New("another request came on a connection for one")

func newRewriter(conn net.Conn, h flow.Head, head []byte) *rewriter {
	r := &rewriter{passing: passing{conn}, pending: len(head), said: answers{method: h.Method}}
	upgrade := h.Get("Upgrade") != ""
	if !upgrade {
		framing := flow.RequestFraming(h)
		if framing.Kind == flow.BodyClose {
			framing.Kind = flow.BodyNone // a request cannot end by closing
		}
		r.scan = flow.NewScanner(framing)
	}
	r.head = rewrite(head, h, !upgrade)
	return r
}

// rewrite changes a head as a proxy must. All other octets stay.
func rewrite(raw []byte, h flow.Head, last bool) []byte {
	out := append([]byte(nil), raw[:h.TargetOffset]...)
	out = append(out, flow.ParseTarget(h.Target).Origin...)
	at := h.TargetOffset + len(h.Target)
	for _, f := range h.Fields {
		if forProxy(f.Name) || last && strings.EqualFold(f.Name, "Connection") {
			out = append(out, raw[at:f.Offset]...)
			at = f.End
		}
	}
	if !last {
		return append(out, raw[at:]...)
	}
	end := len(raw) - 1 // the blank line
	for end > at && raw[end-1] != '\n' {
		end--
	}
	out = append(out, raw[at:end]...)
	out = append(out, "Connection: close\r\n"...)
	return append(out, raw[end:]...)
}

// forProxy names the fields that apps address to a proxy.
func forProxy(name string) bool {
	return strings.EqualFold(name, "Proxy-Connection") || strings.EqualFold(name, "Proxy-Authorization")
}

// Write takes octets of the app.
func (r *rewriter) Write(b []byte) (int, error) {
	all := len(b)
	skip := min(r.pending, all)
	r.pending -= skip
	if b = b[skip:]; r.pending > 0 {
		return all, nil
	}
	if r.head != nil {
		if _, err := r.Conn.Write(r.head); err != nil {
			return 0, err
		}
		r.head = nil
	}
	body := b
	if r.scan != nil {
		body = b[:r.scan.Scan(b)]
	}
	if len(body) > 0 {
		if _, err := r.Conn.Write(body); err != nil {
			return skip, err
		}
	}
	if more := b[len(body):]; len(bytes.TrimRight(more, "\r\n")) > 0 {
		return all - len(more), errAnother
	}
	return all, nil
}

// drain reads what an app still sends, a while.
func (a *app) drain() {
	if a.SetReadDeadline(time.Now().Add(5*time.Second)) == nil {
		_, _ = io.CopyN(io.Discard, a.Conn, 1<<20)
	}
}
