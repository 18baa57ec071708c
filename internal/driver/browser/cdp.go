package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// maxMessage bounds one message of the browser.
const maxMessage = 64 << 20

// link carries messages of the Chrome DevTools Protocol.
type link interface {
	write(b []byte) error
	read() ([]byte, error)
	io.Closer
}

// pipeLink is a link over two pipes; each message ends with a zero byte.
type pipeLink struct {
	out io.WriteCloser
	in  io.ReadCloser
	buf *bufio.Reader
}

func newPipeLink(out io.WriteCloser, in io.ReadCloser) *pipeLink {
	return &pipeLink{out, in, bufio.NewReaderSize(in, 64<<10)}
}

func (p *pipeLink) write(b []byte) error {
	_, err := p.out.Write(append(b, 0))
	return err
}

func (p *pipeLink) read() (all []byte, err error) {
	for {
		part, err := p.buf.ReadSlice(0)
		all = append(all, part...)
		switch {
		case len(all) > maxMessage:
			return nil, fmt.Errorf("the browser sent a message of more than %d bytes", maxMessage)
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return nil, err
		default:
			return all[:len(all)-1], nil
		}
	}
}

func (p *pipeLink) Close() error { return errors.Join(p.out.Close(), p.in.Close()) }

// message is what both sides of the protocol send.
type message struct {
	ID      int64           `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
		Data    string `json:"data"`
	} `json:"error,omitempty"`
}

// client makes calls and hands out events, in the order in which they came:
// when a call has returned, the events before its answer have been handled.
type client struct {
	link    link
	handle  func(method string, params json.RawMessage)
	session string

	mu      sync.Mutex
	next    int64
	waiting map[int64]chan message
	// done is closed when the link has ended; err says how.
	done chan struct{}
	err  error
}

func newClient(l link, handle func(string, json.RawMessage)) *client {
	c := &client{link: l, handle: handle, waiting: map[int64]chan message{}, done: make(chan struct{})}
	go c.run()
	return c
}

func (c *client) run() {
	for {
		b, err := c.link.read()
		var m message
		if err == nil {
			err = json.Unmarshal(b, &m)
		}
		if err != nil {
			c.mu.Lock()
			c.err = fmt.Errorf("the browser has ended: %w", err)
			c.mu.Unlock()
			close(c.done)
			return
		}
		if m.ID == 0 {
			c.handle(m.Method, m.Params)
			continue
		}
		c.mu.Lock()
		answer := c.waiting[m.ID]
		delete(c.waiting, m.ID)
		c.mu.Unlock()
		if answer != nil {
			answer <- m
		}
	}
}

// start sends a command; finish waits for its answer.
func (c *client) start(method string, params any) (id int64, answer chan message, err error) {
	raw, err := json.Marshal(params)
	if err != nil {
		return 0, nil, err
	}
	c.mu.Lock()
	c.next++
	m := message{ID: c.next, Method: method, Params: raw, Session: c.session}
	answer = make(chan message, 1)
	c.waiting[m.ID] = answer
	b, err := json.Marshal(m)
	if err == nil {
		// Within the lock, so that commands leave in order.
		err = c.link.write(b)
	}
	c.mu.Unlock()
	return m.ID, answer, err
}

func (c *client) finish(ctx context.Context, method string, answer chan message) (json.RawMessage, error) {
	select {
	case m := <-answer:
		if m.Error != nil {
			return nil, fmt.Errorf("%s: %s %s", method, m.Error.Message, m.Error.Data)
		}
		return m.Result, nil
	case <-c.done:
		return nil, c.ended()
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: %w", method, context.Cause(ctx))
	}
}

func (c *client) ended() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// call sends a command and reads its result into the value that into points
// to, unless that is nil.
func (c *client) call(ctx context.Context, method string, params, into any) error {
	id, answer, err := c.start(method, params)
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", method, err), c.ended())
	}
	result, err := c.finish(ctx, method, answer)
	if err != nil {
		c.mu.Lock()
		delete(c.waiting, id)
		c.mu.Unlock()
		return err
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(result, into)
}

// arguments are parameters of a command.
type arguments map[string]any
