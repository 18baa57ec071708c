package lab

import (
	"bufio"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"example.org/telltale/internal/lab/guard"
	"example.org/telltale/internal/lab/labdir"
)

// controlWait bounds one exchange with a supervisor, stopping included.
const controlWait = 20 * time.Second

// ErrNotRunning means that no supervisor answers for a lab directory.
var ErrNotRunning = errors.New("the lab is not running")

// The supervisor listens on loopback for one line, "down TOKEN", and answers
// "down" when every process has ended. The token stands in the state file,
// which only its owner can read.

// obey waits for the request to stop until the lab stops anyway.
func (n *Network) obey() {
	for {
		conn, err := n.control.Accept()
		if err != nil {
			return
		}
		go n.request(conn)
	}
}

func (n *Network) request(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(controlWait))
	line, err := bufio.NewReader(io.LimitReader(conn, 200)).ReadString('\n')
	if err != nil {
		return
	}
	n.mu.Lock()
	want := "down " + n.state.Token + "\n"
	n.mu.Unlock()
	if subtle.ConstantTimeCompare([]byte(line), []byte(want)) != 1 {
		return
	}
	n.log.Info("stopping on request")
	_ = n.Down()
	_, _ = io.WriteString(conn, "down\n")
}

// Down stops the lab that runs in a directory, whoever started it, and
// returns when all its processes have ended. The error wraps ErrNotRunning
// or labdir.ErrEmpty if there is none.
func Down(ctx context.Context, dir string) error {
	state, err := labdir.Dir(dir).Load()
	if err != nil {
		return err
	}
	return stop(ctx, state)
}

func stop(ctx context.Context, state labdir.State) error {
	if state.Control == "" {
		return ErrNotRunning
	}
	ctx, cancel := context.WithTimeout(ctx, controlWait)
	defer cancel()
	conn, err := guard.Dial(ctx, "tcp", state.Control)
	if err != nil {
		// Its processes ended with it.
		return fmt.Errorf("%w: its supervisor does not answer", ErrNotRunning)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	if _, err := fmt.Fprintf(conn, "down %s\n", state.Token); err != nil {
		return err
	}
	reply, err := bufio.NewReader(io.LimitReader(conn, 200)).ReadString('\n')
	if err == nil && strings.TrimSpace(reply) == "down" {
		return nil
	}
	// It may have ended before it could say so.
	if ctx.Err() == nil && !Running(ctx, state) {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("the lab's supervisor (process %d) did not stop within %v: end it by hand", state.Supervisor, controlWait)
	}
	return fmt.Errorf("%w: another program listens where its supervisor was", ErrNotRunning)
}

// Running reports whether a supervisor answers for a state.
func Running(ctx context.Context, state labdir.State) bool {
	if state.Control == "" {
		return false
	}
	conn, err := guard.Dial(ctx, "tcp", state.Control)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}
