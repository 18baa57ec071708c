//go:build unix

package box

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
)

// runner runs one program with the given standard streams.
type runner func(ctx context.Context, o Order, files [3]*os.File) (status int, err error)

// door is the socket by which programs are ordered into sandboxes.
type door struct {
	listener net.Listener
	run      runner
	cancel   context.CancelFunc
	workers  sync.WaitGroup
}

// openDoor listens in a directory that only its owner can enter. The path of
// a socket may have no more than about a hundred bytes.
func openDoor(ctx context.Context, dir string, run runner) (*door, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "unix", filepath.Join(dir, "box"))
	if err != nil {
		return nil, fmt.Errorf("a socket for programs to sandbox: %w", err)
	}
	d := &door{listener: l, run: run}
	ctx, d.cancel = context.WithCancel(context.WithoutCancel(ctx))
	d.workers.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed
			}
			d.workers.Go(func() { d.serve(ctx, conn.(*net.UnixConn)) })
		}
	})
	return d, nil
}

// path is where clients find the socket.
func (d *door) path() string { return d.listener.Addr().String() }

// close ends all programs and returns when they have ended.
func (d *door) close() {
	_ = d.listener.Close()
	d.cancel()
	d.workers.Wait()
}

// killed is the status of programs that were ended by SIGKILL.
const killed = 128 + 9

// serve runs one program for as long as its client stays.
func (d *door) serve(ctx context.Context, conn *net.UnixConn) {
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.CloseRead() })()
	files, err := receiveFiles(conn)
	if err != nil {
		return // no client of ours
	}
	defer func() {
		for _, f := range files {
			_ = f.Close()
		}
	}()
	var o Order
	if err := receive(conn, &o); err != nil {
		_ = send(conn, ending{Error: fmt.Sprintf("the order cannot be read: %v", err)})
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, conn) // ends when the client does
		cancel()
	}()
	var e ending
	switch e.Status, err = d.run(ctx, o, files); {
	case errors.Is(err, context.Canceled):
		// It was ended while it began: as one that ran already, by a signal.
		e.Status = killed
	case err != nil:
		e.Error = err.Error()
	}
	_ = send(conn, e) // a client that is gone wants no answer
}
