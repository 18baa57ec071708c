package oneround

import (
	"crypto/hmac"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
)

// The record layer (RFC 8446, section 5).
const (
	recordHeader     = 5
	typeChangeCipher = 20
	typeAlert        = 21
	typeHandshake    = 22
	typeData         = 23
	maxPlain         = 16 << 10
	maxRecord        = maxPlain + 256
	readAhead        = 32 << 10
	alertBadRecord   = 20
	alertUnexpected  = 10
	alertDecrypt     = 51
)

var errTooLong = errors.New("oneround: a record or a message is longer than any may be")

func plainRecord(kind byte, body []byte) []byte {
	return append([]byte{kind, 3, 3, byte(len(body) >> 8), byte(len(body))}, body...)
}

// record reads one record, header included. What came of it stays where it is
// when reading fails, so that a deadline loses nothing.
func (c *Conn) record() (kind byte, record []byte, err error) {
	for {
		if len(c.raw) >= recordHeader {
			size := recordHeader + (int(c.raw[3])<<8 | int(c.raw[4]))
			if size > recordHeader+maxRecord {
				return 0, nil, errTooLong
			}
			if len(c.raw) >= size {
				record, c.raw = c.raw[:size:size], c.raw[size:]
				return record[0], record, nil
			}
		}
		if c.Conn == nil {
			return 0, nil, io.ErrUnexpectedEOF
		}
		if err := c.fill(); err != nil {
			return 0, nil, err
		}
	}
}

func (c *Conn) fill() error {
	if cap(c.raw)-len(c.raw) < maxRecord {
		c.raw = append(make([]byte, 0, len(c.raw)+readAhead), c.raw...)
	}
	n, err := c.Conn.Read(c.raw[len(c.raw):cap(c.raw)])
	c.raw = c.raw[:len(c.raw)+n]
	if n > 0 {
		return nil
	}
	if errors.Is(err, io.EOF) && len(c.raw) > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

// protected reads one record and takes its protection off. Early data cannot
// be read, and is passed over.
func (c *Conn) protected() (kind byte, plain []byte, err error) {
	for {
		kind, record, err := c.record()
		switch {
		case err != nil:
			return 0, nil, err
		case kind == typeChangeCipher && c.skipped >= 0:
			continue
		case kind == typeAlert && c.skipped >= 0 && len(record) == recordHeader+2:
			return kind, record[recordHeader:], nil
		case kind != typeData:
			return 0, nil, c.abandon(alertUnexpected, fmt.Sprintf("a record of type %d", kind))
		}
		inner, plain, ok := c.in.open(record)
		if ok {
			c.skipped = -1
			return inner, plain, nil
		}
		if c.skipped < 0 {
			return 0, nil, c.abandon(alertBadRecord, "a record that cannot be opened")
		}
		if c.skipped += len(record); c.skipped > maxSkipped {
			return 0, nil, c.abandon(alertBadRecord, "too much early data")
		}
	}
}

// abandon tells the app and returns the error.
func (c *Conn) abandon(alert byte, reason string) error {
	_ = c.send(typeAlert, []byte{2, alert}) // it may be gone
	return errors.New("oneround: " + reason)
}

// finished waits for the app's end of the handshake.
func (c *Conn) finished() error {
	want := c.finish(c.client)
	for {
		kind, plain, err := c.protected()
		if err != nil {
			return err
		}
		if kind == typeAlert {
			return alerted(plain)
		}
		if kind != typeHandshake {
			return c.abandon(alertUnexpected, "data inside the handshake")
		}
		c.message = append(c.message, plain...)
		message, ok := c.next()
		switch {
		case !ok && len(c.message) > maxMessage:
			return errTooLong
		case !ok:
			continue
		case message[0] != msgFinished || !hmac.Equal(message[4:], want):
			return c.abandon(alertDecrypt, "the app's end of the handshake is wrong")
		}
		c.in, c.out = c.suite.keys(c.nextClient), c.suite.keys(c.nextServer)
		return nil
	}
}

// alerted returns the error that an alert stands for.
func alerted(alert []byte) error {
	if len(alert) == 2 && alert[1] == 0 {
		return io.EOF
	}
	if len(alert) != 2 {
		return errors.New("oneround: a malformed alert")
	}
	return &net.OpError{Op: "remote error", Err: tls.AlertError(alert[1])}
}

// Read reads what the app sends.
func (c *Conn) Read(b []byte) (int, error) {
	for len(c.plain) == 0 {
		if c.readErr != nil {
			return 0, c.readErr
		}
		kind, plain, err := c.protected()
		if err == nil {
			err = c.take(kind, plain)
		}
		if err != nil {
			var late net.Error
			if !errors.As(err, &late) || !late.Timeout() {
				c.readErr = err
			}
			return 0, err
		}
	}
	n := copy(b, c.plain)
	c.plain = c.plain[n:]
	return n, nil
}

// take deals with what was in a record.
func (c *Conn) take(kind byte, plain []byte) error {
	switch kind {
	case typeData:
		c.plain = plain
		return nil
	case typeAlert:
		return alerted(plain)
	case typeHandshake:
		c.message = append(c.message, plain...)
		for {
			message, ok := c.next()
			if !ok {
				break
			}
			if err := c.updated(message); err != nil {
				return err
			}
		}
		if len(c.message) > maxMessage {
			return errTooLong
		}
		return nil
	}
	return c.abandon(alertUnexpected, fmt.Sprintf("content of type %d", kind))
}

// updated deals with a KeyUpdate (RFC 8446, section 4.6.3).
func (c *Conn) updated(message []byte) error {
	if message[0] != msgKeyUpdate || len(message) != 5 {
		return c.abandon(alertUnexpected, fmt.Sprintf("a message of type %d", message[0]))
	}
	c.in = c.in.update()
	if message[4] == 0 {
		return nil
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	err := c.sendLocked(typeHandshake, []byte{msgKeyUpdate, 0, 0, 1, 0})
	c.out = c.out.update()
	return err
}

// Write sends b.
func (c *Conn) Write(b []byte) (int, error) {
	for sent := 0; ; {
		n := min(len(b)-sent, maxPlain)
		if n == 0 {
			return sent, nil
		}
		if err := c.send(typeData, b[sent:sent+n]); err != nil {
			return sent, err
		}
		sent += n
	}
}

// CloseWrite says that nothing more comes.
func (c *Conn) CloseWrite() error { return c.send(typeAlert, []byte{1, 0}) }

func (c *Conn) send(kind byte, plain []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.sendLocked(kind, plain)
}

func (c *Conn) sendLocked(kind byte, plain []byte) error {
	if c.out == nil {
		return nil
	}
	c.buffer = c.out.seal(c.buffer[:0], kind, plain)
	_, err := c.Conn.Write(c.buffer)
	return err
}
