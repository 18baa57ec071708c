package irc

import (
	"regexp"
	"strings"

	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/wire"
)

var (
	// complaint are words of notices that say that a message was not taken.
	complaint = regexp.MustCompile(`(?i)block|filter|reject|refus|den(y|ied)|prohibit|forbid|spam|censor|profan|swear|inappropriate|violat|` +
		`not (be )?(allowed|permitted|accepted|sent|delivered)|(cannot|can't|could ?n[o']t) (be )?(send|sent|deliver)|ban(ned)?\b|throttl|too fast|slow down`)
)

// refuses reports whether a numeric may refuse a message. All of 4xx and 5xx
// are errors; the others are errors of single servers, and 263 and 707 ask
// for patience.
func refuses(n int) bool {
	switch n {
	case 263, 707, 716, 717, 742, 926, 936, 937, 973, 974:
		return true
	}
	return n >= 400 && n < 600
}

// hastes reports whether a refusal only asks for patience.
func hastes(n int, reason string) bool {
	return n == 263 || n == 439 || n == 707 || wire.Hasty(reason)
}

// complains reports whether a notice sounds like a refusal.
func (e *End) complains(text string) bool {
	if complaint.MatchString(text) {
		return true
	}
	lower := strings.ToLower(text)
	for _, w := range e.cfg.Options.Refusals {
		if w != "" && strings.Contains(lower, strings.ToLower(w)) {
			return true
		}
	}
	return false
}

// refusal takes in that the server did not take something. What is not about
// the message that was put last says nothing about it.
func (s *session) refusal(l line, reason string) {
	s.mu.Lock()
	p := s.posted
	ours := s.live && p != nil && p.means(l, s.f)
	hasty := ours && hastes(l.numeric(), reason)
	switch {
	case hasty && p.waiting:
		p.slow = reason
	case hasty:
		s.slow = reason
	}
	s.mu.Unlock()
	if ours && !hasty {
		s.hear(ends.Event{Kind: ends.Bounced, At: s.e.cfg.Clock(), From: l.source, Reason: reason})
	}
}

// posted is a message that was put.
type posted struct {
	command, target, label string
	// waiting until the server has answered the PING that was sent after it,
	// which closes fence.
	waiting bool
	fence   chan struct{}
	// slow is why the server wants it slower, if it does.
	slow string
	// id is the server's name for the message, if it echoed one.
	id string
}

// means reports whether a refusal is about the message: by its label, or
// because it names the target, the command, or neither.
func (p *posted) means(l line, f features) bool {
	if label := l.tags["label"]; label != "" {
		return label == p.label
	}
	if l.numeric() == 0 {
		return l.command != "FAIL" || l.param(0) == p.command || l.param(0) == "*"
	}
	if len(l.params) <= 2 {
		return true
	}
	for _, word := range l.params[1 : len(l.params)-1] {
		if f.fold(word) == f.fold(p.target) || strings.EqualFold(word, p.command) {
			return true
		}
	}
	return false
}

// flooded notes that the session ends because of haste. Nil is allowed.
func (p *posted) flooded(reason string) {
	if p != nil && p.waiting && wire.Hasty(reason) {
		p.slow = reason
	}
}

// slowed reports whether the server wanted this message slower.
func (p *posted) slowed() bool { return p != nil && p.waiting && p.slow != "" }
