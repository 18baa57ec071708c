// Package tape is the seam between what carries an app's connections
// (gateway, proxy, imports) and what keeps them (files, views, a case).
//
// The octets of both directions are the record, written as they pass, so
// that a crash loses at most what was not yet handed over and no body has to
// fit in memory. Requests, frames and messages are views that are made of the
// octets afterwards or beside.
package tape

import (
	"net/netip"
	"time"

	"example.org/telltale"
)

// Conn is what is known of one connection, datagram exchange or failed
// attempt at one.
type Conn struct {
	// ID is unique in a run, as in "c000042"; whoever carries it gives it.
	ID         string
	Start, End time.Time
	// Proto is what was spoken, innermost as far as it was understood:
	// "tcp", "tls", "http/1.1", "h2", "ws", "wss", "smtp", "imap", "xmpp",
	// "dns", "udp", "quic", "h3", "icmp".
	Proto string
	// Transport is "tcp", "udp" or "icmp".
	Transport string
	// Src is the app's end. Dst is what the app dialled; its port is 0 for
	// ICMP.
	Src, Dst netip.AddrPort
	// Host is the name that the app looked up, or that it gave in the TLS
	// hello or the Host header; for DNS the name asked for. It may be empty.
	Host string
	// Server is the address that was dialled in the app's place; empty if
	// none was.
	Server     string
	Process    Process
	Visibility telltale.Visibility
	// TLS is set when TLS was spoken.
	TLS *TLS
	// Stream is set for a stream of a QUIC connection that was opened. The
	// connection has a record of its own, with what belongs to no stream:
	// its datagrams (RFC 9221).
	Stream *Stream
	// Background says that nobody was typing.
	Background bool
	// Error is what went wrong, in words: refused, reset, no such name.
	Error string
}

// Stream is one stream of QUIC.
type Stream struct {
	// Of is the ID of the connection's record. It is opened before those of
	// its streams and closed after them.
	Of string
	// Number of the stream: the lowest bit is 1 if the server began it, the
	// next is 1 if only who began it may write (RFC 9000, section 2.1).
	Number uint64
}

// Process is the program that owned the app's end.
type Process struct {
	// PID as the host sees it; 0 if the owner is not known.
	PID int
	// Name is the base name of the program's file.
	Name string
	// Command is its command line.
	Command []string
	// Ancestors are the names of its parents, nearest first.
	Ancestors []string
}

// TLS is what was said in the handshakes of the two legs.
type TLS struct {
	// Version as in "1.3", agreed with the app.
	Version string
	// ALPN is the protocol agreed on with both ends; may be empty.
	ALPN string
	// ServerName is the name in the app's hello; may be empty.
	ServerName string
	// Certificates of the server, leaf first, DER.
	Certificates [][]byte
	// Unverified is why the server's certificate would not be trusted;
	// empty if it was verified.
	Unverified string
	// Refused says that the app did not accept the sensor's certificate.
	Refused bool
}

// Sink keeps connections. It may be called from many goroutines.
type Sink interface {
	// Open begins the record of a connection of which c is known so far. An
	// error means that nothing more can be kept: what carries the connection
	// must not let it pass.
	Open(c Conn) (Tape, error)
}

// Tape takes the octets of one connection. The two directions may be written
// by two goroutines, each of them by one at a time.
type Tape interface {
	// Octets appends b, which passed at a time: out is from the app. For
	// datagrams one call is one datagram. b must not be kept. After an error
	// nothing more can be kept.
	Octets(out bool, at time.Time, b []byte) error
	// Close ends the record with all that is known by then. It is called
	// once, after the last Octets of either direction.
	Close(c Conn) error
}

// Turner is a Tape that wants to know when the octets begin to mean something
// else: the connection was upgraded, or TLS began inside it.
type Turner interface {
	// Turn says that from here on proto is spoken.
	Turn(proto string)
}

// Learner is a Tape that wants to know more of the connection before it is
// closed, as when TLS has been opened.
type Learner interface {
	// Learn has all that is known by now. It comes before the octets that it
	// is true of, and before a Turn.
	Learn(c Conn)
}

// Bulker is a Tape to which it is all the same when octets passed, and which
// of the two directions came first. Whoever has much of both may hand it over
// at once, in the place of many Octets.
type Bulker interface {
	// Bulk appends to both directions; either may be empty, neither must be
	// kept.
	Bulk(out, in []byte) error
}

// Ender is a Tape that wants to know when one direction has ended while the
// other goes on. It is told of the streams of QUIC.
type Ender interface {
	// End says that no more octets follow in a direction: in order if why is
	// empty, or because of a reset. It comes from who writes the octets.
	End(out bool, why string)
}
