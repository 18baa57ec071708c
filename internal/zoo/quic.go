package zoo

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"
)

// quicConfig waits as long as everybody else.
func quicConfig() *quic.Config {
	return &quic.Config{HandshakeIdleTimeout: patience, MaxIdleTimeout: patience, EnableDatagrams: true, Allow0RTT: true}
}

// dialQUIC begins a connection.
func dialQUIC(addr string, config *tls.Config) (*quic.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return quic.DialAddr(ctx, addr, config, quicConfig())
}

// The frames of HTTP/3 (RFC 9114, section 7.2).
const (
	frameData     = 0
	frameHeaders  = 1
	frameSettings = 4
)

func appendFrame(b []byte, kind uint64, payload []byte) []byte {
	b = quicvarint.Append(quicvarint.Append(b, kind), uint64(len(payload)))
	return append(b, payload...)
}

// request packs a request (RFC 9204, appendix A: 20 is POST, 23 https, 0 the
// authority and 1 the path).
func request(host, path, body string) []byte {
	head := []byte{0, 0, 0xc0 | 20, 0xc0 | 23, 0x50, byte(len(host))}
	head = append(append(append(head, host...), 0x51, byte(len(path))), path...)
	return appendFrame(appendFrame(nil, frameHeaders, head), frameData, []byte(body))
}

// settings opens the control stream.
func settings(c *quic.Conn) error {
	s, err := c.OpenUniStream()
	if err != nil {
		return err
	}
	_, err = s.Write(appendFrame([]byte{0}, frameSettings, nil))
	return err
}

// content joins the payloads of the DATA frames.
func content(b []byte) (all []byte) {
	for r := bytes.NewReader(b); r.Len() > 0; {
		kind, err := quicvarint.Read(r)
		size, err2 := quicvarint.Read(r)
		if err != nil || err2 != nil || size > uint64(r.Len()) {
			return all
		}
		payload := make([]byte, size)
		_, _ = io.ReadFull(r, payload)
		if kind == frameData {
			all = append(all, payload...)
		}
	}
	return all
}

// post sends the token over HTTP/3 and wants it back.
func post(c *quic.Conn, token, host string) error {
	if err := settings(c); err != nil {
		return err
	}
	s, err := c.OpenStream()
	if err != nil {
		return err
	}
	if _, err := s.Write(request(host, "/h3/"+token, "body "+token)); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	b, err := io.ReadAll(s)
	if err == nil && !strings.Contains(string(content(b)), "body "+token) {
		err = fmt.Errorf("the answer is %q", b)
	}
	return errors.Join(err, c.CloseWithError(0x100, ""))
}

// postHTTP3 posts the token and does not take TCP.
func postHTTP3(token, addr string) error { return postTo(token, addr, &tls.Config{}) }

func postTo(token, addr string, config *tls.Config) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	config.NextProtos = []string{"h3"}
	c, err := dialQUIC(addr, config)
	if err != nil {
		return err
	}
	return post(c, token, host)
}

// http3Pinned trusts one certificate alone.
func http3Pinned(token, where string) error {
	addr, sum, _ := strings.Cut(where, "#")
	return insist(func() error { return postTo(token, addr, pin(sum)) })
}

// ownQUIC speaks a protocol of its own: streams of both ways and of one, and
// datagrams.
func ownQUIC(token, addr string) error {
	c, err := dialQUIC(addr, &tls.Config{NextProtos: []string{"zoo/1"}})
	if err != nil {
		return err
	}
	defer c.CloseWithError(0, "")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, err := c.OpenStream()
	if err != nil {
		return err
	}
	if err := echo3(s, s, "both ways "+token); err != nil {
		return err
	}
	one, err := c.OpenUniStream()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(one, "one way "+token); err != nil {
		return err
	}
	if err := one.Close(); err != nil {
		return err
	}
	back, err := c.AcceptUniStream(ctx)
	if err != nil {
		return err
	}
	if b, err := io.ReadAll(back); err != nil || string(b) != "one way "+token {
		return fmt.Errorf("%q came back: %w", b, err)
	}
	return exchangeDatagrams(c, token)
}

// exchangeDatagrams sends a datagram, again if it is lost, until one comes.
func exchangeDatagrams(c *quic.Conn, token string) error {
	var errs []error
	for range int(patience / time.Second) {
		if err := c.SendDatagram([]byte("datagram " + token)); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_, err := c.ReceiveDatagram(ctx)
		if cancel(); err == nil {
			return nil
		}
		errs = append(errs[:0], err)
	}
	return errors.Join(errs...)
}

// echo3 sends a text on a stream and wants it back.
func echo3(w io.WriteCloser, r io.Reader, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if b, err := io.ReadAll(r); err != nil || string(b) != text {
		return fmt.Errorf("%q came back: %w", b, err)
	}
	return nil
}

// quic serves HTTP/3 and zoo/1.
func (k *Keeper) quic(err *error) string {
	l, e := quic.ListenAddrEarly("127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{k.Cert}, NextProtos: []string{"h3", "zoo/1"}}, quicConfig())
	if e != nil {
		*err = errors.Join(*err, e)
		return ""
	}
	k.keep(l)
	k.jobs.Go(func() {
		for {
			c, err := l.Accept(context.Background())
			if err != nil {
				return
			}
			k.keep(closing{c})
			k.jobs.Go(func() { k.connection(c) })
		}
	})
	return l.Addr().String()
}

// closing is a connection as something to be closed.
type closing struct{ *quic.Conn }

func (c closing) Close() error { return c.CloseWithError(0, "") }

// connection answers on every stream, and to datagrams.
func (k *Keeper) connection(c *quic.Conn) {
	ctx := c.Context()
	select {
	case <-c.HandshakeComplete():
	case <-ctx.Done():
		return
	}
	if c.ConnectionState().TLS.NegotiatedProtocol == "h3" {
		k.http3(c)
		return
	}
	k.jobs.Go(func() {
		for s, err := c.AcceptUniStream(ctx); err == nil; s, err = c.AcceptUniStream(ctx) {
			k.jobs.Go(func() { k.oneWay(c, s) })
		}
	})
	k.jobs.Go(func() {
		for b, err := c.ReceiveDatagram(ctx); err == nil; b, err = c.ReceiveDatagram(ctx) {
			k.note(b)
			_ = c.SendDatagram(b)
		}
	})
	for s, err := c.AcceptStream(ctx); err == nil; s, err = c.AcceptStream(ctx) {
		k.jobs.Go(func() {
			defer s.Close()
			b, _ := io.ReadAll(s)
			k.note(b)
			_, _ = s.Write(b)
		})
	}
}

// oneWay sends back what comes on a stream, on another.
func (k *Keeper) oneWay(c *quic.Conn, s *quic.ReceiveStream) {
	b, err := io.ReadAll(s)
	if err != nil {
		return
	}
	k.note(b)
	if back, err := c.OpenUniStream(); err == nil {
		_, _ = back.Write(b)
		_ = back.Close()
	}
}
