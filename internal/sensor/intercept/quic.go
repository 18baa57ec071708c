package intercept

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/quic-go/quic-go"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
)

// QUICUpstream is the server's end of a QUIC connection that an app begins.
type QUICUpstream struct {
	// Info is what is known of it so far. It is the record of the connection;
	// its streams have records of their own.
	Info tape.Conn
	// Mapped: the user has said who the server is. Its certificate is
	// recorded and not judged.
	Mapped bool
	// Dial opens a socket that sends datagrams to the server.
	Dial func(context.Context) (net.Conn, error)
	// NextID names the records of streams.
	NextID func() string
	// Tag is what all connection IDs that the app is given begin with.
	Tag [4]byte
	// Busy, if set, is called when octets have come that are to be passed on,
	// and what it returns when they have been.
	Busy func() func()
}

// quicCall is one QUIC connection under way.
type quicCall struct {
	i     *Interceptor
	ctx   context.Context
	end   context.CancelCauseFunc
	up    QUICUpstream
	gate  *gate
	place string
	// said counts octets that passed, to see apps leave without a word.
	said counter
	// decided is closed when the hello was answered, or will not be.
	decided chan struct{}
	once    sync.Once

	mu     sync.Mutex
	info   tape.Conn
	server *quicServer
	tape   tape.Tape
	// unopened: it is to pass as it is. failed: it is over.
	unopened, failed bool
}

// CarryQUIC ends the QUIC connection that an app begins with the datagrams of
// app, begins another with the server, and passes octets between the streams
// of the two until one has ended or ctx is done. It closes app.
//
// unopened says that the app's datagrams are to pass as they are instead,
// and info why: nothing has been recorded, and nothing was sent to the app.
func (i *Interceptor) CarryQUIC(ctx context.Context, app net.PacketConn, up QUICUpstream) (info tape.Conn, unopened bool) {
	q := &quicCall{i: i, up: up, gate: &gate{PacketConn: app}, info: up.Info, decided: make(chan struct{})}
	if q.up.Busy == nil {
		q.up.Busy = func() func() { return func() {} }
	}
	q.ctx, q.end = context.WithCancelCause(ctx)
	defer q.end(nil)
	defer app.Close() //nolint:errcheck // nobody is left to be told
	q.info.Transport, q.info.Proto, q.info.Visibility = "udp", "quic", telltale.Opaque
	if q.info.Start.IsZero() {
		q.info.Start = i.cfg.Clock()
	}
	if i.Failed() != nil {
		return q.info, false
	}
	q.run()
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.info, q.unopened
}

// run makes both connections and carries them.
func (q *quicCall) run() {
	transport := &quic.Transport{Conn: q.gate, ConnectionIDGenerator: tagged(q.up.Tag)}
	defer transport.Close() //nolint:errcheck // as above
	l, err := transport.ListenEarly(&tls.Config{GetConfigForClient: q.hello, MinVersion: tls.VersionTLS13, Time: q.i.cfg.Clock}, q.i.quicConfig())
	if err != nil {
		q.fail("QUIC with the app failed: " + err.Error())
		return
	}
	defer l.Close() //nolint:errcheck // as above
	defer q.hangUp()
	app := q.accept(l)
	if app == nil {
		return
	}
	q.carry(app)
}

// accept waits for the app's handshake. It returns nil when there is nothing
// to carry.
func (q *quicCall) accept(l *quic.EarlyListener) *quic.Conn {
	accepted := make(chan *quic.Conn, 1)
	var job sync.WaitGroup
	defer job.Wait()
	ctx, cancel := context.WithCancel(q.ctx)
	defer cancel()
	job.Go(func() {
		if c, err := l.Accept(ctx); err == nil {
			accepted <- c
		}
	})
	// A hello that never comes whole, and what the app does not answer.
	late := time.NewTimer(2 * q.i.cfg.Limits.Handshake)
	defer late.Stop()
	for decided := q.decided; ; {
		select {
		case app := <-accepted:
			return q.shaken(app)
		case <-decided:
			if q.over() {
				q.lastWord()
				return nil
			}
			decided = nil
			late.Reset(2 * q.i.cfg.Limits.Handshake)
		case <-late.C:
			q.appGone("the app did not end its QUIC handshake")
			return nil
		case <-q.ctx.Done():
			q.fail("still open when the watch ended")
			return nil
		}
	}
}

// lastWord lets the app hear that it is refused, if it is to.
func (q *quicCall) lastWord() {
	if !q.gate.open.Load() {
		return
	}
	t := time.NewTimer(leaving)
	defer t.Stop()
	select {
	case <-t.C:
	case <-q.ctx.Done():
	}
}

// over reports whether the connection is not to be carried.
func (q *quicCall) over() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.unopened || q.failed
}

// shaken waits for the app to agree to the certificate.
func (q *quicCall) shaken(app *quic.Conn) *quic.Conn {
	select {
	case <-app.HandshakeComplete():
		return app
	case <-app.Context().Done():
	case <-q.ctx.Done():
		q.fail("still open when the watch ended")
		_ = app.CloseWithError(0, "")
		return nil
	}
	select { // both at once
	case <-app.HandshakeComplete():
		return app
	default:
		q.appRefused(context.Cause(app.Context()))
		return nil
	}
}

// appRefused ends a connection whose app did not go along.
func (q *quicCall) appRefused(err error) {
	var transport *quic.TransportError
	switch {
	case q.ctx.Err() != nil:
		q.fail("still open when the watch ended")
	case errors.As(err, &transport) && transport.Remote && transport.ErrorCode.IsCryptoError():
		q.edit(func(info *tape.Conn) { info.TLS.Refused = true })
		q.i.closed.close(q.place, "the app has refused the sensor's certificate for QUIC with this host", 1)
		q.fail("the app refused the sensor's certificate: " + transport.Error())
	default:
		q.appGone("the app broke the QUIC handshake off: " + quicWords(err))
	}
}

// appGone: the app did not say what it does not like.
func (q *quicCall) appGone(why string) {
	if q.place != "" {
		q.i.closed.close(q.place, "the app has broken off the handshakes with the sensor for QUIC with this host", inHandshake)
	}
	q.fail(why)
}

// fail records an attempt that came to nothing.
func (q *quicCall) fail(why string) {
	q.mu.Lock()
	q.failed = true
	q.info.Proto, q.info.Visibility = "quic", telltale.Opaque
	if q.info.Error == "" {
		q.info.Error = why
	}
	q.info.End = q.i.cfg.Clock()
	info := q.info
	q.mu.Unlock()
	t, err := q.i.cfg.Sink.Open(info)
	if err == nil {
		err = t.Close(info)
	}
	if err != nil {
		_ = q.i.fail(err)
	}
}

// pass gives the connection back, to pass unopened.
func (q *quicCall) pass(why string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.unopened = true
	q.info.Error = "passed unopened: " + why
	q.info.Visibility = telltale.Opaque
}

// edit changes what is known of the connection.
func (q *quicCall) edit(change func(*tape.Conn)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	change(&q.info)
}

// known is a copy of what is known.
func (q *quicCall) known() tape.Conn {
	q.mu.Lock()
	defer q.mu.Unlock()
	info := q.info
	if info.TLS != nil {
		said := *info.TLS
		info.TLS = &said
	}
	return info
}

// hangUp closes the connection with the server, if there is one.
func (q *quicCall) hangUp() {
	q.mu.Lock()
	server := q.server
	q.mu.Unlock()
	if server != nil {
		server.close()
	}
}
