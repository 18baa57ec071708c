package flow

// EventKind is a step in the life of an exchange.
type EventKind int

// The kinds, in the order in which they come for each direction.
const (
	// EventBegin: an exchange begins.
	EventBegin EventKind = iota + 1
	// EventHead: a whole head came; an interim answer (1xx) has one as well.
	EventHead
	// EventBody: octets of a body, as on the wire but for the frames of
	// HTTP/2.
	EventBody
	// EventTrailer: header lines came after the body. Only HTTP/2 has them
	// apart; in HTTP/1 they are the end of a chunked body.
	EventTrailer
	// EventEnd: the message of this direction is complete.
	EventEnd
	// EventUpgrade: from here on the exchange carries another protocol, in
	// both directions, as EventRaw.
	EventUpgrade
	// EventRaw: octets that are not HTTP, or no longer.
	EventRaw
	// EventDone: the exchange is over, or the connection is; nothing more
	// comes of it.
	EventDone
)

// Event is what a decoder of a connection tells as the octets pass.
type Event struct {
	Kind EventKind
	// Exchange tells the exchanges of a connection apart. In HTTP/2 it is
	// the stream, and 0 is what belongs to no stream.
	Exchange uint64
	// Out is true for what left the app.
	Out bool
	// Bytes of a head, in the text form of HTTP/1, or of a body. They are
	// valid until the handler returns.
	Bytes []byte
	// Head is set for EventHead: Bytes taken apart.
	Head *Head
	// Text is the protocol for EventUpgrade, in lower case; for EventRaw why
	// it is not HTTP, and for EventDone what is missing; both may be empty.
	Text string
}

// Handler takes the events of one connection. Events of a connection come
// one at a time.
type Handler func(Event)
