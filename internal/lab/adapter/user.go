package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/lab/chat"
	"example.org/telltale/internal/lab/proc"
)

const (
	// startWait bounds login, and fetching word lists, of a client.
	startWait = 15 * time.Second
	// commandWait bounds one command to a client.
	commandWait = 10 * time.Second
	// stopGrace is how long a client may take to end.
	stopGrace = 2500 * time.Millisecond
)

// errDied makes a trial void: nobody knows how far the message got.
var errDied = errors.New("the chat client ended in the middle of a message; it is started again for the next one")

// user is one account and its client process.
type user struct {
	adapter *adapter
	account telltale.Account
	seq     int64
	// run is the running client; nil before the first start.
	run *run
}

// run is one life of a client process.
type run struct {
	proc    *proc.Process
	ready   chan struct{}
	once    sync.Once
	replies chan chat.Reply
}

// ensure starts the client if it does not run, and waits until it is ready.
func (u *user) ensure(ctx context.Context) error {
	if u.run == nil || u.dead() {
		if err := u.start(); err != nil {
			return fmt.Errorf("client of %s: %w", u.account.Name, err)
		}
	}
	timer := later(startWait)
	defer timer.Stop()
	select {
	case <-u.run.ready:
		return nil
	case <-u.run.proc.Exited():
		return u.endedEarly()
	case <-timer.C:
		return fmt.Errorf("client of %s is not logged in after %v; is the lab running? (telltale lab up)", u.account.Name, startWait)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (u *user) endedEarly() error {
	const advice = "is its account used by another client?"
	if err := u.run.proc.Ending(); err != nil {
		return fmt.Errorf("client of %s ended before it was logged in: %w; %s", u.account.Name, err, advice)
	}
	return fmt.Errorf("client of %s ended before it was logged in; %s", u.account.Name, advice)
}

func (u *user) start() error {
	env, command := u.adapter.around(u.account.Side)
	command = append(command, u.adapter.Program, "lab", "client", "--dir", string(u.adapter.Dir), "--name", u.account.Name)
	p, err := proc.Start(proc.Config{Program: command[0], Args: command[1:], Env: env, Log: u.adapter.Stderr})
	if err != nil {
		return err
	}
	u.run = &run{proc: p, ready: make(chan struct{}), replies: make(chan chat.Reply, 1)}
	go u.listen(u.run)
	return nil
}

func (u *user) dead() bool {
	select {
	case <-u.run.proc.Exited():
		return true
	default:
		return false
	}
}

func (u *user) stop() {
	if u.run != nil {
		u.run.proc.Stop(stopGrace)
		u.run = nil
	}
}

// listen sorts the client's output into replies and events.
func (u *user) listen(r *run) {
	defer close(r.replies)
	for text := range r.proc.Lines() {
		reply, event, err := parseLine([]byte(text))
		switch {
		case err != nil:
			u.adapter.Log.Warn("client", "account", u.account.Name, "err", err)
		case reply.Reply != "":
			select {
			case r.replies <- reply:
			case <-r.proc.Exited():
			}
		case event.Kind == chat.KindReady:
			r.once.Do(func() { close(r.ready) })
		default:
			u.adapter.happened(u.account.Name, event)
		}
	}
}

// parseLine reads a line of a client in JSON mode: a reply or an event.
func parseLine(b []byte) (reply chat.Reply, event chat.Event, err error) {
	if err = json.Unmarshal(b, &reply); err == nil && reply.Reply == "" {
		err = json.Unmarshal(b, &event)
	}
	if err == nil && reply.Reply == "" && event.Kind == "" {
		err = errors.New("neither a reply nor an event")
	}
	if err != nil {
		err = fmt.Errorf("line %.60q: %w", b, err)
	}
	return reply, event, err
}

// command is one line to a client in JSON mode.
type command struct {
	Seq  int64  `json:"seq"`
	Op   string `json:"op"`
	To   string `json:"to,omitempty"`
	Text string `json:"text,omitempty"`
}

// do gives one command to the client and waits for its reply.
func (u *user) do(ctx context.Context, c command) (chat.Reply, error) {
	u.seq++
	c.Seq = u.seq
	b, err := json.Marshal(c)
	if err != nil {
		return chat.Reply{}, err
	}
	if _, err := u.run.proc.Write(append(b, '\n')); err != nil {
		return chat.Reply{}, errDied
	}
	timer := later(commandWait)
	defer timer.Stop()
	for {
		select {
		case reply, ok := <-u.run.replies:
			if !ok {
				return reply, errDied
			}
			if reply.Seq == c.Seq {
				return reply, nil
			}
		case <-timer.C:
			u.run.proc.Kill()
			return chat.Reply{}, fmt.Errorf("the client of %s did not answer within %v and was ended", u.account.Name, commandWait)
		case <-ctx.Done():
			return chat.Reply{}, ctx.Err()
		}
	}
}
