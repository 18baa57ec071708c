package intercept

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"

	"example.org/telltale/internal/sensor/tape"
)

// counter counts what passed.
type counter struct{ out, in atomic.Int64 }

// leaving is how long what was written last may take to leave before a
// connection is closed: closing throws away what has not been sent.
const leaving = 100 * time.Millisecond

// carry passes streams and datagrams until one of the connections has ended.
func (q *quicCall) carry(app *quic.Conn) {
	began := q.i.cfg.Clock()
	info := q.known()
	t, err := q.i.cfg.Sink.Open(info)
	if err != nil {
		_ = q.i.fail(err)
		_ = app.CloseWithError(0, "")
		return
	}
	q.tape = t
	server := q.server.Conn
	ctx, cancel := context.WithCancel(q.ctx)
	var jobs sync.WaitGroup
	for _, job := range []func(context.Context){
		func(ctx context.Context) { q.twoWays(ctx, &jobs, route{app, server, true}) },
		func(ctx context.Context) { q.twoWays(ctx, &jobs, route{server, app, false}) },
		func(ctx context.Context) { q.oneWay(ctx, &jobs, route{app, server, true}) },
		func(ctx context.Context) { q.oneWay(ctx, &jobs, route{server, app, false}) },
		func(ctx context.Context) { q.datagrams(ctx, route{app, server, true}) },
		func(ctx context.Context) { q.datagrams(ctx, route{server, app, false}) },
	} {
		jobs.Go(func() { job(ctx) })
	}
	select {
	case <-app.Context().Done():
		q.ended("app", app, server)
		q.unsaid(began)
	case <-server.Context().Done():
		q.ended("server", server, app)
	case <-q.ctx.Done():
		q.closeBoth(app, server)
	}
	cancel()
	jobs.Wait()
	q.finish()
}

// ended passes the end of a connection on.
func (q *quicCall) ended(who string, from, to *quic.Conn) {
	cause := context.Cause(from.Context())
	var code quic.ApplicationErrorCode
	var text string
	var application *quic.ApplicationError
	var transport *quic.TransportError
	switch {
	case errors.As(cause, &application):
		code, text = application.ErrorCode, application.ErrorMessage
	case isTimeout(cause):
	case errors.As(cause, &transport) && transport.Remote && transport.ErrorCode == quic.NoError:
	default:
		q.note(fmt.Sprintf("the %s broke the connection off: %s", who, quicWords(cause)))
	}
	q.linger(to)
	_ = to.CloseWithError(code, text)
}

// quicWords says what went wrong. For quic-go every error is a closed
// connection, which says too little.
func quicWords(err error) string {
	var transport *quic.TransportError
	if errors.As(err, &transport) {
		return transport.Error()
	}
	return describe(err)
}

// linger gives what was written last the time to leave.
func (q *quicCall) linger(to *quic.Conn) {
	t := time.NewTimer(leaving)
	defer t.Stop()
	select {
	case <-t.C:
	case <-to.Context().Done():
	case <-q.ctx.Done():
	}
}

func (q *quicCall) closeBoth(app, server *quic.Conn) {
	if cause := context.Cause(q.ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		q.note(cause.Error())
	} else {
		q.note("still open when the watch ended")
	}
	_ = app.CloseWithError(0, "")
	_ = server.CloseWithError(0, "")
}

// unsaid takes note that the app has left. If it did so at once, without a
// word, it may have looked at the certificate after the handshake.
func (q *quicCall) unsaid(began time.Time) {
	if q.said.out.Load()+q.said.in.Load() == 0 && q.i.cfg.Clock().Sub(began) < shortly {
		q.i.closed.close(q.place, "the app has left without a word after the QUIC handshakes with the sensor for this host", withoutWord)
		return
	}
	q.i.closed.good(q.place)
}

func (q *quicCall) note(why string) {
	q.edit(func(info *tape.Conn) {
		if info.Error == "" {
			info.Error = why
		}
	})
}

// finish closes the record of the connection.
func (q *quicCall) finish() {
	q.edit(func(info *tape.Conn) { info.End = q.i.cfg.Clock() })
	if err := q.tape.Close(q.known()); err != nil {
		_ = q.i.fail(err)
	}
}

// keep writes octets to a tape. What cannot be kept must not pass.
func (q *quicCall) keep(t tape.Tape, out bool, b []byte) bool {
	err := t.Octets(out, q.i.cfg.Clock(), b)
	if err == nil {
		if out {
			q.said.out.Add(int64(len(b)))
		} else {
			q.said.in.Add(int64(len(b)))
		}
		return true
	}
	q.lost(err)
	return false
}

// lost ends the connection: nothing more can be kept.
func (q *quicCall) lost(err error) {
	q.end(fmt.Errorf("not kept: %w", q.i.fail(err)))
}

// datagrams passes those of one direction. They belong to the connection.
func (q *quicCall) datagrams(ctx context.Context, r route) {
	for {
		b, err := r.from.ReceiveDatagram(ctx)
		if err != nil {
			return
		}
		done := q.up.Busy()
		kept := q.keep(q.tape, r.out, b)
		if kept {
			_ = r.to.SendDatagram(b) // as lost as any datagram that is too large or not wanted
		}
		if done(); !kept {
			return
		}
	}
}
