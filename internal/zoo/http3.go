package zoo

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/quic-go/quic-go"

	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/flow/http3"
)

// reader3 understands the requests of an HTTP/3 connection.
type reader3 struct {
	mu   sync.Mutex
	conn *http3.Conn
	// asked are the requests under way, by exchange.
	asked map[uint64]*asked
}

type asked struct {
	head, body strings.Builder
	whole      chan struct{}
}

// hear takes what is told of requests. The lock is held.
func (r *reader3) hear(e flow.Event) {
	a := r.asked[e.Exchange]
	if a == nil {
		a = &asked{whole: make(chan struct{})}
		r.asked[e.Exchange] = a
	}
	switch {
	case e.Kind == flow.EventHead:
		a.head.Write(e.Bytes)
	case e.Kind == flow.EventBody:
		a.body.Write(e.Bytes)
	case e.Kind == flow.EventEnd && e.Out:
		close(a.whole)
	}
}

// take reads a stream to its end.
func (r *reader3) take(id quic.StreamID, from io.Reader) {
	b := make([]byte, 4096)
	for {
		n, err := from.Read(b)
		r.mu.Lock()
		r.conn.Octets(uint64(id), true, b[:n])
		if err == io.EOF {
			r.conn.End(uint64(id), true, "")
		}
		r.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// request waits for that of a stream, of which some may come on others.
func (r *reader3) request(c *quic.Conn, id quic.StreamID) (path, body string, ok bool) {
	r.mu.Lock()
	a := r.asked[uint64(id)+1]
	r.mu.Unlock()
	if a == nil {
		return "", "", false
	}
	select {
	case <-a.whole:
	case <-c.Context().Done():
		return "", "", false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	words := strings.Fields(a.head.String())
	if len(words) < 2 {
		return "", "", false
	}
	return words[1], a.body.String(), true
}

// http3 answers requests. It lets clients use a table of header lines, and
// has pictures on every page, so that there is a use for it.
func (k *Keeper) http3(c *quic.Conn) {
	r := &reader3{asked: map[uint64]*asked{}}
	r.conn = http3.New(http3.Limits{}, r.hear)
	if s, err := c.OpenUniStream(); err == nil {
		_, _ = s.Write(appendFrame([]byte{0}, frameSettings, []byte{1, 0x50, 0, 7, 16})) // 4096 octets, 16 may wait
	}
	r.mu.Lock()
	r.conn.Octets(3, false, appendFrame([]byte{0}, frameSettings, []byte{1, 0x50, 0}))
	r.mu.Unlock()
	k.jobs.Go(func() {
		for s, err := c.AcceptUniStream(c.Context()); err == nil; s, err = c.AcceptUniStream(c.Context()) {
			k.jobs.Go(func() { r.take(s.StreamID(), s) })
		}
	})
	for s, err := c.AcceptStream(c.Context()); err == nil; s, err = c.AcceptStream(c.Context()) {
		k.jobs.Go(func() {
			defer s.Close()
			r.take(s.StreamID(), s)
			path, body, ok := r.request(c, s.StreamID())
			if !ok {
				s.CancelWrite(0x10e) // H3_MESSAGE_ERROR
				return
			}
			k.note([]byte(path + " " + body + "\n"))
			_, _ = s.Write(page(path, body))
		})
	}
}

// page is an answer (RFC 9204, appendix A: 25 is the status 200, 52 a page of
// HTML).
func page(path, body string) []byte {
	text := fmt.Sprintf("<p>you asked for %s with %s</p>", path, body)
	for i := range 4 * min(1, strings.Count(path, "page")) {
		text += fmt.Sprintf("<img src=/picture-%d%s>", i, strings.TrimPrefix(path, "/page"))
	}
	return appendFrame(appendFrame(nil, frameHeaders, []byte{0, 0, 0xc0 | 25, 0xc0 | 52}), frameData, []byte(text))
}
