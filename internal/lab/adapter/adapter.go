// Package adapter is the driver of the lab's messenger: a process that speaks
// the driver protocol and drives three clients, each a process of its own.
// Two of them, alice and carol, are the app under test: each runs in a sandbox
// if the environment tells how, or else has the driver's environment, so that
// all it sends passes the proxy in it. bob is their peer, a clean build that
// nobody watches.
//
// A message is followed by the id that the client gives it, so equal texts
// are told apart, and what arrives after the wait is reported as late.
package adapter

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/environ"
	"example.org/telltale/internal/lab/labdir"
	"example.org/telltale/internal/lab/profile"
)

// maxRequest bounds a request line, as the protocol does.
const maxRequest = 1 << 20

// Config is what the adapter gets from its surroundings.
type Config struct {
	Dir labdir.Dir
	// Program is the binary that clients are started from.
	Program string
	Stdin   io.Reader
	Stdout  io.Writer
	// Stderr takes what the clients write to theirs.
	Stderr io.Writer
	// Environ is the environment, as NAME=value.
	Environ []string
	Clock   telltale.Clock
	Log     *slog.Logger
}

// Run answers requests until "close" or the end of input, then ends all
// clients.
func Run(ctx context.Context, c Config) error {
	state, err := c.Dir.Load()
	if err != nil {
		return err
	}
	plan, err := state.Plan()
	if err != nil {
		return err
	}
	box, err := environ.Command(c.Environ)
	if err != nil {
		return err
	}
	a := &adapter{Config: c, plan: plan, box: box, users: map[string]*user{}, missed: map[string]telltale.Receipt{}}
	for _, account := range profile.Accounts() {
		a.users[account.Name] = &user{adapter: a, account: account}
	}
	defer a.stopAll()
	return a.serve(ctx)
}

type adapter struct {
	Config
	plan profile.Plan
	// box is the command that runs a program in a sandbox; nil if there is
	// none.
	box   []string
	users map[string]*user

	out sync.Mutex

	mu sync.Mutex
	// expect is the message that a send waits for.
	expect *expectation
	// missed are dropped messages by id, oldest first in order: they may
	// still arrive.
	missed map[string]telltale.Receipt
	order  []string
}

// serve reads requests. Input is read in the background, so that the end of
// ctx ends it too.
func (a *adapter) serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	requests := make(chan []byte)
	var broken error
	go func() {
		defer close(requests)
		lines := bufio.NewScanner(a.Stdin)
		lines.Buffer(make([]byte, 0, 4096), maxRequest)
		for lines.Scan() {
			select {
			case requests <- append([]byte(nil), lines.Bytes()...):
			case <-ctx.Done():
				return
			}
		}
		broken = lines.Err()
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-requests:
			if !ok {
				return broken
			}
			req, err := parseRequest(line)
			if err != nil {
				return err
			}
			if req.Op == "close" {
				return nil
			}
			if err := a.print(a.answer(ctx, req)); err != nil {
				return err
			}
		}
	}
}

func parseRequest(line []byte) (telltale.DriverRequest, error) {
	var req telltale.DriverRequest
	if err := json.Unmarshal(line, &req); err != nil {
		return req, fmt.Errorf("request %.60q: %w", line, err)
	}
	if req.Op == "send" && req.Send == nil {
		return req, fmt.Errorf("request %d: \"send\" without a message", req.ID)
	}
	return req, nil
}

// answer carries out one request.
func (a *adapter) answer(ctx context.Context, req telltale.DriverRequest) telltale.DriverResponse {
	response := telltale.DriverResponse{ID: req.ID}
	var err error
	switch req.Op {
	case "describe":
		response.Version = telltale.ProtocolVersion
		response.Description, err = a.describe(ctx, req.Version)
	case "send":
		response.Receipt, err = a.send(ctx, *req.Send)
	case "reset":
		a.stopAll()
		err = a.startAll(ctx)
	default:
		err = fmt.Errorf("there is no op %q", req.Op)
	}
	if err != nil {
		return telltale.DriverResponse{ID: req.ID, Version: response.Version, Error: err.Error()}
	}
	return response
}

func (a *adapter) describe(ctx context.Context, version int) (*telltale.Description, error) {
	if version != telltale.ProtocolVersion {
		return nil, fmt.Errorf("the lab's driver speaks version %d of the protocol, not %d", telltale.ProtocolVersion, version)
	}
	if err := a.startAll(ctx); err != nil {
		return nil, err
	}
	return &telltale.Description{
		App: telltale.App{
			Name: a.plan.Build.Product, Version: a.plan.Build.Version, Platform: runtime.GOOS + "/" + runtime.GOARCH,
			Files: []telltale.AppFile{{Path: a.Dir.ClientData(), Harvest: true}, {Path: a.Program}},
		},
		Accounts: profile.Accounts(),
		ReadBack: true,
	}, nil
}

// startAll starts the clients that do not run, all at the same time, and
// waits until they are ready.
func (a *adapter) startAll(ctx context.Context) error {
	var all sync.WaitGroup
	errs := make(chan error, len(a.users))
	for _, u := range a.users {
		all.Go(func() { errs <- u.ensure(ctx) })
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *adapter) stopAll() {
	var all sync.WaitGroup
	for _, u := range a.users {
		all.Go(u.stop)
	}
	all.Wait()
}

// print writes one line; events and answers come from several goroutines.
func (a *adapter) print(r telltale.DriverResponse) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	a.out.Lock()
	defer a.out.Unlock()
	_, err = a.Stdout.Write(append(b, '\n'))
	return err
}

// later is a timer that never fires for no wait at all.
func later(d time.Duration) *time.Timer { return time.NewTimer(max(d, 0)) }
