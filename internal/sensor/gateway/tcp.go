package gateway

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"

	"example.org/telltale/internal/sensor/tape"
)

// domain is the port of DNS, over UDP and TCP.
const domain = 53

// grants answers the connection attempts of the app.
type grants struct {
	g       *Gateway
	forward *tcp.Forwarder
	mu      sync.Mutex
	// syns are the first segments of the attempts under way: an ICMP error
	// has to quote the one it answers.
	syns map[flowKey]packet
	// open counts attempts and connections.
	open int
}

func newGrants(g *Gateway) *grants {
	t := &grants{g: g, syns: map[flowKey]packet{}}
	t.forward = tcp.NewForwarder(g.stack, 0, g.cfg.Limits.Connections, t.grant)
	return t
}

// handle sees the segments that belong to no connection.
func (t *grants) handle(id stack.TransportEndpointID, b *stack.PacketBuffer) bool {
	segment := header.TCP(b.TransportHeader().Slice())
	if segment.Flags().Contains(header.TCPFlagSyn) {
		src, dst := flowEnds(id)
		raw := append(append([]byte(nil), b.NetworkHeader().Slice()...), segment...)
		t.note(flowKey{protoTCP, src, dst}, packet{
			raw: raw, six: b.NetworkProtocolNumber == header.IPv6ProtocolNumber, src: src.Addr(), dst: dst.Addr(),
			proto: protoTCP, body: raw[len(raw)-len(segment):],
		})
	}
	return t.forward.HandlePacket(id, b)
}

// note keeps the first segment of an attempt and reports whether it is new.
func (t *grants) note(key flowKey, syn packet) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, again := t.syns[key]; again || len(t.syns) >= t.g.cfg.Limits.Connections {
		return false
	}
	t.syns[key] = syn
	return true
}

func (t *grants) forget(key flowKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.syns, key)
}

// enter counts one more, unless there are too many.
func (t *grants) enter() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open >= t.g.cfg.Limits.Connections {
		return false
	}
	t.open++
	return true
}

func (t *grants) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open--
}

// turnAway refuses a segment to an address where nothing is carried to.
func (t *grants) turnAway(p packet, why string) {
	src, dst := p.ends()
	key := flowKey{protoTCP, src, dst}
	if len(p.body) < 20 || p.body[13]&(flagSYN|flagACK) != flagSYN {
		_ = t.g.send(reset(p)) // the reader meets the error of a dead link
		return
	}
	p.raw = append([]byte(nil), p.raw...)
	p.body = p.raw[len(p.raw)-len(p.body):]
	if !t.note(key, p) {
		return
	}
	began := t.g.job(func() {
		defer t.forget(key)
		t.g.failed(t.g.first("tcp", src, dst), why)
		_ = t.g.send(reset(p)) // as above
	})
	if !began {
		t.forget(key)
	}
}

// attempt is one connection attempt of the app.
type attempt struct {
	g      *Gateway
	r      *tcp.ForwarderRequest
	key    flowKey
	syn    packet
	info   tape.Conn
	target netip.AddrPort
	mapped bool
}

// grant decides on an attempt. The forwarder calls it on a goroutine of its
// own.
func (t *grants) grant(r *tcp.ForwarderRequest) {
	src, dst := flowEnds(r.ID())
	a := &attempt{g: t.g, r: r, key: flowKey{protoTCP, src, dst}}
	t.mu.Lock()
	a.syn = t.syns[a.key]
	t.mu.Unlock()
	ran := make(chan struct{})
	if !t.g.job(func() { defer close(ran); a.run() }) {
		a.answer(nil)
		return
	}
	<-ran
}

func (a *attempt) run() {
	defer a.g.busy.one()()
	a.info = a.g.first("tcp", a.key.src, a.key.dst)
	a.target, a.mapped = a.g.maps.target(a.key.dst)
	switch why := a.g.refuses(a.key.dst); {
	case !a.g.tcp.enter():
		a.refuse("refused: too many connections at once", reset(a.syn))
		return
	case a.key.dst.Port() == domain && !a.mapped:
		a.names()
	case why != "":
		a.refuse(why, reset(a.syn))
	default:
		a.dial()
	}
	a.g.tcp.leave()
}

// refuse records the attempt and answers it.
func (a *attempt) refuse(why string, answer []byte) {
	a.g.failed(a.info, why)
	a.answer(answer)
}

// answer ends the attempt without a connection.
func (a *attempt) answer(b []byte) {
	a.r.Complete(false)
	a.g.tcp.forget(a.key)
	_ = a.g.send(b) // the reader meets the error of a dead link
}

// dial connects to the server, then lets the app in.
func (a *attempt) dial() {
	a.info.Server = a.target.String()
	up, err := a.connect(a.g.ctx)
	if err != nil {
		a.unconnected(err)
		return
	}
	app, err := a.accept()
	if err != nil {
		_ = up.Abort()
		a.g.failed(a.info, "the app was gone before it was answered: "+err.Error())
		return
	}
	carry := a.g.cfg.Carry
	if carry == nil {
		carry = a.g.relay
	}
	defer a.g.busy.stands()()
	carry(a.g.ctx, app, Upstream{
		Conn: up, Info: a.info, Mapped: a.mapped,
		Redial: func(ctx context.Context) (net.Conn, error) { return a.connect(ctx) },
	})
}

func (a *attempt) connect(ctx context.Context) (HalfConn, error) {
	ctx, cancel := context.WithTimeout(ctx, a.g.cfg.Limits.Dial)
	defer cancel()
	conn, err := a.g.cfg.Dial(ctx, "tcp", a.target.String())
	if err != nil {
		return nil, err
	}
	return halfConn(conn), nil
}

// patience is how long the segments of an attempt that got no answer go on
// coming after the host has given up: Linux sends the last but one after 63 s.
const patience = 70 * time.Second

// unconnected tells the app what the host met.
func (a *attempt) unconnected(err error) {
	why, icmp := dialError(err)
	switch {
	case a.g.ctx.Err() != nil:
		a.refuse("ended before the server answered", nil)
	case why == noAnswer:
		a.g.failed(a.info, why)
		time.AfterFunc(patience, func() { a.answer(nil) })
	case icmp >= 0:
		a.refuse(why, unreachable(a.syn, icmp))
	default:
		a.refuse(why, reset(a.syn))
	}
}

const noAnswer = "no answer"

// dialError says in words what went wrong, and which ICMP error tells the app
// so; -1 if that is a reset.
func dialError(err error) (string, reason) {
	var slow net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused by the server", -1
	case errors.Is(err, syscall.EHOSTUNREACH):
		return "host unreachable", hostUnreachable
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return "network unreachable", netUnreachable
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return "forbidden by the host's firewall", prohibited
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return noAnswer, -1
	}
	return err.Error(), -1
}

// accept completes the handshake with the app.
func (a *attempt) accept() (*appConn, error) {
	type made struct {
		conn *appConn
		err  error
	}
	done := make(chan made, 1)
	go func() {
		var q waiter.Queue
		ep, err := a.r.CreateEndpoint(&q)
		a.answer(nil)
		if err != nil {
			done <- made{err: errors.New(err.String())}
			return
		}
		done <- made{conn: newAppConn(ep, &q, a.g.gone)}
	}()
	select {
	case m := <-done:
		return m.conn, m.err
	case <-a.g.ctx.Done():
		go func() {
			if m := <-done; m.conn != nil {
				_ = m.conn.Abort()
			}
		}()
		return nil, a.g.ctx.Err()
	}
}

// names serves DNS on the connection, whomever the app meant to ask.
func (a *attempt) names() {
	app, err := a.accept()
	if err != nil {
		a.g.failed(a.info, "the app was gone before it was answered: "+err.Error())
		return
	}
	a.g.serveDNS(app, a.info)
}

// tcpipError is what the stack says, in the words of the system.
func tcpipError(err tcpip.Error) error {
	switch err.(type) {
	case *tcpip.ErrConnectionReset:
		return syscall.ECONNRESET
	case *tcpip.ErrConnectionAborted, *tcpip.ErrAborted:
		return syscall.ECONNABORTED
	case *tcpip.ErrTimeout:
		return syscall.ETIMEDOUT
	case *tcpip.ErrClosedForSend:
		return syscall.EPIPE
	}
	return errors.New(err.String())
}
