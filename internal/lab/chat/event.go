package chat

import "time"

// Kind is what an Event is about.
type Kind string

// The kinds of events, and the fields of Event that each fills.
const (
	// KindReady: logged in; messages can be sent. Account, Notice.
	KindReady Kind = "ready"
	// KindMessage: a message arrived. ID, From, To, Text, At.
	KindMessage Kind = "message"
	// KindSent: a message left the input field. ID, From, To, Text, At. It is
	// told of messages that the Monitor drops as well: the user is not to know.
	KindSent Kind = "sent"
	// KindReceipt: the recipient's client has shown the message. ID, From
	// (who confirms), At.
	KindReceipt Kind = "receipt"
	// KindPresence: a contact came or went. Account, Online.
	KindPresence Kind = "presence"
	// KindNotice: something the user should know. Text.
	KindNotice Kind = "notice"
	// KindError: something failed. Text; ID and To if it is about a message.
	KindError Kind = "error"
)

// Event is something a client tells its user.
type Event struct {
	Kind    Kind      `json:"event"`
	ID      string    `json:"id,omitempty"`
	From    string    `json:"from,omitempty"`
	To      string    `json:"to,omitempty"`
	Text    string    `json:"text,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Account string    `json:"account,omitempty"`
	Online  bool      `json:"online,omitempty"`
	// Notice is the Notice of a monitored build, in ready events.
	Notice string `json:"notice,omitempty"`
}
