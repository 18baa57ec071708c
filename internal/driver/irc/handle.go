package irc

import (
	"fmt"
	"strings"

	"example.org/telltale/internal/driver/ends"
)

// handle does what a line asks for. An error ends the session.
func (s *session) handle(l line) error {
	l = s.labelled(l)
	switch l.command {
	case "PING":
		return s.send("PONG :" + l.last())
	case "PONG":
		s.pong(l)
	case "BATCH":
		s.batch(l)
	case "ERROR":
		s.ends(l.last())
	case "KILL":
		if s.mine(l.param(0)) {
			s.ends("killed by " + l.nick() + ": " + l.last())
		}
	case "KICK", "PART":
		return s.removed(l)
	case "PRIVMSG", "NOTICE", "WALLOPS", "GLOBOPS":
		s.message(l)
	case "JOIN", "NICK", "CHGHOST", "396":
		s.track(l)
	case "FAIL":
		s.refusal(l, strings.Join(l.params[min(1, len(l.params)):], " "))
	default:
		s.reply(l)
	}
	return s.loginStep(l)
}

// reply takes in a numeric.
func (s *session) reply(l line) {
	switch n := l.numeric(); {
	case n == 1:
		s.mu.Lock()
		s.nick = l.param(0)
		s.mu.Unlock()
	case n == 4:
		s.mu.Lock()
		s.f.version = l.param(2)
		s.mu.Unlock()
	case n == 5 && len(l.params) > 2:
		s.mu.Lock()
		s.f.take(l.params[1 : len(l.params)-1])
		s.mu.Unlock()
	case refuses(n):
		s.refusal(l, l.command+" "+strings.Join(l.params[min(1, len(l.params)):], " "))
	}
}

// labelled gives the lines of a batch the label that the batch answers.
func (s *session) labelled(l line) line {
	ref, ok := l.tags["batch"]
	if !ok || l.tags["label"] != "" {
		return l
	}
	s.mu.Lock()
	b, ok := s.batches[ref]
	s.mu.Unlock()
	if ok && b.label != "" {
		l.tags["label"] = b.label
	}
	return l
}

func (s *session) batch(l line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ref := l.param(0)
	if name, ok := strings.CutPrefix(ref, "+"); ok && len(s.batches) < mostBatches {
		s.batches[name] = batch{kind: l.param(1), label: l.tags["label"]}
	} else if name, ok := strings.CutPrefix(ref, "-"); ok {
		delete(s.batches, name)
	}
}

// ends notes why the session is about to end.
func (s *session) ends(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == "" {
		s.last = reason
	}
	s.posted.flooded(reason)
}

// removed ends the session when the account was put out of a room: it cannot
// write there any more. We ourselves never leave one.
func (s *session) removed(l line) error {
	who, words := l.nick(), "removed from "+l.param(0)
	if l.command == "KICK" {
		who, words = l.param(1), "kicked from "+l.param(0)+" by "+l.nick()
	}
	if !s.mine(who) {
		return nil
	}
	s.ends(fmt.Sprintf("%s: %s", words, l.last()))
	_ = s.send("QUIT :bye") // what counts is that the session ends
	return errEnded
}

func (s *session) mine(nick string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.f.fold(nick) == s.f.fold(s.nick)
}

// track keeps up with our own name as others see it.
func (s *session) track(l line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.command == "396" {
		s.rehost("", l.param(1))
		return
	}
	if s.f.fold(l.nick()) != s.f.fold(s.nick) {
		return
	}
	switch l.command {
	case "JOIN":
		s.source = l.source
	case "CHGHOST":
		s.rehost(l.param(0), l.param(1))
	case "NICK":
		s.nick = l.param(0)
		if _, rest, ok := strings.Cut(s.source, "!"); ok {
			s.source = s.nick + "!" + rest
		}
	}
}

// rehost changes user (unless empty) and host of our name.
func (s *session) rehost(user, host string) {
	nick, rest, ok := strings.Cut(s.source, "!")
	was, _, hosted := strings.Cut(rest, "@")
	if !ok || !hosted || host == "" {
		return
	}
	if user == "" {
		user = was
	}
	s.source = nick + "!" + user + "@" + host
}

// message hears what people and servers say.
func (s *session) message(l line) {
	switch {
	case l.server() && l.nick() != s.ownNick():
		s.announced(l)
	case s.mine(l.nick()):
		s.echoed(l)
	case l.command == "PRIVMSG" || l.command == "NOTICE":
		s.arrived(l)
	}
}

func (s *session) ownNick() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nick
}

// arrived hears a message of another account, unless it is a room's history.
func (s *session) arrived(l line) {
	s.mu.Lock()
	live, kind := s.live, s.batches[l.tags["batch"]].kind
	s.mu.Unlock()
	room := ""
	if target := strings.TrimLeft(l.param(0), "~&@%+"); isChannel(target) {
		room = target
	} else if isChannel(l.param(0)) {
		room = l.param(0)
	}
	if (room != "" && !live) || kind == "chathistory" || strings.HasSuffix(kind, "playback") {
		return
	}
	text, ok := spoken(l.last())
	if !ok {
		return
	}
	s.hear(ends.Event{Kind: ends.Arrived, At: s.e.cfg.Clock(), From: l.source, To: room, Text: text, Ref: l.tags["msgid"]})
}

// spoken is the text of a message as a client shows it. Questions between
// clients (CTCP) are not shown; an ACTION is.
func spoken(text string) (string, bool) {
	if rest, ok := strings.CutPrefix(text, "\x01"); ok {
		rest, ok = strings.CutPrefix(strings.TrimSuffix(rest, "\x01"), "ACTION ")
		if !ok {
			return "", false
		}
		text = rest
	}
	return text, true
}

// announced hears what a server says: a witness as a message, everybody else
// as a refusal if it sounds like one.
func (s *session) announced(l line) {
	text := l.last()
	if s.e.cfg.Witness {
		s.mu.Lock()
		live := s.live
		s.mu.Unlock()
		if live {
			s.hear(ends.Event{Kind: ends.Arrived, At: s.e.cfg.Clock(), From: l.source, Text: text})
		}
		return
	}
	if l.command == "NOTICE" && s.e.complains(text) {
		s.refusal(l, text)
	}
}
