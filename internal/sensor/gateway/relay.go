package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"

	"example.org/telltale/internal/sensor/tape"
)

// relay is the way to carry a connection when Config.Carry gives none: the
// octets of both directions go to the tape and to the other end.
func (g *Gateway) relay(ctx context.Context, app net.Conn, up Upstream) {
	r := &relaying{g: g, app: halfConn(app), server: halfConn(up.Conn), info: up.Info}
	defer context.AfterFunc(ctx, r.abort)()
	t, ok := g.open(r.info)
	if !ok {
		r.abort()
		return
	}
	r.tape = t
	var both sync.WaitGroup
	both.Go(func() { r.copy(r.server, r.app, true) })
	both.Go(func() { r.copy(r.app, r.server, false) })
	both.Wait()
	_ = app.Close() // ended or aborted by now
	_ = up.Conn.Close()
	if r.info.Error == "" && ctx.Err() != nil {
		r.info.Error = "ended by the gateway"
	}
	g.finish(t, r.info)
}

type relaying struct {
	g           *Gateway
	app, server HalfConn
	tape        tape.Tape
	info        tape.Conn
	mu          sync.Mutex
}

func (r *relaying) abort() {
	_ = r.app.Abort() // already closed is as good
	_ = r.server.Abort()
}

// copy carries one direction to its end.
func (r *relaying) copy(to, from HalfConn, out bool) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if n > 0 && !r.g.write(r.tape, r.info.ID, out, b[:n]) {
			r.abort()
			return
		}
		if n > 0 {
			if _, fail := to.Write(b[:n]); fail != nil {
				err = fail
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			_ = to.CloseWrite() // fails if that end is gone: its Read says so
			return
		case err != nil:
			r.broken(err)
			return
		}
	}
}

// broken notes the first error and resets both ends.
func (r *relaying) broken(err error) {
	r.mu.Lock()
	if r.info.Error == "" && !errors.Is(err, net.ErrClosed) {
		r.info.Error = err.Error()
		if errors.Is(err, syscall.ECONNRESET) {
			r.info.Error = "reset"
		}
	}
	r.mu.Unlock()
	r.abort()
}
