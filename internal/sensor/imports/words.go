package imports

import (
	"bytes"
	"strings"

	"example.org/telltale/internal/flow"
)

// maxWords bounds what is looked at of each side.
const maxWords = 8 << 10

// words tells what is spoken from the first octets of both sides.
type words struct {
	secure      bool
	asked, told []byte
	done        bool
	name        string // of the protocol
	host        string
	// next is the protocol that both sides agreed to go on with, behind the
	// first nextAt octets of the server's.
	next   string
	nextAt int
}

// hear takes octets; it reports whether there may be news.
func (w *words) hear(out bool, b []byte) bool {
	if w.done {
		return false
	}
	side := &w.told
	if out {
		side = &w.asked
	}
	*side = append(*side, b[:min(len(b), maxWords-len(*side))]...)
	w.listen()
	return true
}

func (w *words) listen() {
	protocol, sure := flow.Detect(w.asked)
	switch {
	case len(w.asked) == 0 || !sure:
		w.done = len(w.told) >= maxWords
		return
	case protocol == flow.ProtocolHTTP2:
		w.name, w.done = "h2", true
	case protocol == flow.ProtocolHTTP:
		w.http()
	default:
		w.name = textual(w.asked, w.told)
		w.done = true
	}
	if w.done {
		w.asked, w.told = nil, nil
	}
}

// http reads the first head, and whether the connection is upgraded.
func (w *words) http() {
	w.name = "http/1.1"
	if flow.HeadEnd(w.asked) < 0 {
		w.done = len(w.asked) >= maxWords
		return
	}
	h := flow.ParseRequest(w.asked)
	w.host, _ = flow.SplitAuthority(h.Get("Host"), 0)
	if h.Get("Upgrade") == "" {
		w.done = true
		return
	}
	n := flow.HeadEnd(w.told)
	if w.done = n >= 0 || len(w.told) >= maxWords; n < 0 || flow.ParseResponse(w.told).Status != 101 {
		return
	}
	w.next, w.nextAt = "tcp", n
	if strings.EqualFold(h.Get("Upgrade"), "websocket") {
		w.name = "ws"
		if w.secure {
			w.name = "wss"
		}
		w.next = w.name
	}
}

// proto is the name of what is spoken; known is what it was taken for.
func (w *words) proto(known string) string {
	if w.name == "" {
		return known
	}
	return w.name
}

// textual tells mail and chat by what was said first.
func textual(asked, told []byte) string {
	said, greeting := strings.ToUpper(string(asked[:min(len(asked), 64)])), string(told[:min(len(told), 64)])
	switch {
	case strings.HasPrefix(said, "<STREAM:STREAM"), strings.HasPrefix(said, "<?XML") && bytes.Contains(asked, []byte("<stream:stream")):
		return "xmpp"
	case strings.HasPrefix(greeting, "220") && (strings.HasPrefix(said, "EHLO") || strings.HasPrefix(said, "HELO")):
		return "smtp"
	case strings.HasPrefix(greeting, "* OK"), strings.HasPrefix(greeting, "* PREAUTH"):
		return "imap"
	case strings.HasPrefix(greeting, "+OK"):
		return "pop3"
	}
	return ""
}
