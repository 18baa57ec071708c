package proxy

import (
	"errors"
	"strings"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/flow"
)

// request is one HTTP exchange under way.
type request struct {
	*exchange
	session *session
	head    flow.Head
	raw     []byte
	body    *body // shared by both legs
	scan    *flow.Scanner
	up      *upstream
	// sent is closed when the request's body has been read to its end, or
	// the app stopped sending it.
	sent chan struct{}
	// expects: the app waits for "100 Continue" before it sends the body.
	expects, continued bool
}

var errAppGone = errors.New("the app closed before the answer came")

// hopByHop names the headers that apps address to a proxy.
func hopByHop(name string) bool {
	return strings.EqualFold(name, "Proxy-Connection") || strings.EqualFold(name, "Proxy-Authorization")
}

// forward carries one exchange and reports whether another may follow on the
// app's connection.
func (s *session) forward(r *request) (more bool) {
	r.body = r.exchange.body()
	framing := flow.RequestFraming(r.head)
	if framing.Kind == flow.BodyClose {
		framing.Kind = flow.BodyNone // a request cannot end by closing
	}
	r.scan = flow.NewScanner(framing)
	r.expects = r.head.HasToken("Expect", "100-continue") && !r.scan.Done()
	r.sent = make(chan struct{})
	r.add(part{leg: telltale.LegApp, out: true, at: r.flow.Start, head: r.raw, body: r.body})
	to, err := s.destination(r.head)
	r.flow.Host, r.flow.Port = to.label(), to.port
	if err != nil {
		return r.refused(err, 400)
	}
	if err := r.open(to); err != nil {
		return r.refused(err, 502)
	}
	r.sendBody()
	more = r.answer() && r.head.KeepAlive() && framing.Note == ""
	if !more {
		s.release() // a server that reads no more must not block the body
	}
	if r.expects && !r.continued && !r.finished() {
		_ = s.app.Close() // whether the body still comes cannot be told
	}
	<-r.sent
	r.record()
	if more = more && r.scan.Done() && r.scan.Note() == ""; more {
		s.up.watch() // to know when the server closes it
	}
	return more
}

// finished reports whether the whole body has been read.
func (r *request) finished() bool {
	select {
	case <-r.sent:
		return true
	default:
		return false
	}
}

// refused reads the rest of the request, as evidence, and answers it.
func (r *request) refused(err error, status int) bool {
	r.fail("%v", err)
	if !r.expects {
		r.copyBody(nil)
	}
	r.session.refuse(r.exchange, status)
	return false
}

// open gets a connection and writes the request's head to it. A kept
// connection may have died unnoticed; the request did not get through then.
func (r *request) open(to place) error {
	sent := r.raw
	if r.session.fixed == nil {
		sent = rewrite(r.raw, r.head)
	}
	for {
		up, err := r.session.server(to)
		if err != nil {
			return err
		}
		r.up, r.flow.Server = up, up.RemoteAddr().String()
		if _, err = up.Write(sent); err == nil {
			break
		}
		again := up.used
		r.session.release()
		if !again {
			return errors.New(to.String() + ": " + describe(err))
		}
	}
	r.add(part{leg: telltale.LegServer, out: true, head: sent, body: r.body})
	return nil
}

// reopen asks again when a kept connection turns out to have been closed
// before the question. Only what is safe to repeat is repeated.
func (r *request) reopen() bool {
	safe := r.head.Method == "GET" || r.head.Method == "HEAD" || r.head.Method == "OPTIONS"
	if !r.up.used || !safe || r.body.size > 0 || r.p.ended() {
		return false
	}
	r.session.release()
	to, err := r.session.destination(r.head)
	return err == nil && r.open(to) == nil
}

// sendBody passes the body on while the answer is awaited.
func (r *request) sendBody() {
	if r.scan.Done() {
		close(r.sent)
		return
	}
	up := r.up
	go func() {
		defer close(r.sent)
		r.copyBody(up)
	}()
}

// copyBody reads the body to its end. When the server stops taking it, it is
// still read: it is what the app wanted to send.
func (r *request) copyBody(up *upstream) {
	for !r.scan.Done() {
		b, err := r.session.app.next()
		if err != nil {
			return
		}
		n := r.scan.Scan(b)
		r.body.add(b[:n])
		if up != nil {
			if _, err := up.Write(b[:n]); err != nil {
				up = nil
			}
		}
		r.session.app.skip(n)
	}
}

// await waits for the first byte of an answer, or for the connection's end.
// When the app has gone it does not wait for long.
func (r *request) await() error {
	answer := r.up.watch()
	sent, gone := (<-chan struct{})(r.sent), (<-chan struct{})(nil)
	var late <-chan time.Time
	for {
		select {
		case <-answer:
			return nil
		case <-sent:
			sent, gone = nil, r.session.app.watch()
		case <-gone:
			gone = nil
			if !r.session.app.spoke() {
				timer := time.NewTimer(r.p.cfg.Limits.Linger)
				defer timer.Stop()
				late = timer.C
			}
		case <-late:
			return errAppGone
		}
	}
}
