package mail

import (
	"strings"

	"github.com/emersion/go-message"
)

// bounce is a notice about a mail that was sent earlier (RFC 3464, or in a
// server's own words).
type bounce struct {
	// ref is the Message-ID of that mail; empty if the notice names none.
	ref string
	// failed is false for notices that a mail is late or has arrived.
	failed bool
	reason string
}

func isReport(h message.Header) bool {
	kind, params, _ := h.ContentType()
	return strings.EqualFold(kind, "multipart/report") && !strings.EqualFold(params["report-type"], "disposition-notification")
}

// returned reports whether a mail was written by a mail server on its own
// account: such mails have no sender to answer to.
func returned(h message.Header) bool {
	return strings.TrimSpace(h.Get("Return-Path")) == "<>" && h.Has("Return-Path") ||
		strings.HasPrefix(strings.ToLower(h.Get("Auto-Submitted")), "auto-replied")
}

// bounceOf reads a notice.
func bounceOf(leaves []leaf, h message.Header, raw []byte) *bounce {
	b := &bounce{failed: true}
	for _, l := range leaves {
		if l.kind == "message/delivery-status" || l.kind == "message/global-delivery-status" {
			b.failed, b.reason = status(l.text)
			break
		}
	}
	if b.reason == "" {
		b.reason = bluntReason(leaves, h)
	}
	b.ref = refOf(leaves, h, raw)
	return b
}

// status reads the fields for the recipients (RFC 3464, 2.3).
func status(text string) (failed bool, reason string) {
	fields := map[string]string{}
	last := ""
	for line := range strings.SplitSeq(text, "\n") {
		if last != "" && (strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")) {
			fields[last] += " " + strings.TrimSpace(line)
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			last = ""
			continue
		}
		last = strings.ToLower(strings.TrimSpace(name))
		if _, twice := fields[last]; !twice {
			fields[last] = strings.TrimSpace(value)
		}
	}
	failed = fields["action"] == "" || strings.EqualFold(fields["action"], "failed")
	reason = fields["diagnostic-code"]
	if reason == "" {
		reason = fields["status"]
	}
	return failed, clip(reason)
}

// bluntReason is how a notice in a server's own words begins.
func bluntReason(leaves []leaf, h message.Header) string {
	if text, ok := first(leaves, "text/plain"); ok && strings.TrimSpace(text) != "" {
		return clip(text)
	}
	return clip(fieldText(h, "Subject"))
}

// refOf finds the name of the mail that a notice is about: in the copy of
// its head, in the fields of the notice, or anywhere in its text.
func refOf(leaves []leaf, h message.Header, raw []byte) string {
	for _, field := range []string{"In-Reply-To", "References"} {
		if id := ours.FindString(h.Get(field)); id != "" {
			return id
		}
	}
	for i := len(leaves) - 1; i >= 0; i-- {
		if id := ours.FindString(leaves[i].text); id != "" {
			return id
		}
	}
	return string(ours.Find(raw))
}
