package paired

import (
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/driver/ends"
)

// arrived is the receipt of a message that was heard at its recipient.
func (m *message) arrived(ev ends.Event, late bool) telltale.Receipt {
	r := m.receipt
	r.Got, r.Settled, r.Late, r.Reader = ev.Text, ev.At, late, false
	switch {
	case ev.Place != "":
		r.Outcome, r.Place, r.Reason = telltale.Diverted, ev.Place, ev.Reason
	case ev.Text == r.Typed:
		r.Outcome, r.Reason = telltale.Delivered, ev.Reason
	default:
		r.Outcome, r.Reason = telltale.Altered, ev.Reason
	}
	return r
}

// refused notes that somebody was told. What arrived has arrived all the same.
func (m *message) refused(reason string) {
	switch m.receipt.Outcome {
	case telltale.Delivered, telltale.Altered, telltale.Diverted:
		return
	case telltale.Refused, telltale.Dropped, telltale.Void:
	}
	if m.receipt.Outcome != telltale.Refused || m.receipt.Reason == "" {
		m.receipt.Reason = reason
	}
	m.receipt.Outcome = telltale.Refused
}

// names reports whether an arrival is this message for certain: by the
// protocol's name for it, by its text, or by enough of its text. A rewritten
// message keeps its canary, or words that no other message has.
func (m *message) names(ev ends.Event) bool {
	if ev.Ref != "" && m.ref != "" {
		return ev.Ref == m.ref
	}
	return ev.Text == m.receipt.Typed || shares(ev.Text, m.receipt.Typed)
}

// shares reports whether one of the last words of typed, where canaries
// stand, is in got. Short words are in any message.
func shares(got, typed string) bool {
	words := strings.Fields(typed)
	for _, w := range words[max(0, len(words)-2):] {
		if len(w) >= 8 && strings.Contains(got, w) {
			return true
		}
	}
	return false
}
