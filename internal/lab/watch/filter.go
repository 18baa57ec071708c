package watch

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/lab/chat"
)

// askLimit bounds one line between a client and its filter process: the
// largest message, escaped, and names.
const askLimit = 6*chat.MaxText + 1024

// question and answer are the lines that a client and its filter process
// exchange. A question without direction asks only whether the list is there.
type question struct {
	Direction telltale.Direction `json:"direction,omitempty"`
	Account   string             `json:"account,omitempty"`
	Text      string             `json:"text,omitempty"`
}

type answer struct {
	Drop bool `json:"drop"`
}

// Filter is a filter process of its own, as in 2006: it fetches the list and
// answers the client's questions over a loopback connection, JSON lines both
// ways. It uploads nothing.
type Filter struct {
	config Config
	lists  *lists
	loaded chan struct{}
}

// NewFilter makes a Filter.
func NewFilter(c Config) *Filter {
	return &Filter{config: c, lists: newLists(c.Build, c.HTTP), loaded: make(chan struct{})}
}

// Serve fetches the lists and answers on ln until ctx ends. It closes ln.
func (f *Filter) Serve(ctx context.Context, ln net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	var tasks sync.WaitGroup
	defer tasks.Wait()
	defer cancel()
	context.AfterFunc(ctx, func() { ln.Close() })
	tasks.Go(func() {
		if f.lists.load(ctx) == nil {
			close(f.loaded)
			f.lists.keep(ctx, f.config.every())
		}
	})
	for {
		conn, err := ln.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("filter: %w", err)
		}
		tasks.Go(func() { f.answer(ctx, conn) })
	}
}

// answer serves one client until it says something wrong or goes away.
func (f *Filter) answer(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	lines := bufio.NewScanner(conn)
	lines.Buffer(nil, askLimit)
	for lines.Scan() {
		q, err := parseQuestion(lines.Bytes())
		if err != nil {
			return
		}
		if err := json.NewEncoder(conn).Encode(f.reply(ctx, q)); err != nil {
			return
		}
	}
}

func parseQuestion(line []byte) (question, error) {
	var q question
	if err := json.Unmarshal(line, &q); err != nil {
		return q, fmt.Errorf("question %.40q: %w", line, err)
	}
	return q, nil
}

func (f *Filter) reply(ctx context.Context, q question) answer {
	wait, cancel := context.WithTimeout(ctx, ListWait)
	defer cancel()
	select {
	case <-f.loaded:
	case <-wait.Done():
	}
	if scan := f.config.Build.Scan; q.Direction == "" || scan != telltale.Both && scan != q.Direction {
		return answer{}
	}
	drop, _ := f.lists.judge(q.Text, q.Account)
	return answer{Drop: drop}
}

// Asker is the client's side of a Filter: a chat.Monitor that asks about
// every message.
type Asker struct {
	// dial connects to the filter process.
	dial func(context.Context) (net.Conn, error)

	mu      sync.Mutex
	account string
	conn    net.Conn
	lines   *bufio.Scanner
}

var (
	_ chat.Monitor = (*Asker)(nil)
	_ chat.Starter = (*Asker)(nil)
)

// NewAsker makes an Asker that reaches its filter process with dial.
func NewAsker(dial func(context.Context) (net.Conn, error)) *Asker { return &Asker{dial: dial} }

// Started returns when the filter process has its list, or ctx ends.
func (a *Asker) Started(ctx context.Context, account string) {
	a.mu.Lock()
	a.account = account
	a.mu.Unlock()
	a.ask(ctx, question{})
}

// Outgoing asks about a typed message.
func (a *Asker) Outgoing(ctx context.Context, m chat.Message) chat.Action {
	return a.ask(ctx, question{Direction: telltale.Sent, Text: m.Text})
}

// Incoming asks about a received message.
func (a *Asker) Incoming(ctx context.Context, m chat.Message) chat.Action {
	return a.ask(ctx, question{Direction: telltale.Received, Text: m.Text})
}

// askFor is how long a message waits for a filter process that was just
// restarted; after that it passes unread.
const askFor = ListWait + time.Second

// ask puts one question, and again over a new connection if that one broke.
func (a *Asker) ask(ctx context.Context, q question) chat.Action {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	a.mu.Lock()
	defer a.mu.Unlock()
	q.Account = a.account
	for {
		reply, err := a.once(ctx, q)
		if err == nil {
			return chat.Action{Drop: reply.Drop}
		}
		a.hangUp()
		if !wait(ctx, retryFirst) {
			return chat.Action{}
		}
	}
}

func (a *Asker) once(ctx context.Context, q question) (answer, error) {
	var reply answer
	if a.conn == nil {
		conn, err := a.dial(ctx)
		if err != nil {
			return reply, err
		}
		a.conn, a.lines = conn, bufio.NewScanner(conn)
		a.lines.Buffer(nil, askLimit)
	}
	deadline, _ := ctx.Deadline()
	if err := a.conn.SetDeadline(deadline); err != nil {
		return reply, err
	}
	if err := json.NewEncoder(a.conn).Encode(q); err != nil {
		return reply, err
	}
	if !a.lines.Scan() {
		return reply, io.ErrUnexpectedEOF
	}
	return reply, json.Unmarshal(a.lines.Bytes(), &reply)
}

func (a *Asker) hangUp() {
	if a.conn != nil {
		a.conn.Close()
		a.conn = nil
	}
}

// Close ends the connection to the filter process.
func (a *Asker) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hangUp()
	return nil
}
