// Package ends is the seam between drivers and protocols: an [End] is one
// account's place in a conversation, which can be written into and read from.
// Each protocol, terminal or web page is an End; internal/driver/paired makes
// a driver of two of them, and alone decides what became of a message.
package ends

import (
	"context"
	"time"

	"example.org/telltale"
)

// Account is who an End is. Secrets stay in here: they are written to no
// case, no log and no error.
type Account struct {
	// Name in the scenario, as in "alice".
	Name string
	// Address at the service, as in "alice@example.test"; Name if there is
	// no other.
	Address string
	// User to log in as; Address or Name if empty.
	User     string
	Password string
	// More are further settings of the accounts file, as in "token".
	More map[string]string
}

// End is one account's place in a conversation. One goroutine calls it.
type End interface {
	// Open logs in and returns when messages can be put and whatever arrives
	// is heard. It is called again after the session has ended, and then
	// begins a new one. hear may be called from any goroutine until Close
	// returns; it never blocks.
	Open(ctx context.Context, hear func(Event)) error
	// Put types a text, reads it back where it can, and sends it. It returns
	// when the text has left, and does not wait for its arrival. An error
	// means that the end failed: the trial is void.
	Put(ctx context.Context, p Post) (Sent, error)
	// Close ends the session. It may be called twice, and before Open.
	Close() error
}

// Post is one text to put.
type Post struct {
	// To is the account written to. Ends that know one partner only (a page
	// with one open chat) refuse others with Void.
	To   Account
	Text string
	// Place is one of Places; empty for the first.
	Place string
}

// Sent is what is known when a text has left.
type Sent struct {
	// Typed is what was in the input field, or in the bytes that were sent,
	// just before sending.
	Typed string
	// At is when it left.
	At time.Time
	// Ref names the message where the protocol has names that the other end
	// sees as well; empty otherwise.
	Ref string
	// Outcome is set when the fate is known already: Refused (a reply code),
	// Void (this text cannot be put; Reason says why), or, for services that
	// answer the sender himself (search boxes, translators), any other. Empty:
	// to be awaited.
	Outcome telltale.Outcome
	Got     string
	Reason  string
	// Ended says that the session ended over this message.
	Ended bool
	// After, if above 0, says that nothing was taken because too much came
	// too fast: put it again after that time. It is no outcome.
	After time.Duration
}

// EventKind is what an End heard.
type EventKind int

// The events.
const (
	// Arrived: a message for this account.
	Arrived EventKind = iota + 1
	// Bounced: this account was told that a message of its own was not
	// accepted, by an error, a notice or a mail.
	Bounced
	// Barred: this account was refused when it wanted to read.
	Barred
	// Ended: the service ended this account's session.
	Ended
)

// Event is one thing that an End heard.
type Event struct {
	Kind EventKind
	At   time.Time
	// From is the sender's address, as the protocol gives it.
	From string
	// To is what it was written to where that is no account: a room.
	To string
	// Text is the message as the account would see it, complete.
	Text string
	// Ref is Sent.Ref of the message, if the protocol tells.
	Ref string
	// Place is where it was found if not where messages arrive, as in "Junk".
	Place string
	// Reason in the service's words, for all but Arrived.
	Reason string
}

// Puller is an End that hears nothing by itself: it has to ask for what has
// arrived. Pull is called again and again while a message is awaited, and
// reports through hear before it returns.
type Puller interface {
	Pull(ctx context.Context) error
}

// Prober is an End that can find out whether its session still stands, by a
// question that no other account sees. When it returns nil, whatever the
// service had sent before the question has been heard.
type Prober interface {
	Probe(ctx context.Context) error
}

// Describer is an End that knows more about itself than its kind.
type Describer interface {
	// About may be called after Open.
	About() About
}

// About is what an End says of itself.
type About struct {
	App telltale.App
	// ReadBack is true when Sent.Typed is read from an input field.
	ReadBack bool
	// Places as in telltale.Description.
	Places []string
	// Limit as in telltale.Description.
	Limit int
	// Same reports whether an address as events carry it is the account's.
	// Nil: they are compared without case.
	Same func(address string, a Account) bool
}

// String names the account, and nothing that is secret.
func (a Account) String() string { return a.Name }

// GoString is String, so that no way of printing shows more.
func (a Account) GoString() string { return a.Name }
