package chat

import (
	"context"
	"errors"
	"sync"
	"time"
)

// errDown means that the connection ended before the answer came.
var errDown = errors.New("the connection was lost")

// uplink keeps one logged-in connection to the directory or to a relay, and
// makes it anew when it breaks.
type uplink struct {
	c       *Client
	service string
	addr    string
	firstIn chan struct{} // closed at the first login
	welcome answer        // set before firstIn is closed

	mu      sync.Mutex
	conn    *lineConn     // nil while down
	up      chan struct{} // closed while up
	seq     int64
	waiting map[int64]chan answer
}

func newUplink(c *Client, service, addr string) *uplink {
	return &uplink{
		c: c, service: service, addr: addr, firstIn: make(chan struct{}),
		up: make(chan struct{}), waiting: map[int64]chan answer{},
	}
}

// first waits for the first login and returns the server's answer to it.
func (u *uplink) first(ctx context.Context) (answer, error) {
	select {
	case <-u.firstIn:
		return u.welcome, nil
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
}

// run connects until ctx is done, waiting longer after each failure.
func (u *uplink) run(ctx context.Context) {
	const shortest, longest = 50 * time.Millisecond, 2 * time.Second
	told := false
	for wait := shortest; ctx.Err() == nil; wait = min(2*wait, longest) {
		loggedIn, err := u.once(ctx)
		if ctx.Err() != nil {
			return
		}
		if loggedIn {
			wait, told = shortest, false
		}
		u.c.log.Debug("uplink down", "service", u.service, "err", err)
		if !loggedIn && !told {
			u.c.fail(u.service+" "+u.addr+": "+err.Error()+"; trying again", "")
			told = true
		}
		pause(ctx, wait)
	}
}

// pause waits for d or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// once makes one connection and reads it to its end.
func (u *uplink) once(ctx context.Context) (loggedIn bool, err error) {
	host, port, err := hostPort(u.addr)
	if err != nil {
		return false, err
	}
	conn, err := u.c.cfg.Dialer.DialName(ctx, host, port)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	l := newLineConn(conn)
	welcome, err := logIn(l, u.c.id, u.service, request{Name: u.c.cfg.Account, Peer: u.c.peer})
	if err != nil {
		return false, err
	}
	// Frames are worked on aside, so that a slow one holds up no answer. A
	// relay sends no more than fit before they are taken.
	work := make(chan answer, 2*maxInFlight)
	defer close(work)
	u.c.wg.Go(func() {
		for a := range work {
			u.c.event(ctx, l, a)
		}
	})
	u.rise(l, welcome)
	defer u.fall()
	return true, u.read(l, work)
}

func (u *uplink) read(l *lineConn, work chan<- answer) error {
	for {
		a, err := l.answer()
		if err != nil {
			return err
		}
		if a.Event != "" {
			work <- a
			continue
		}
		u.mu.Lock()
		ch := u.waiting[a.Seq]
		delete(u.waiting, a.Seq)
		u.mu.Unlock()
		if ch != nil {
			ch <- a
		}
	}
}

func (u *uplink) rise(l *lineConn, welcome answer) {
	u.mu.Lock()
	u.conn = l
	close(u.up)
	u.mu.Unlock()
	select {
	case <-u.firstIn:
	default:
		u.welcome = welcome
		close(u.firstIn)
	}
}

func (u *uplink) fall() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.conn, u.up = nil, make(chan struct{})
	for seq, ch := range u.waiting {
		delete(u.waiting, seq)
		close(ch)
	}
}

// call sends a request and waits for its answer; while the connection is
// down it waits for the next one, as long as ctx lasts.
func (u *uplink) call(ctx context.Context, r request) (answer, error) {
	l, seq, ch, err := u.register(ctx)
	if err != nil {
		return answer{}, err
	}
	r.Seq = seq
	if err := l.write(r); err != nil {
		u.forget(seq)
		return answer{}, err
	}
	select {
	case a, ok := <-ch:
		if !ok {
			return answer{}, errDown
		}
		if a.Error != "" {
			return answer{}, refusal(a.Error)
		}
		return a, nil
	case <-ctx.Done():
		u.forget(seq)
		return answer{}, errors.New("no answer in time")
	}
}

// register waits for a connection and books a place for the answer.
func (u *uplink) register(ctx context.Context) (*lineConn, int64, chan answer, error) {
	for {
		u.mu.Lock()
		if u.conn != nil {
			u.seq++
			seq, ch := u.seq, make(chan answer, 1)
			u.waiting[seq] = ch
			l := u.conn
			u.mu.Unlock()
			return l, seq, ch, nil
		}
		up := u.up
		u.mu.Unlock()
		select {
		case <-up:
		case <-ctx.Done():
			return nil, 0, nil, errors.New("not connected")
		}
	}
}

func (u *uplink) forget(seq int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.waiting, seq)
}
