package irc

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"example.org/telltale/internal/driver/ends"
	"example.org/telltale/internal/driver/wire"
)

const (
	// farewell is how long the server may take to end a session that we quit.
	farewell = 2 * time.Second
	// writing bounds one write.
	writing = 30 * time.Second
	// mostBatches that a server may have open at once.
	mostBatches = 64
)

// session is one connection. step is called by one goroutine at a time: by
// Open first, and then by run.
type session struct {
	e    *End
	conn net.Conn
	in   *bufio.Reader
	hear func(ends.Event)
	done chan struct{}

	writes sync.Mutex

	mu sync.Mutex
	f  features
	// nick is ours, source is how others see us, empty until known.
	nick, source string
	caps         map[string]bool
	login        *login
	// posted is the message that is under way, or was the last one.
	posted *posted
	// waits are PINGs by token, closed by their PONGs.
	waits   map[string]chan struct{}
	batches map[string]batch
	// live is set when Open is through.
	live, closing bool
	// gone is set when the session ended because the server did, hasty when
	// it ended because we were too fast.
	gone, hasty bool
	// last is why the server ends the session; slow why it wants it slower,
	// when no message was under way.
	last, slow string
}

// batch is an open batch of IRCv3: of which kind, and answering which label.
type batch struct{ kind, label string }

func newSession(e *End, conn net.Conn, hear func(ends.Event)) *session {
	return &session{
		e: e, conn: conn, in: bufio.NewReaderSize(conn, longestLine), hear: hear, done: make(chan struct{}),
		f: usual(), nick: nickOf(e.cfg.Account), caps: map[string]bool{},
		waits: map[string]chan struct{}{}, batches: map[string]batch{},
	}
}

// send writes lines.
func (s *session) send(lines ...string) error {
	s.writes.Lock()
	defer s.writes.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(writing)) // a connection without deadlines fails in Write
	_, err := io.WriteString(s.conn, strings.Join(lines, "\r\n")+"\r\n")
	if err != nil {
		return fmt.Errorf("writing to %s: %w", s.e.plan.Addr, err)
	}
	return nil
}

// step reads one line and does what it asks for.
func (s *session) step() error {
	raw, err := s.in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return fmt.Errorf("the server sent a line of over %d bytes", longestLine)
	case err != nil:
		return err
	}
	l, err := parse(strings.ToValidUTF8(strings.TrimRight(string(raw), "\r\n"), "\uFFFD"))
	if err != nil {
		return nil // lines that say nothing are skipped, as by every client
	}
	return s.handle(l)
}

// run hears until the connection ends, and says that it ended.
func (s *session) run() {
	defer close(s.done)
	var err error
	for err == nil {
		err = s.step()
	}
	_ = s.conn.Close() // it is over in any case
	s.mu.Lock()
	words, closing := s.last, s.closing
	s.hasty = wire.Hasty(words) || s.posted.slowed()
	hasty := s.hasty
	s.mu.Unlock()
	if closing || hasty { // too fast is no answer: the next call logs in again
		return
	}
	reason, gone := words, s.e.plan.Gone(s.e.cfg.Dial, words, "PING :here\r\n")
	if reason == "" {
		reason = "the connection ended without a word: " + err.Error()
	}
	s.mu.Lock()
	s.last, s.gone = reason, gone
	s.mu.Unlock()
	s.e.cfg.Log.Debug("an IRC session ended", "account", s.e.cfg.Account.Name, "reason", reason, "server gone", gone)
	if !gone {
		s.hear(ends.Event{Kind: ends.Ended, At: s.e.cfg.Clock(), Reason: reason})
	}
}

// failure is why nothing can be asked in a session that is over.
func (s *session) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.gone:
		return fmt.Errorf("the server is gone: %s", s.last)
	case s.hasty:
		return hasteError{s.last}
	}
	return errEnded
}

// ping sends lines and a PING, and gives the channel that its PONG closes. If
// they are a message's, it is under way until then.
func (s *session) ping(post *posted, lines ...string) (<-chan struct{}, error) {
	var b [6]byte
	if _, err := io.ReadFull(s.e.cfg.Random, b[:]); err != nil {
		return nil, fmt.Errorf("no random bytes: %w", err)
	}
	token := hex.EncodeToString(b[:])
	answered := make(chan struct{})
	s.mu.Lock()
	s.waits[token] = answered
	if post != nil {
		post.fence, post.waiting = answered, true
		s.posted, s.slow = post, ""
	}
	s.mu.Unlock()
	return answered, s.send(append(lines, "PING :"+token)...)
}

// fence returns when the server has answered everything said before.
func (s *session) fence(ctx context.Context, lines ...string) error {
	answered, err := s.ping(nil, lines...)
	if err != nil {
		s.drain() // the session is over before anybody asks again
		return errors.Join(s.failure(), err)
	}
	return s.await(ctx, answered)
}

func (s *session) await(ctx context.Context, answered <-chan struct{}) error {
	select {
	case <-answered:
		return nil
	case <-s.done:
		select {
		case <-answered: // the server did answer before it ended the session
			return nil
		default:
		}
		return s.failure()
	case <-ctx.Done():
		return fmt.Errorf("%s does not answer: %w", s.e.plan.Addr, context.Cause(ctx))
	}
}

var errEnded = errors.New("the session has ended")

// pong wakes whoever waits for the token, which stands last.
func (s *session) pong(l line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.waits[l.last()]; ok {
		close(c)
		delete(s.waits, l.last())
		if s.posted != nil && s.posted.fence == c {
			s.posted.waiting = false
		}
	}
}

// quit ends the session in good order, and waits until it has ended. The
// server closes the connection when the nick is free again.
func (s *session) quit() {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	if err := s.send("QUIT :bye"); err == nil {
		s.drain()
		return
	}
	_ = s.conn.Close() // nothing is left to be said
	<-s.done
}

// drain lets the server say its last words, and then ends the connection.
func (s *session) drain() {
	timer := time.NewTimer(farewell)
	defer timer.Stop()
	select {
	case <-s.done:
	case <-timer.C:
		_ = s.conn.Close() // the reader notices
		<-s.done
	}
}

// over reports whether the session has ended.
func (s *session) over() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}
