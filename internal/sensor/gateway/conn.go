package gateway

import (
	"bytes"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/waiter"
)

// appConn is the app's end of a TCP connection, as the stack has it.
type appConn struct {
	ep            tcpip.Endpoint
	queue         *waiter.Queue
	local, remote net.Addr
	// gone is closed when no more packets can come from the app.
	gone <-chan struct{}

	readMu, writeMu   sync.Mutex
	readOn, writeOn   waiter.Entry
	readable, writing <-chan struct{}
	readBy, writeBy   deadline

	once   sync.Once
	closed chan struct{}
}

var _ HalfConn = (*appConn)(nil)

func newAppConn(ep tcpip.Endpoint, queue *waiter.Queue, gone <-chan struct{}) *appConn {
	c := &appConn{ep: ep, queue: queue, gone: gone, closed: make(chan struct{})}
	c.readOn, c.readable = waiter.NewChannelEntry(waiter.ReadableEvents)
	c.writeOn, c.writing = waiter.NewChannelEntry(waiter.WritableEvents)
	queue.EventRegister(&c.readOn)
	queue.EventRegister(&c.writeOn)
	ep.SocketOptions().SetDelayOption(false)
	local, _ := ep.GetLocalAddress() // empty if it is gone already
	remote, _ := ep.GetRemoteAddress()
	c.local, c.remote = tcpAddr(local), tcpAddr(remote)
	return c
}

func tcpAddr(a tcpip.FullAddress) net.Addr {
	return net.TCPAddrFromAddrPort(addrPort(a.Addr, a.Port))
}

// Read returns io.EOF when the app has ended its direction.
func (c *appConn) Read(b []byte) (int, error) {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	for len(b) > 0 {
		if err := c.over(&c.readBy); err != nil {
			return 0, c.wrap("read", err)
		}
		w := tcpip.SliceWriter(b)
		got, err := c.ep.Read(&w, tcpip.ReadOptions{})
		switch err.(type) {
		case nil:
			c.ep.ModerateRecvBuf(got.Count)
			return got.Count, nil
		case *tcpip.ErrClosedForReceive:
			return 0, io.EOF
		case *tcpip.ErrWouldBlock:
		default:
			return 0, c.wrap("read", tcpipError(err))
		}
		select {
		case <-c.readable:
		case <-c.readBy.wait():
		case <-c.closed:
		case <-c.gone:
			return c.lastRead(b)
		}
	}
	return 0, nil
}

// lastRead takes what came before the link ended.
func (c *appConn) lastRead(b []byte) (int, error) {
	w := tcpip.SliceWriter(b)
	got, err := c.ep.Read(&w, tcpip.ReadOptions{})
	switch err.(type) {
	case nil:
		return got.Count, nil
	case *tcpip.ErrClosedForReceive:
		return 0, io.EOF
	}
	return 0, c.wrap("read", syscall.ECONNRESET)
}

// Write returns when the stack has taken all of b.
func (c *appConn) Write(b []byte) (int, error) {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	var r bytes.Reader
	for done := 0; ; {
		if err := c.over(&c.writeBy); err != nil {
			return done, c.wrap("write", err)
		}
		r.Reset(b[done:])
		n, err := c.ep.Write(&r, tcpip.WriteOptions{})
		done += int(n)
		if _, full := err.(*tcpip.ErrWouldBlock); err != nil && !full {
			return done, c.wrap("write", tcpipError(err))
		}
		if done == len(b) {
			return done, nil
		}
		if err == nil {
			continue
		}
		select {
		case <-c.writing:
		case <-c.writeBy.wait():
		case <-c.closed:
		case <-c.gone:
			return done, c.wrap("write", syscall.ECONNRESET)
		}
	}
}

// over returns why nothing can be read or written any more.
func (c *appConn) over(d *deadline) error {
	select {
	case <-c.closed:
		return net.ErrClosed
	case <-d.wait():
		return os.ErrDeadlineExceeded
	default:
		return nil
	}
}

func (c *appConn) wrap(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}

// CloseWrite ends the direction to the app.
func (c *appConn) CloseWrite() error {
	if err := c.ep.Shutdown(tcpip.ShutdownWrite); err != nil {
		return c.wrap("close", tcpipError(err))
	}
	return nil
}

// Close ends both directions; what was written is still sent.
func (c *appConn) Close() error { return c.end(c.ep.Close) }

// Abort sends a reset.
func (c *appConn) Abort() error { return c.end(c.ep.Abort) }

func (c *appConn) end(how func()) error {
	c.once.Do(func() {
		close(c.closed)
		// A Read or Write under way must leave the endpoint first.
		c.readMu.Lock()
		defer c.readMu.Unlock()
		c.writeMu.Lock()
		defer c.writeMu.Unlock()
		c.queue.EventUnregister(&c.readOn)
		c.queue.EventUnregister(&c.writeOn)
		how()
	})
	return nil
}

// LocalAddr is what the app dialled.
func (c *appConn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the app's end.
func (c *appConn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline of both directions.
func (c *appConn) SetDeadline(t time.Time) error {
	c.readBy.set(t)
	c.writeBy.set(t)
	return nil
}

// SetReadDeadline ends Reads under way and to come at t.
func (c *appConn) SetReadDeadline(t time.Time) error {
	c.readBy.set(t)
	return nil
}

// SetWriteDeadline ends Writes under way and to come at t.
func (c *appConn) SetWriteDeadline(t time.Time) error {
	c.writeBy.set(t)
	return nil
}
