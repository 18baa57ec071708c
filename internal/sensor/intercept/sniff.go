package intercept

import (
	"bytes"
	"strings"
	"sync"

	"example.org/telltale/internal/flow"
)

// maxSniff bounds what is looked at of a head.
const maxSniff = 16 << 10

// maxGreeting bounds what is kept of a server that speaks first.
const maxGreeting = 512

// unknown is what is spoken after an upgrade to a protocol of its own.
const unknown = "tcp"

// sniffer tells what is spoken from the first octets of both sides, and sees
// HTTP turn into something else. Asked is called by one goroutine, answered
// by another.
type sniffer struct {
	secure bool // the octets were in TLS
	// settled: the first octets have told what they can.
	settled bool
	proto   string // "" while it is not known
	head    []byte // of the request that is being looked at, if not whole

	mu       sync.Mutex
	greeting []byte // the server's first octets, if it spoke first
	spoken   bool   // the app has spoken
	wants    bool   // the app has asked for an upgrade
	answer   []byte // the head of the answer to that, as far as it came
}

// again begins anew for octets inside TLS. What began in the clear and goes
// on in TLS keeps its name.
func (s *sniffer) again() {
	keeps := s.proto == "smtp" || s.proto == "imap" || s.proto == "xmpp" || s.proto == "pop3"
	s.secure, s.head, s.wants, s.answer, s.greeting = true, nil, false, nil, nil
	if s.settled = keeps; !keeps {
		s.proto = ""
	}
	s.mu.Lock()
	s.spoken = keeps
	s.mu.Unlock()
}

// asked looks at octets of the app, which begin a turn of its own or come
// while it is not yet clear what is spoken. It returns the protocol if it has
// become known and the host if a request named one.
func (s *sniffer) asked(b []byte) (proto, host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spoken = true
	if s.settled {
		if s.proto == "http/1.1" {
			s.request(b)
		}
		return "", ""
	}
	s.head = append(s.head, b[:min(len(b), maxSniff-len(s.head))]...)
	proto, sure := s.first(s.head)
	if !sure && len(s.head) < maxSniff {
		return "", ""
	}
	if proto == "http/1.1" {
		end := flow.HeadEnd(s.head)
		if end < 0 && len(s.head) < maxSniff {
			return s.named(proto), ""
		}
		if end > 0 {
			s.head = s.head[:end]
		}
		host, _ = flow.SplitAuthority(flow.ParseRequest(s.head).Get("Host"), 0)
		s.wants = upgrades(s.head)
	}
	s.settled, s.head = true, nil
	return s.named(proto), host
}

// named takes the name of what is spoken and returns it if it is news.
func (s *sniffer) named(proto string) string {
	if proto == s.proto {
		return ""
	}
	s.proto = proto
	return proto
}

// request looks for an upgrade in a request after the first.
func (s *sniffer) request(b []byte) {
	s.answer = nil
	if end := flow.HeadEnd(b[:min(len(b), maxSniff)]); end > 0 {
		b = b[:end]
	}
	s.wants = upgrades(b[:min(len(b), maxSniff)])
}

// upgrades reports whether a head asks for another protocol.
func upgrades(head []byte) bool {
	for _, name := range [...]string{"pgrade:", "PGRADE:"} {
		if bytes.Contains(head, []byte(name)) {
			return true
		}
	}
	return false
}

// first tells the protocol by what the app said first.
func (s *sniffer) first(b []byte) (proto string, sure bool) {
	spoken, sure := flow.Detect(b)
	switch {
	case !sure:
		return "", false
	case spoken == flow.ProtocolHTTP2:
		return "h2", true
	case spoken == flow.ProtocolHTTP:
		return "http/1.1", true
	}
	return s.textual(b)
}

// textual tells mail and chat.
func (s *sniffer) textual(b []byte) (proto string, sure bool) {
	text := string(b[:min(len(b), maxGreeting)])
	command, _, line := strings.Cut(text, "\n")
	greeting := string(s.greeting)
	if is, maybe := xmpp(text); is || maybe {
		return "xmpp", is
	}
	switch {
	case strings.HasPrefix(greeting, "220") && hello(command):
		return "smtp", line
	case strings.HasPrefix(greeting, "* OK"), strings.HasPrefix(greeting, "* PREAUTH"):
		return "imap", true
	case strings.HasPrefix(greeting, "+OK"):
		return "pop3", true
	case strings.HasPrefix(greeting, "220"):
		return "", line || len(text) >= maxGreeting
	}
	return "", true
}

// xmpp tells the begin of an XMPP stream (RFC 6120, section 4.2; RFC 7395,
// section 3.3 over sockets). It may yet turn out to be one while maybe is set.
func xmpp(text string) (is, maybe bool) {
	for begin, has := range map[string]string{"<stream:stream": "<stream:stream", "<?xml": "<stream:stream", "<open": "xmpp-framing"} {
		switch {
		case !strings.HasPrefix(text, begin):
			maybe = maybe || strings.HasPrefix(begin, text)
		case strings.Contains(text, has):
			return true, false
		default:
			maybe = len(text) < maxGreeting
		}
	}
	return false, maybe
}

// hello reports whether a line is how an SMTP client begins.
func hello(command string) bool {
	if len(command) < 4 {
		return false
	}
	switch strings.ToUpper(command[:4]) {
	case "EHLO", "HELO", "LHLO":
		return true
	}
	return false
}

// answered looks at octets of the server. It returns how many of them belong
// to what was spoken so far, at least one, and the protocol that begins after
// them, if one does.
func (s *sniffer) answered(b []byte) (now int, proto string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.wants:
		return s.switched(b)
	case !s.spoken && len(s.greeting) < maxGreeting:
		s.greeting = append(s.greeting, b[:min(len(b), maxGreeting-len(s.greeting))]...)
	}
	return len(b), ""
}

// switched looks at the head of an answer to a request for an upgrade.
func (s *sniffer) switched(b []byte) (now int, proto string) {
	before := len(s.answer)
	s.answer = append(s.answer, b[:min(len(b), maxSniff-before)]...)
	end := bytes.Index(s.answer, []byte("\r\n\r\n"))
	if len(s.answer) >= 12 && !is101(s.answer) || end < 0 && len(s.answer) == maxSniff {
		s.wants, s.answer = false, nil
		return len(b), ""
	}
	if end < 0 {
		return len(b), ""
	}
	upgrade := flow.ParseResponse(s.answer[:end+4]).Get("Upgrade")
	s.wants, s.answer = false, nil
	s.proto = s.upgraded(upgrade)
	return end + 4 - before, s.proto
}

func is101(head []byte) bool {
	return bytes.HasPrefix(head, []byte("HTTP/1.")) && bytes.HasPrefix(head[8:], []byte(" 101"))
}

func (s *sniffer) upgraded(to string) string {
	switch strings.ToLower(strings.TrimSpace(to)) {
	case "websocket":
		if s.secure {
			return "wss"
		}
		return "ws"
	case "h2c":
		return "h2"
	}
	return unknown
}
