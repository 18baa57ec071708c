// Package intercept carries one connection between an app and a server and
// writes the octets of both directions to a tape.
//
// What is spoken is told by the first octets, not by ports. Where TLS begins,
// at the start or later in the stream (STARTTLS and its kin), both legs are
// opened: first that to the server, with the name and the protocols of the
// app's hello, then that to the app, with a certificate of the case. From
// then on the tape holds what was inside. No request is parsed or changed on
// this path; octets are copied.
package intercept

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/authority"
	"example.org/telltale/internal/sensor/tape"
)

// Config says how connections are carried. Authority and Sink are required.
type Config struct {
	// Authority issues what the app is shown in a server's place.
	Authority *authority.Authority
	// Sink keeps what passes.
	Sink tape.Sink
	// Clock tells the times of octets and certificates; nil means time.Now.
	// It is used from many goroutines.
	Clock telltale.Clock
	// Secrets gets the TLS key log lines of the app's side, each by one
	// Write, before the packets that need them are sent, except that those
	// of TLS 1.2 come after the app's key exchange. nil means nobody.
	Secrets io.Writer
	// KeyLog gets the key log lines of both sides; nil means nobody.
	KeyLog io.Writer
	// Roots are whom servers' certificates are checked against; nil means
	// the system's.
	Roots *x509.CertPool
	// ClientCertificate returns what to show a server that asks for a
	// certificate, nil if there is nothing to show. It may be nil.
	ClientCertificate func(host string) *tls.Certificate
	// Strict: nothing passes unopened because its TLS could not be opened;
	// the app is refused for as long as it refuses us.
	Strict bool
	Limits Limits
	// Log gets what may interest whoever runs this; nil means nobody.
	Log *slog.Logger
}

// Limits bound what is waited for. Zero fields get the defaults named.
type Limits struct {
	// Handshake is how long each of the TLS handshakes may take: 15 s.
	Handshake time.Duration
	// Detect is how long an app that has begun what looks like TLS may take
	// to end its hello: 10 s. It then passes unopened.
	Detect time.Duration
	// Linger is how long one direction may go on when the other broke: 5 s.
	Linger time.Duration
	// Asked is how long a server that asked for a certificate in TLS 1.3,
	// and got none, may take to say that it will not go on without: 1 s.
	Asked time.Duration
}

func (l Limits) withDefaults() Limits {
	for _, field := range []struct {
		at        *time.Duration
		otherwise time.Duration
	}{
		{&l.Handshake, 15 * time.Second}, {&l.Detect, 10 * time.Second},
		{&l.Linger, 5 * time.Second}, {&l.Asked, time.Second},
	} {
		if *field.at <= 0 {
			*field.at = field.otherwise
		}
	}
	return l
}

// Interceptor carries connections. Make it with New; it may be used from many
// goroutines.
type Interceptor struct {
	cfg Config
	// suspect issues what an app is shown in the place of a server that it
	// would not trust. Nobody trusts it.
	suspect *authority.Authority
	base    *tls.Config // the app's side: holds the keys of its tickets
	tickets tls.ClientSessionCache
	// The same for QUIC, whose tickets hold more.
	quicTickets tls.ClientSessionCache
	quicKey     [32]byte  // of the tickets that apps get
	keyLog      io.Writer // of the app's side
	closed      closed
	judged      verdicts
	buffers     buffers

	mu  sync.Mutex
	err error
}

// New makes an interceptor.
func New(c Config) (*Interceptor, error) {
	if c.Authority == nil || c.Sink == nil {
		return nil, errors.New("intercept: an authority and a sink are needed: set Config.Authority and Config.Sink")
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Limits = c.Limits.withDefaults()
	suspect, err := authority.Load(authority.Config{Clock: c.Clock, Name: "telltale: the server's certificate could not be verified"})
	if err != nil {
		return nil, fmt.Errorf("intercept: %w", err)
	}
	i := &Interceptor{cfg: c, suspect: suspect, tickets: sessions(c.KeyLog != nil), quicTickets: tls.NewLRUClientSessionCache(1024), keyLog: join(c.Secrets, c.KeyLog)}
	i.base = &tls.Config{GetConfigForClient: perConnection, Time: c.Clock}
	if _, err := rand.Read(i.quicKey[:]); err != nil {
		return nil, fmt.Errorf("intercept: %w", err)
	}
	return i, nil
}

// join returns a writer for those of a and b that are there.
func join(a, b io.Writer) io.Writer {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return io.MultiWriter(a, b)
}

// Failed returns the error that made recording impossible, nil if none did.
// Nothing is carried after it.
func (i *Interceptor) Failed() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.err
}

// fail remembers the first error that made recording impossible.
func (i *Interceptor) fail(err error) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.err == nil {
		i.err = fmt.Errorf("intercept: keep a connection: %w", err)
		i.cfg.Log.Error("nothing more can be kept", "error", err)
	}
	return i.err
}
