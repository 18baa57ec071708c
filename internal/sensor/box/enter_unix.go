//go:build unix

package box

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Enter has the sensor that listens at a socket run a program in a sandbox,
// with the three files as its standard streams, and returns its exit status.
// When ctx ends, or this process, everything in the sandbox is ended.
func Enter(ctx context.Context, socket string, o Order, files [3]*os.File) (status int, err error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return 0, fmt.Errorf("the sandbox sensor does not answer: %w; is the audit that gave %s still running?", err, socket)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := sendFiles(conn.(*net.UnixConn), files); err != nil {
		return 0, fmt.Errorf("hand the standard streams over: %w", err)
	}
	if err := send(conn, o); err != nil {
		return 0, fmt.Errorf("hand the program over: %w", err)
	}
	var e ending
	if err := receive(conn, &e); err != nil {
		return 0, errors.Join(ctx.Err(), fmt.Errorf("the sandbox ended without a word: %w", err))
	}
	if e.Error != "" {
		return e.Status, errors.New(e.Error)
	}
	return e.Status, nil
}

// sendFiles passes descriptors along with one byte.
func sendFiles(conn *net.UnixConn, files [3]*os.File) error {
	var fds []int
	for _, f := range files {
		fds = append(fds, int(f.Fd()))
	}
	_, _, err := conn.WriteMsgUnix([]byte{0}, unix.UnixRights(fds...), nil)
	return err
}

// receiveFiles takes what sendFiles passed.
func receiveFiles(conn *net.UnixConn) (files [3]*os.File, err error) {
	b, oob := make([]byte, 1), make([]byte, unix.CmsgSpace(3*4))
	_, n, _, _, err := conn.ReadMsgUnix(b, oob)
	if err != nil {
		return files, err
	}
	messages, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil {
		return files, err
	}
	var fds []int
	for _, m := range messages {
		more, err := unix.ParseUnixRights(&m)
		if err != nil {
			return files, err
		}
		fds = append(fds, more...)
	}
	if len(fds) != len(files) {
		for _, fd := range fds {
			_ = unix.Close(fd) // they were not asked for
		}
		return files, fmt.Errorf("%d descriptors came, want %d", len(fds), len(files))
	}
	for i, fd := range fds {
		unix.CloseOnExec(fd)
		files[i] = os.NewFile(uintptr(fd), fmt.Sprintf("stream %d", i))
	}
	return files, nil
}
