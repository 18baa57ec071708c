package intercept

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/quic-go/quic-go"

	"example.org/telltale/internal/sensor/tape"
)

// route is from one connection to the other; out is that from the app.
type route struct {
	from, to *quic.Conn
	out      bool
}

// receiver and sender are the ends of streams.
type receiver interface {
	io.Reader
	CancelRead(quic.StreamErrorCode)
}

type sender interface {
	io.WriteCloser
	CancelWrite(quic.StreamErrorCode)
	Context() context.Context
}

// current is a stream under way.
type current struct {
	q    *quicCall
	tape tape.Tape
	mu   sync.Mutex
	info tape.Conn
}

// twoWays passes the streams on which both ends may write. Streams are opened
// in the order of their numbers, so each has the same on both legs: HTTP/3
// speaks of them.
func (q *quicCall) twoWays(ctx context.Context, jobs *sync.WaitGroup, r route) {
	for {
		from, err := r.from.AcceptStream(ctx)
		if err != nil {
			return
		}
		s := q.open(from.StreamID())
		if s == nil {
			return
		}
		to, err := r.to.OpenStreamSync(ctx)
		if err != nil {
			s.close("the other end did not take the stream before the connection ended")
			return
		}
		jobs.Go(func() {
			var back sync.WaitGroup
			whole := true
			back.Go(func() { whole = s.ferry(!r.out, to, from) })
			there := s.ferry(r.out, from, to)
			if back.Wait(); !there || !whole {
				s.note("the connection ended before the stream did")
			}
			s.close("")
		})
	}
}

// oneWay passes the streams of one direction. They seldom end before the
// connection does.
func (q *quicCall) oneWay(ctx context.Context, jobs *sync.WaitGroup, r route) {
	for {
		from, err := r.from.AcceptUniStream(ctx)
		if err != nil {
			return
		}
		s := q.open(from.StreamID())
		if s == nil {
			return
		}
		to, err := r.to.OpenUniStreamSync(ctx)
		if err != nil {
			s.close("the other end did not take the stream before the connection ended")
			return
		}
		jobs.Go(func() {
			s.ferry(r.out, from, to)
			s.close("")
		})
	}
}

// open begins the record of a stream; nil if nothing can be kept.
func (q *quicCall) open(number quic.StreamID) *current {
	info := q.known()
	info.Stream = &tape.Stream{Of: info.ID, Number: uint64(number)}
	info.ID, info.Start, info.Error = q.up.NextID(), q.i.cfg.Clock(), ""
	t, err := q.i.cfg.Sink.Open(info)
	if err != nil {
		q.lost(err)
		return nil
	}
	return &current{q: q, tape: t, info: info}
}

// ferry passes one direction to its end. It reports whether it had one of its
// own, before that of the connection.
func (s *current) ferry(out bool, from receiver, to sender) bool {
	stop := context.AfterFunc(to.Context(), func() { unwanted(from, to) })
	defer stop()
	buf := s.q.i.buffers.scoop()
	defer buf.release()
	for {
		n, err := from.Read(buf.bytes())
		if n > 0 {
			if e := s.move(out, to, buf.bytes()[:n]); e != nil {
				return s.cut(out, e, from, to)
			}
			buf.note(n)
		}
		switch {
		case errors.Is(err, io.EOF):
			s.end(out, "")
			_ = to.Close()
			return true
		case err != nil:
			return s.cut(out, err, from, to)
		}
	}
}

// move records octets and writes them on.
func (s *current) move(out bool, to io.Writer, b []byte) error {
	defer s.q.up.Busy()()
	if !s.q.keep(s.tape, out, b) {
		return context.Cause(s.q.ctx)
	}
	_, err := to.Write(b)
	return err
}

// unwanted tells who sends that the other end reads no more.
func unwanted(from receiver, to sender) {
	var e *quic.StreamError
	if errors.As(context.Cause(to.Context()), &e) && e.Remote {
		from.CancelRead(e.ErrorCode)
	}
}

// cut ends a direction that did not end in order.
func (s *current) cut(out bool, err error, from receiver, to sender) bool {
	sends, reads := "the server", "the app"
	if out {
		sends, reads = reads, sends
	}
	var e *quic.StreamError
	if !errors.As(err, &e) {
		return false // the connection has ended, with all its streams
	}
	var stopped *quic.StreamError
	if errors.As(context.Cause(to.Context()), &stopped) && stopped.Remote {
		unwanted(from, to)
		s.end(out, fmt.Sprintf("%s wanted no more of the stream (code %#x)", reads, uint64(stopped.ErrorCode)))
		return true
	}
	to.CancelWrite(e.ErrorCode)
	s.end(out, fmt.Sprintf("%s reset the stream (code %#x)", sends, uint64(e.ErrorCode)))
	return true
}

// end tells the tape that a direction has ended.
func (s *current) end(out bool, why string) {
	if why != "" {
		s.note(why)
	}
	if t, ok := s.tape.(tape.Ender); ok {
		t.End(out, why)
	}
}

// note keeps the first thing that went wrong.
func (s *current) note(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.info.Error == "" {
		s.info.Error = why
	}
}

// close ends the record.
func (s *current) close(why string) {
	if why != "" {
		s.note(why)
	}
	s.mu.Lock()
	s.info.End = s.q.i.cfg.Clock()
	info := s.info
	s.mu.Unlock()
	if err := s.tape.Close(info); err != nil {
		_ = s.q.i.fail(err)
	}
}
