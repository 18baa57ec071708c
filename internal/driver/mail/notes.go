package mail

import (
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-message"
)

// usual are fields that we write or that any server adds on the way.
var usual = []string{
	"date", "from", "to", "message-id", "subject", "mime-version", "content-type",
	"content-transfer-encoding", "return-path", "received", "delivered-to",
	"x-original-to", "dkim-signature", "authentication-results", "received-spf",
	"content-length", "status", "envelope-to", "delivery-date",
}

// notes say what was done to a mail besides its text: that is no change of
// the text, but worth knowing.
func (o *Options) notes(mark byte, h message.Header, leaves []leaf) string {
	var out []string
	if got := fieldText(h, "Subject"); mark != 's' && got != o.Subject {
		out = append(out, fmt.Sprintf("the subject was changed to %q", clip(got)))
	}
	if mark == 's' || mark == 'x' || mark == 'a' {
		if got, _ := first(leaves, "text/plain"); got != o.Body {
			out = append(out, fmt.Sprintf("the body was changed to %q", clip(got)))
		}
	}
	if added := o.added(h); len(added) > 0 {
		out = append(out, "fields were added: "+strings.Join(added, ", "))
	}
	return strings.Join(out, "; ")
}

// added names the fields of a mail that nobody expects, ten at most.
func (o *Options) added(h message.Header) []string {
	var out []string
	for f := h.Fields(); f.Next() && len(out) < 10; {
		name := strings.ToLower(f.Key())
		known := slices.Contains(usual, name) || strings.HasPrefix(name, "arc-") || strings.EqualFold(name, o.Header)
		if !known && !slices.Contains(out, f.Key()) {
			out = append(out, f.Key())
		}
	}
	return out
}

// clip shortens what a service said.
func clip(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "?")), " ")
	if r := []rune(s); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return s
}
