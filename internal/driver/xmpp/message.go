package xmpp

import (
	"strings"

	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/wire"
)

// message hears a message, an error about one, or what a room says.
func (s *session) message(n *node) {
	switch n.attr("type") {
	case "error":
		s.bounced(n)
		return
	case "groupchat":
		if !s.spoken(n) {
			return
		}
	}
	if n.kid(nsCarbons, "") != nil {
		return // what another client of ours sent or got
	}
	text, ok := textOf(n)
	if !ok {
		return
	}
	ev := ends.Event{Kind: ends.Arrived, At: s.e.cfg.Clock(), From: n.attr("from"), Text: text, Ref: refOf(n)}
	if ev.From == "" { // RFC 6120, 8.1.2.2: then it is the server that speaks
		ev.From = s.e.domain
	}
	if n.attr("type") == "groupchat" {
		ev.To = bare(ev.From)
	}
	if s.official(ev.From) {
		ev = ends.Event{Kind: ends.Bounced, At: ev.At, From: ev.From, Reason: "the server says: " + clip(text)}
	}
	s.hear(ev)
}

// official reports whether it is a server or a room that speaks to somebody
// who has written, and not a person: then it is about what was written. To a
// witness, servers send copies.
func (s *session) official(from string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.e.cfg.Witness || s.posted == nil {
		return false
	}
	return !strings.Contains(from, "@") || (s.posted.waiting && resource(from) == "" && s.rooms[bare(from)] != nil)
}

// textOf is what a message says: its body, or that of a message which it
// forwards. A message without a body shows nothing.
func textOf(n *node) (string, bool) {
	if body := n.kid(n.name.Space, "body"); body != nil {
		return body.text, true
	}
	inner := n.kid(nsForward, "forwarded").kid("", "message")
	if inner == nil {
		return "", false
	}
	body := inner.kid(inner.name.Space, "body")
	return body.words(), body != nil
}

// refOf is the name that the sender gave the message.
func refOf(n *node) string {
	if origin := n.kid(nsIDs, "origin-id"); origin != nil && origin.attr("id") != "" {
		return origin.attr("id")
	}
	return n.attr("id")
}

// bounced hears that a message was not accepted.
func (s *session) bounced(n *node) {
	failure := n.kid(n.name.Space, "error")
	if failure == nil {
		failure = &node{}
	}
	reason := condition(failure, nsStanzas)
	if by := failure.attr("by"); by != "" {
		reason += " (by " + clip(by) + ")"
	}
	if s.hasty(n.attr("id"), failure, reason) {
		return
	}
	s.hear(ends.Event{Kind: ends.Bounced, At: s.e.cfg.Clock(), From: n.attr("from"), Ref: n.attr("id"), Reason: reason})
}

// hasty reports whether an error only asks for patience, and notes so.
func (s *session) hasty(id string, failure *node, reason string) bool {
	limited := failure.attr("type") == "wait" && failure.kid(nsStanzas, "resource-constraint") != nil
	if !limited && !wire.Hasty(reason) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.posted != nil && s.posted.waiting && (id == "" || id == s.posted.id) {
		s.posted.slow = reason
	} else {
		s.slow = reason
	}
	return true
}
