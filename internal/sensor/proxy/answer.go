package proxy

import (
	"bytes"
	"errors"
	"io"

	"example.org/telltale"
	"example.org/telltale/internal/flow"
)

// answer passes the server's answer to the app, interim answers first. It
// reports whether both connections can carry another exchange.
func (r *request) answer() (more bool) {
	for {
		if err := r.await(); err != nil {
			r.fail("%v", err)
			return false
		}
		raw, ok := r.answerHead()
		if !ok {
			return false
		}
		h := flow.ParseResponse(raw)
		if h.Status/100 == 1 && h.Status != 101 {
			r.continued = true
			r.add(part{leg: telltale.LegServer, head: raw})
			r.add(part{leg: telltale.LegApp, head: raw})
			if _, err := r.session.app.Write(raw); err != nil {
				r.fail("the app closed before the answer came: %s", describe(err))
				return false
			}
			continue
		}
		if h.Status == 101 {
			r.upgrade(raw)
			return false
		}
		return r.answerBody(raw, h)
	}
}

// answerHead reads the head of an answer. What is no HTTP answer, or not
// the whole head of one, goes to the app as it is.
func (r *request) answerHead() (raw []byte, ok bool) {
	b, err := r.up.next()
	if err != nil && r.reopen() {
		b, err = r.up.next()
	}
	if err != nil {
		r.fail("%s: the server closed without an answer: %s", r.flow.Host, describe(err))
		r.badGateway()
		return nil, false
	}
	const sign = "HTTP/"
	if !bytes.HasPrefix(b, []byte(sign)[:min(len(b), len(sign))]) {
		r.fail("the server's answer is not HTTP/1")
		r.passRaw(nil)
		return nil, false
	}
	if raw, err = r.up.head(r.p.cfg.Limits.Head); err != nil {
		r.fail("the head of the server's answer is not whole: %s", describe(err))
		r.passRaw(raw)
		return nil, false
	}
	return raw, true
}

// badGateway answers in the place of a server that did not.
func (r *request) badGateway() {
	if r.p.ended() {
		return
	}
	answer := []byte("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	if _, err := r.session.app.Write(answer); err == nil {
		r.add(part{leg: telltale.LegApp, head: answer})
	}
}

// passRaw passes bytes on until the server closes.
func (r *request) passRaw(raw []byte) {
	kept := r.both(raw)
	if _, err := r.session.app.Write(raw); err == nil {
		r.pump(flow.NewScanner(flow.Framing{Kind: flow.BodyClose}), kept)
	}
}

// both adds the answer's message for both legs, with one body.
func (r *request) both(raw []byte) *body {
	kept := r.exchange.body()
	r.add(part{leg: telltale.LegServer, head: raw, body: kept})
	r.add(part{leg: telltale.LegApp, head: raw, body: kept})
	return kept
}

func (r *request) answerBody(raw []byte, h flow.Head) (more bool) {
	kept := r.both(raw)
	if _, err := r.session.app.Write(raw); err != nil {
		r.fail("the app closed before the answer came: %s", describe(err))
		return false
	}
	framing := flow.ResponseFraming(h, r.head.Method)
	scan := flow.NewScanner(framing)
	if !r.pump(scan, kept) {
		return false
	}
	r.up.used = true
	return scan.Done() && h.KeepAlive() && framing.Note == ""
}

// pump passes the answer's body to the app as it comes and reports whether
// it came to its end.
func (r *request) pump(scan *flow.Scanner, kept *body) bool {
	for !scan.Done() {
		b, err := r.up.next()
		if err != nil {
			if scan.EndsByClosing() && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
				return true
			}
			r.fail("the server closed before the end of its answer: %s", describe(err))
			return false
		}
		n := scan.Scan(b)
		kept.add(b[:n])
		if _, err := r.session.app.Write(b[:n]); err != nil {
			r.fail("the app closed before the end of the answer: %s", describe(err))
			return false
		}
		r.up.skip(n)
	}
	return true
}

// upgrade leaves HTTP behind: what follows passes as it is, and belongs to
// the same flow.
func (r *request) upgrade(raw []byte) {
	r.add(part{leg: telltale.LegServer, head: raw})
	r.add(part{leg: telltale.LegApp, head: raw})
	if _, err := r.session.app.Write(raw); err != nil {
		r.fail("the app closed before the answer came: %s", describe(err))
		return
	}
	<-r.sent
	r.end() // from here on it is a tunnel that may stay open
	r.session.relay(r.exchange, r.up)
}
