package xmpp

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"example.org/telltale/internal/driver/ends"
)

// The namespaces that are spoken.
const (
	nsStreams     = "http://etherx.jabber.org/streams"
	nsStreamError = "urn:ietf:params:xml:ns:xmpp-streams"
	nsTLS         = "urn:ietf:params:xml:ns:xmpp-tls"
	nsSASL        = "urn:ietf:params:xml:ns:xmpp-sasl"
	nsBind        = "urn:ietf:params:xml:ns:xmpp-bind"
	nsSession     = "urn:ietf:params:xml:ns:xmpp-session"
	nsStanzas     = "urn:ietf:params:xml:ns:xmpp-stanzas"
	nsRegister    = "jabber:iq:register"
	nsVersion     = "jabber:iq:version"
	nsPing        = "urn:xmpp:ping"
	nsMUC         = "http://jabber.org/protocol/muc"
	nsMUCUser     = "http://jabber.org/protocol/muc#user"
	nsMUCOwner    = "http://jabber.org/protocol/muc#owner"
	nsIDs         = "urn:xmpp:sid:0"
	nsDelay       = "urn:xmpp:delay"
	nsForward     = "urn:xmpp:forward:0"
	nsCarbons     = "urn:xmpp:carbons:2"
)

const (
	// farewell is how long the server may take to end a session that we quit.
	farewell = 2 * time.Second
	// writing bounds one write.
	writing = 30 * time.Second
)

// session is one stream. Stanzas are read by one goroutine at a time: by Open
// first, and then by run.
type session struct {
	e    *End
	conn net.Conn
	in   *bufio.Reader
	r    *reader
	hear func(ends.Event)
	done chan struct{}
	// about is what the server says of itself.
	about ends.About

	writes sync.Mutex

	mu sync.Mutex
	// waits are questions by id.
	waits map[string]chan *node
	rooms map[string]*room
	// posted is the message that is under way, or was the last one.
	posted *posted
	// closing says that we end it. last is why the server does, slow why it
	// wants it slower, when no message was under way.
	closing    bool
	last, slow string
	// gone is set when the session ended because the server did.
	gone bool
}

// posted is a message that was put.
type posted struct {
	id string
	// waiting until the server has answered the ping that was sent after it.
	waiting bool
	// slow is why the server wants it slower, if it does.
	slow string
}

// fence is the id of the ping that is sent after the message.
func (p *posted) fence() string { return "p" + p.id }

func newSession(e *End, conn net.Conn, hear func(ends.Event)) *session {
	s := &session{e: e, hear: hear, done: make(chan struct{}), waits: map[string]chan *node{}, rooms: map[string]*room{}}
	s.wire(conn)
	return s
}

// wire reads and writes over a connection from now on. What was read ahead
// over another one is forgotten.
func (s *session) wire(conn net.Conn) {
	s.conn, s.in = conn, bufio.NewReader(conn)
}

func (s *session) send(xml string) error {
	s.writes.Lock()
	defer s.writes.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(writing)) // a connection without deadlines fails in Write
	if _, err := io.WriteString(s.conn, xml); err != nil {
		return fmt.Errorf("writing to %s: %w", s.e.plan.Addr, err)
	}
	return nil
}

// id makes a name that nobody else gives.
func (s *session) id() (string, error) {
	var b [10]byte
	if _, err := io.ReadFull(s.e.cfg.Random, b[:]); err != nil {
		return "", fmt.Errorf("no random bytes: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

// step reads one stanza and does what it asks for.
func (s *session) step() error {
	n, err := s.r.next()
	if err != nil {
		return err
	}
	return s.handle(n)
}

// run hears until the stream ends, and says that it ended.
func (s *session) run() {
	defer close(s.done)
	var err error
	for err == nil {
		err = s.step()
	}
	_ = s.conn.Close() // it is over in any case
	s.mu.Lock()
	words, closing := s.last, s.closing
	s.mu.Unlock()
	if closing {
		return
	}
	reason, gone := words, s.e.plan.Gone(s.e.cfg.Dial, words, s.greeting())
	switch {
	case reason == "" && errors.Is(err, io.EOF):
		reason = "the server ended the session without a word"
	case reason == "":
		reason = "the connection ended without a word: " + clip(err.Error())
	}
	s.mu.Lock()
	s.last, s.gone = reason, gone
	s.mu.Unlock()
	s.e.cfg.Log.Debug("an XMPP session ended", "account", s.e.cfg.Account.Name, "reason", reason, "server gone", gone)
	if !gone {
		s.hear(ends.Event{Kind: ends.Ended, At: s.e.cfg.Clock(), Reason: reason})
	}
}

// failure is why nothing can be asked in a session that is over.
func (s *session) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return fmt.Errorf("the server is gone: %s", s.last)
	}
	return errEnded
}

// handle does what a stanza asks for. An error ends the session.
func (s *session) handle(n *node) error {
	switch n.name.Local {
	case "message":
		s.message(n)
	case "presence":
		return s.presence(n)
	case "iq":
		return s.iq(n)
	case "error":
		if n.name.Space == nsStreams {
			s.ends(condition(n, nsStreamError))
		}
	}
	return nil
}

// ends notes why the session is about to end.
func (s *session) ends(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == "" {
		s.last = reason
	}
}

// condition is an error's name and its words, as in "policy-violation: no".
func condition(n *node, space string) string {
	name, text := "", ""
	for _, k := range n.kids {
		switch {
		case k.name.Space != space:
		case k.name.Local == "text":
			text = k.text
		case name == "":
			name = k.name.Local
		}
	}
	return clip(strings.Trim(name+": "+strings.TrimSpace(text), ": "))
}

// iq wakes whoever waits for an answer, and answers questions.
func (s *session) iq(n *node) error {
	kind, id := n.attr("type"), n.attr("id")
	if kind == "result" || kind == "error" {
		s.mu.Lock()
		c, ok := s.waits[id]
		delete(s.waits, id)
		if s.posted != nil && id == s.posted.fence() {
			s.posted.waiting = false
		}
		s.mu.Unlock()
		if ok {
			c <- n
		}
		return nil
	}
	to := ""
	if from := n.attr("from"); from != "" {
		to = " to='" + escape(from) + "'"
	}
	if n.kid(nsPing, "ping") != nil || (kind == "set" && n.kid("jabber:iq:roster", "query") != nil) {
		return s.send("<iq type='result'" + to + " id='" + escape(id) + "'/>")
	}
	return s.send("<iq type='error'" + to + " id='" + escape(id) + "'><error type='cancel'><service-unavailable xmlns='" + nsStanzas + "'/></error></iq>")
}

// question asks, and gives the channel of the answer.
func (s *session) question(kind, to, payload string) (<-chan *node, error) {
	id, err := s.id()
	if err != nil {
		return nil, err
	}
	answer := s.expected(id)
	if to != "" {
		to = " to='" + escape(to) + "'"
	}
	return answer, s.send("<iq type='" + kind + "' id='" + id + "'" + to + ">" + payload + "</iq>")
}

// expected is the channel for the answer to a question with that id.
func (s *session) expected(id string) <-chan *node {
	answer := make(chan *node, 1)
	s.mu.Lock()
	s.waits[id] = answer
	s.mu.Unlock()
	return answer
}

const pingPayload = "<ping xmlns='" + nsPing + "'/>"

// ping asks the server for an answer; any will do.
func (s *session) ping() (<-chan *node, error) {
	return s.question("get", s.e.domain, pingPayload)
}

// pinged sends a message and a ping.
func (s *session) pinged(p *posted, message string) (<-chan *node, error) {
	p.waiting = true
	answer := s.expected(p.fence())
	s.mu.Lock()
	s.posted, s.slow = p, ""
	s.mu.Unlock()
	return answer, s.send(message + "<iq type='get' id='" + p.fence() + "' to='" + escape(s.e.domain) + "'>" + pingPayload + "</iq>")
}

func (s *session) await(ctx context.Context, answer <-chan *node) error {
	select {
	case <-answer:
		return nil
	case <-s.done:
		select {
		case <-answer: // the server did answer before it ended the session
			return nil
		default:
		}
		return s.failure()
	case <-ctx.Done():
		return fmt.Errorf("%s does not answer: %w", s.e.plan.Addr, context.Cause(ctx))
	}
}

var errEnded = errors.New("the session has ended")

// over reports whether the session has ended.
func (s *session) over() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// quit ends the session in good order, and waits until it has ended.
func (s *session) quit() {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	if err := s.send("</stream:stream>"); err != nil {
		_ = s.conn.Close() // nothing can be said any more
	}
	s.drain()
}

// drain lets the server say its last words, and then ends the connection.
func (s *session) drain() {
	timer := time.NewTimer(farewell)
	defer timer.Stop()
	select {
	case <-s.done:
	case <-timer.C:
		_ = s.conn.Close() // the reader notices
		<-s.done
	}
}
