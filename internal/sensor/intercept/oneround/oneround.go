// Package oneround plays a TLS 1.3 server (RFC 8446) to an app that sends
// data before the handshake's end (0-RTT): it turns that data down, so that
// the app sends it again inside the connection. The TLS of the standard
// library ends such a handshake with an alert, which apps take for a failure.
//
// There is one certificate, no resumption and no wish for a certificate of
// the app. Everything else goes the usual way.
package oneround

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// Config says what the app is shown.
type Config struct {
	// Certificate has a key on P-256.
	Certificate *tls.Certificate
	// Protocol is the application protocol chosen (RFC 7301); may be empty.
	Protocol string
	// KeyLog gets the secrets, a line by one Write; nil means nobody.
	KeyLog io.Writer
}

// maxSkipped bounds the early data that is passed over.
const maxSkipped = 16 << 20

// Conn is a connection whose handshake is done. One goroutine reads and one
// writes at a time.
type Conn struct {
	net.Conn
	config Config
	schedule
	raw     []byte // read, not yet taken apart
	plain   []byte // taken apart, not yet read
	message []byte // a handshake message, as far as it came
	readErr error
	in, out *keys
	skipped int // octets of early data; -1 when no more is expected

	writing sync.Mutex
	buffer  []byte
}

// Can reports whether Serve can answer a hello, given as it was sent.
func Can(records []byte) bool {
	c := &Conn{raw: records}
	message, err := c.hello()
	if err != nil {
		return false
	}
	_, ok := parse(message)
	return ok
}

// Serve reads the app's hello and does the handshake. The connection's
// deadlines hold.
func Serve(conn net.Conn, config Config) (*Conn, error) {
	if _, ok := config.Certificate.PrivateKey.(*ecdsa.PrivateKey); !ok {
		return nil, errors.New("oneround: the certificate's key is not on P-256")
	}
	c := &Conn{Conn: conn, config: config}
	message, err := c.hello()
	if err != nil {
		return nil, err
	}
	hello, ok := parse(message)
	if !ok {
		return nil, errors.New("oneround: the app's hello offers nothing that can be answered")
	}
	if err := c.answer(message, hello); err != nil {
		return nil, err
	}
	return c, c.finished()
}

// hello reads the first handshake message, header included.
func (c *Conn) hello() ([]byte, error) {
	for {
		kind, body, err := c.record()
		if err != nil {
			return nil, err
		}
		if kind != typeHandshake {
			return nil, fmt.Errorf("oneround: a record of type %d instead of a hello", kind)
		}
		c.message = append(c.message, body[recordHeader:]...)
		if message, ok := c.next(); ok {
			return message, nil
		}
		if len(c.message) > maxMessage {
			return nil, errTooLong
		}
	}
}

// next takes a whole handshake message.
func (c *Conn) next() ([]byte, bool) {
	if len(c.message) < 4 {
		return nil, false
	}
	size := 4 + (int(c.message[1])<<16 | int(c.message[2])<<8 | int(c.message[3]))
	if len(c.message) < size {
		return nil, false
	}
	message := c.message[:size:size]
	c.message = c.message[size:]
	return message, true
}

// answer sends the server's flight.
func (c *Conn) answer(message []byte, hello clientHello) error {
	key, err := hello.curve.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	shared, err := key.ECDH(hello.share)
	if err != nil {
		return fmt.Errorf("oneround: the app's key: %w", err)
	}
	random := make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		return err
	}
	c.begin(hello.suite, hello.random, c.config.KeyLog)
	c.add(message)
	first := serverHello(hello, random, key.PublicKey().Bytes())
	c.add(first)
	if err := c.handshake(shared); err != nil {
		return err
	}
	c.in, c.out = c.suite.keys(c.client), c.suite.keys(c.server)
	flight := append(plainRecord(typeHandshake, first), plainRecord(typeChangeCipher, []byte{1})...)
	messages, err := c.rest(hello)
	if err != nil {
		return err
	}
	for len(messages) > 0 {
		n := min(len(messages), maxPlain)
		flight = c.out.seal(flight, typeHandshake, messages[:n])
		messages = messages[n:]
	}
	_, err = c.Conn.Write(flight)
	return err
}

// rest makes the messages after the hello, and the secrets of what follows.
func (c *Conn) rest(hello clientHello) ([]byte, error) {
	all := encryptedExtensions(c.config.Protocol)
	all = append(all, certificates(c.config.Certificate.Certificate)...)
	c.add(all)
	verify, err := certificateVerify(c.config.Certificate, c.sum())
	if err != nil {
		return nil, err
	}
	c.add(verify)
	finished := message(20, c.finish(c.server))
	c.add(finished)
	return append(append(all, verify...), finished...), c.application()
}
