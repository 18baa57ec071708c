package proxy

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/sensor/tap"
)

// session serves one connection of the app, from its first byte to its last.
type session struct {
	p      *Proxy
	id     string
	client string
	owner  func() string
	// app is where requests come from: the connection itself, or what was
	// inside its tunnel.
	app        *link
	protocol   string
	visibility telltale.Visibility
	// fixed is where all requests of a tunnel go; nil outside of tunnels,
	// where each request names its own.
	fixed *place
	// refused is why the server of a tunnel cannot be spoken to.
	refused error
	// carry keeps the tunnel pending until its first request is; it may be nil.
	carry func()
	// up is the connection to a server that is kept for the next request.
	up *upstream
}

// serve serves a connection and returns when it has ended and is recorded.
func (p *Proxy) serve(conn net.Conn) {
	conn = p.capture.tapped(conn, p.cfg.Clock)
	if !p.track(conn) {
		return
	}
	defer p.drop(conn)
	s := &session{
		p: p, id: p.connID(), client: conn.RemoteAddr().String(), owner: p.owner(conn),
		app: newLink(conn), protocol: "http", visibility: telltale.Clear,
	}
	defer s.release()
	defer s.carried()
	s.loop()
}

// owner begins to look for the process at the other end and returns what
// waits for its name.
func (p *Proxy) owner(conn net.Conn) func() string {
	app, ok1 := conn.RemoteAddr().(*net.TCPAddr)
	own, ok2 := conn.LocalAddr().(*net.TCPAddr)
	if !ok1 || !ok2 {
		return func() string { return "" }
	}
	name := make(chan string, 1)
	p.workers.Go(func() { name <- process(tap.Plain(app), tap.Plain(own)) })
	return sync.OnceValue(func() string { return <-name })
}

// carried lets go of what the tunnel kept pending.
func (s *session) carried() {
	if s.carry != nil {
		s.carry()
		s.carry = nil
	}
}

// release lets go of the server's connection.
func (s *session) release() {
	if s.up != nil {
		s.p.drop(s.up.raw)
		s.up = nil
	}
}

// loop serves requests, in order, until one of them is the last.
func (s *session) loop() {
	for s.next() {
	}
}

// next serves one request and reports whether another may follow.
func (s *session) next() bool {
	b, err := s.app.next()
	if err != nil {
		return false
	}
	x := s.begin()
	if protocol, sure := flow.Detect(b); sure && protocol != flow.ProtocolHTTP {
		return s.stray(x, b)
	}
	raw, err := s.app.head(s.p.cfg.Limits.Head)
	if err != nil {
		return s.unfinished(x, raw, err)
	}
	h := flow.ParseRequest(raw)
	if h.Method == "CONNECT" && s.fixed == nil {
		s.connect(x, h, raw)
		return false
	}
	return s.forward(&request{exchange: x, session: s, head: h, raw: raw})
}

// stray records bytes that are no request.
func (s *session) stray(x *exchange, b []byte) bool {
	s.app.skip(len(b))
	x.add(part{leg: telltale.LegApp, out: true, at: x.flow.Start, head: b})
	if s.fixed != nil {
		x.flow.Host, x.flow.Port = s.fixed.host, s.fixed.port
	}
	x.fail("the app sent something that is not an HTTP request")
	s.refuse(x, 400)
	return false
}

// unfinished records a request whose head did not come whole.
func (s *session) unfinished(x *exchange, raw []byte, err error) bool {
	x.add(part{leg: telltale.LegApp, out: true, at: x.flow.Start, head: raw})
	if to, bad := s.destination(flow.ParseRequest(raw)); bad == nil {
		x.flow.Host, x.flow.Port = to.host, to.port
	}
	if errors.Is(err, errHeadTooLong) {
		x.fail("the request's head is longer than %d bytes", s.p.cfg.Limits.Head)
		s.refuse(x, 431)
		return false
	}
	x.fail("the app closed inside the request's head: %v", describe(err))
	x.record()
	return false
}

// refuse answers the app in the server's stead with the exchange's error,
// records the exchange and ends the connection.
func (s *session) refuse(x *exchange, status int) {
	text := "telltale proxy: " + x.flow.Error + "\n"
	reason := map[int]string{400: "Bad Request", 431: "Request Header Fields Too Large", 502: "Bad Gateway"}[status]
	answer := fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, reason, len(text), text)
	if _, err := s.app.Write(answer); err == nil {
		x.add(part{leg: telltale.LegApp, head: answer})
	}
	x.record()
	// Bytes left unread would make the kernel cut the answer off.
	s.app.closeWrite()
	if s.app.SetReadDeadline(time.Now().Add(time.Second)) == nil {
		_, _ = io.CopyN(io.Discard, s.app, 1<<20)
	}
}

// destination is the place that a request asks for.
func (s *session) destination(h flow.Head) (place, error) {
	if s.fixed != nil {
		return *s.fixed, nil
	}
	t := flow.ParseTarget(h.Target)
	to := place{host: t.Host, port: t.Port, secure: t.Scheme == "https"}
	if t.Scheme == "" {
		to.host, to.port = flow.SplitAuthority(h.Get("Host"), 80)
	}
	to.name = to.host
	if to.host == "" || to.port == 0 || strings.ContainsAny(to.host, " \t/\\") {
		return to, errors.New("the request does not say which server it is for")
	}
	return to, nil
}
