// Package chat is the messenger of the lab network: a directory where
// accounts log in, a relay for peers that cannot reach one another, and a
// peer-to-peer client whose messages are encrypted end to end.
//
// The client is the same in the clean and in the monitored builds. A
// monitored build has a [Monitor], which reads every message before it is
// encrypted and after it is decrypted, as the filters of the years 2005 to
// 2013 did: no flaw in the encryption is needed. Every window of a monitored
// build shows [Notice], always.
//
// All sockets are made by package guard, so everything stays on loopback.
package chat

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"
)

// Notice stands in every window of a monitored client and cannot be hidden.
const Notice = "MONITORED LAB BUILD: this client reads, may drop and may copy what you write. Synthetic people only."

// MaxText is the largest message in bytes of UTF-8.
const MaxText = 4096

// Message is one chat message.
type Message struct {
	// ID is unique: 32 hex digits, drawn by the sender.
	ID   string    `json:"id"`
	From string    `json:"from"`
	To   string    `json:"to"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// Action is what a Monitor wants done with a message.
type Action struct {
	// Drop discards the message without telling anybody.
	Drop bool
}

// Monitor is the filter inside a monitored client. The client calls it from
// several goroutines. A call delays the message it is about and those behind
// it (of the same peer, or of the same relay), so copying must not happen
// inside the call unless the copy has to be first.
type Monitor interface {
	// Outgoing judges a message that was typed, before it is kept in the
	// history or encrypted. A dropped one vanishes: not in the history, not
	// sent, and the user is told that it was sent.
	Outgoing(ctx context.Context, m Message) Action
	// Incoming judges a message that was received and decrypted. A dropped
	// one is not shown, not in the history, and no receipt is sent.
	Incoming(ctx context.Context, m Message) Action
	// Close is called once, when the client ends; it drains what is pending.
	Close() error
}

// Harmless is a Monitor that may say that it reads no messages: an honest
// client's background traffic. Such a client shows no notice.
type Harmless interface {
	Harmless() bool
}

// Starter is a Monitor that prepares itself, such as by fetching its list.
type Starter interface {
	// Started is called once, after login and before the client is ready,
	// and should return when the monitor is able to judge. The client waits
	// for it up to Config.MonitorWait; ctx ends with the client.
	Started(ctx context.Context, account string)
}

// CheckAccount refuses account names other than 1 to 32 of a-z, 0-9, dot,
// dash and underscore that begin and end with a letter or digit: they become
// host names and file names.
func CheckAccount(name string) error {
	if len(name) == 0 || len(name) > 32 {
		return fmt.Errorf("account name %.40q: want 1 to 32 characters", name)
	}
	for i := range len(name) {
		c := name[i]
		plain := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		inner := i > 0 && i < len(name)-1 && (c == '-' || c == '_' || c == '.' && name[i-1] != '.')
		if !plain && !inner {
			return fmt.Errorf("account name %q: use a-z and 0-9, with dots, dashes or underscores only inside", name)
		}
	}
	return nil
}

// CheckText refuses texts that are empty, too long or not UTF-8.
func CheckText(text string) error {
	switch {
	case text == "":
		return fmt.Errorf("the message is empty")
	case len(text) > MaxText:
		return fmt.Errorf("the message has %d bytes: at most %d fit", len(text), MaxText)
	case !utf8.ValidString(text):
		return fmt.Errorf("the message is not valid UTF-8")
	}
	return nil
}

// PeerHost is the host name under which an account's client is reached.
func PeerHost(account string) string { return account + ".peer.test" }
