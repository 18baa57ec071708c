package chat

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/flynn/noise"
)

// Waits of sessions.
const (
	handshakeWait = 3 * time.Second
	// ackWait is how long a peer may take over one message, monitor and
	// showing included, before another way is tried.
	ackWait = 10 * time.Second
)

// sessionPrologue names protocol and version; both sides must agree on it.
const sessionPrologue = "telltale lab session 1"

// maxPacket is the largest packet of a session: two bytes of length.
const maxPacket = 1<<16 - 1

// session is one open Noise IK connection between two clients. Every packet
// is two bytes of length, big endian, and a Noise message.
type session struct {
	peer string
	conn net.Conn
	dec  *noise.CipherState // used by the reading goroutine alone
	done chan struct{}
	once sync.Once

	wmu sync.Mutex // guards enc and writes
	enc *noise.CipherState

	mu   sync.Mutex
	acks map[string]chan struct{}
}

func newSession(peer string, conn net.Conn, enc, dec *noise.CipherState) *session {
	return &session{
		peer: peer, conn: conn, enc: enc, dec: dec,
		done: make(chan struct{}), acks: map[string]chan struct{}{},
	}
}

func (s *session) close() {
	s.once.Do(func() {
		close(s.done)
		s.conn.Close()
	})
}

// writePacket sends p with its length, in one write.
func writePacket(w io.Writer, p []byte) error {
	if len(p) > maxPacket {
		return fmt.Errorf("packet of %d bytes is too long", len(p))
	}
	_, err := w.Write(append(binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(p)), uint16(len(p))), p...))
	return err
}

// readPacket reads one packet.
func readPacket(r io.Reader) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	p := make([]byte, binary.BigEndian.Uint16(head[:]))
	_, err := io.ReadFull(r, p)
	return p, err
}

// write sends one body.
func (s *session) write(b body) error {
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	s.wmu.Lock()
	defer s.wmu.Unlock()
	box, err := s.enc.Encrypt(nil, nil, text)
	if err != nil {
		return err
	}
	if err := s.conn.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return err
	}
	return writePacket(s.conn, box)
}

// read returns the next body.
func (s *session) read() (body, error) {
	box, err := readPacket(s.conn)
	if err != nil {
		return body{}, err
	}
	text, err := s.dec.Decrypt(nil, nil, box)
	if err != nil {
		return body{}, fmt.Errorf("packet does not open: %w", err)
	}
	return parseBody(text)
}

// send writes a message and waits until the peer has taken it over. Receipts
// are not acknowledged.
func (s *session) send(ctx context.Context, b body) error {
	if b.Kind != bodyMessage {
		return s.write(b)
	}
	ack := make(chan struct{})
	s.mu.Lock()
	s.acks[b.ID] = ack
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.acks, b.ID)
	}()
	if err := s.write(b); err != nil {
		return err
	}
	timer := time.NewTimer(ackWait)
	defer timer.Stop()
	select {
	case <-ack:
		return nil
	case <-s.done:
		return errDown
	case <-timer.C:
		return errors.New("the peer did not take the message over")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// acked wakes the sender of message id, once.
func (s *session) acked(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch := s.acks[id]; ch != nil {
		close(ch)
		delete(s.acks, id)
	}
}
