package proxy

import (
	"errors"
	"io"
	"net"
	"sync"
)

// relay passes bytes both ways until both sides have closed, keeps them as
// turns of the exchange. A tunnel may stay open for long and does not count
// as an open exchange meanwhile. The caller records it.
func (s *session) relay(x *exchange, up *upstream) {
	x.end()
	var both sync.WaitGroup
	var out, in error
	both.Go(func() { out = pass(x, s.app, up.link, true) })
	both.Go(func() { in = pass(x, up.link, s.app, false) })
	both.Wait()
	switch {
	case out != nil:
		x.fail("the tunnel broke: %s", describe(out))
	case in != nil:
		x.fail("the tunnel broke: %s", describe(in))
	}
}

// pass copies one direction. At its end it tells the other side; after an
// error both directions end.
func pass(x *exchange, from, to *link, out bool) error {
	for {
		b, err := from.next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			to.closeWrite()
			return nil
		}
		if err == nil {
			x.turn(out, b)
			_, err = to.Write(b)
			from.skip(len(b))
		}
		if err != nil {
			_ = from.Close()
			_ = to.Close()
			if errors.Is(err, net.ErrClosed) && !x.p.ended() {
				return nil // the other direction has closed it, and says why
			}
			return err
		}
	}
}
