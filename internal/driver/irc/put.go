package irc

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// Put sends one message and waits for the answer to the PING behind it, so
// that what the server said about it has been heard.
func (e *End) Put(ctx context.Context, p ends.Post) (ends.Sent, error) {
	void := func(reason string) (ends.Sent, error) {
		return ends.Sent{Typed: p.Text, At: e.cfg.Clock(), Outcome: telltale.Void, Reason: reason}, nil
	}
	command, target, ok := e.target(p)
	if !ok {
		return void(fmt.Sprintf("there is no place %q here", p.Place))
	}
	if !word(target) {
		return void(fmt.Sprintf("%q cannot be a nick", target))
	}
	s, err := e.standing(ctx)
	if err != nil {
		return ends.Sent{}, err
	}
	if reason := s.unfit(command, target, p.Text); reason != "" {
		return void(reason)
	}
	if err := e.gait.Keep(ctx, e.cfg.Clock(), time.Duration(e.cfg.Options.Pace)); err != nil {
		return ends.Sent{}, err
	}
	return s.put(ctx, command, target, p.Text)
}

func (s *session) put(ctx context.Context, command, target, text string) (ends.Sent, error) {
	post, words := s.post(command, target, text)
	answered, err := s.ping(post, words)
	sent := ends.Sent{Typed: text, At: s.e.cfg.Clock()}
	if err != nil {
		s.drain() // why it cannot be written may be there to be read
	} else {
		err = s.await(ctx, answered)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	post.waiting = false
	sent.Ref = post.id
	switch {
	case !s.over() || s.gone:
	case !s.hasty:
		err, sent.Ended, sent.Reason = nil, true, s.last
	case err != nil && post.slow == "": // the message before was one too many
		post.slow = s.last
	}
	switch {
	case post.slow != "":
		err, sent.After, sent.Reason = nil, s.e.gait.Slower(post.slow), post.slow
	case err == nil && !sent.Ended:
		s.e.gait.Taken()
	}
	return sent, err
}

// post makes a message and its line.
func (s *session) post(command, target, text string) (*posted, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	post := &posted{command: command, target: target}
	s.e.mu.Lock()
	s.e.labels++
	post.label = "t" + strconv.Itoa(s.e.labels)
	s.e.mu.Unlock()
	words := command + " " + target + " :" + text
	if s.caps["labeled-response"] {
		words = "@label=" + post.label + " " + words
	}
	return post, words
}

// echoed takes in our own message as the server took it. It is no arrival;
// the server's name for it is all that is needed.
func (s *session) echoed(l line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.posted
	if p == nil || !p.waiting || p.command != l.command || s.f.fold(p.target) != s.f.fold(l.param(0)) {
		return
	}
	if label := l.tags["label"]; label == "" || label == p.label {
		p.id = l.tags["msgid"]
	}
}

// unfit says why a text cannot be put, or nothing.
func (s *session) unfit(command, target, text string) string {
	switch {
	case text == "":
		return "IRC has no empty messages"
	case strings.ContainsAny(text, "\r\n\x00"):
		return "a message of IRC is one line"
	case strings.Contains(text, "\x01"):
		return "the text holds the mark of CTCP"
	case !utf8.ValidString(text):
		return "the text is not UTF-8"
	}
	if most := s.room(command, target); len(text) > most {
		return fmt.Sprintf("the text is %d bytes long; on this server, %d go to %s", len(text), most, target)
	}
	return ""
}

// room is how many bytes of text fit into a line as others get it, with our
// whole name in front.
func (s *session) room(command, target string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	source := len(s.source)
	if source == 0 {
		source = len(s.nick) + len("!@") + s.f.userLen + 1 + s.f.hostLen
	}
	return max(0, s.f.lineLen-len("\r\n")-len(":  ")-source-len(command)-len(target)-len(" :"))
}

// Probe asks the server for an answer. A session that ended because of our
// haste is begun again, but did not stand all the time.
func (e *End) Probe(ctx context.Context) error {
	s := e.current()
	if s == nil {
		return errEnded
	}
	if s.over() {
		if _, err := e.standing(ctx); err != nil {
			return err
		}
		return s.failure()
	}
	if err := s.fence(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.slow != "" {
		defer func() { s.slow = "" }()
		return errors.New("the server wants it slower: " + s.slow)
	}
	return nil
}
