//go:build amd64 || arm64

package sandbox

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// drainMost is how long what is on its way out of a link waits for its reader
// when all has ended: there may be none.
const drainMost = time.Second

// drain waits until what is on its way out of a link has been read: a datagram
// may be the last thing that a program sends.
func drain(link Link) {
	file, ok := link.(interface {
		SyscallConn() (syscall.RawConn, error)
	})
	if !ok {
		return
	}
	conn, err := file.SyscallConn()
	if err != nil {
		return // it is closed, so nobody reads
	}
	for begin := time.Now(); time.Since(begin) < drainMost; time.Sleep(lingerStep) {
		waiting := false
		if err := conn.Control(func(fd uintptr) { waiting = readable(fd) }); err != nil || !waiting {
			return
		}
	}
}

func readable(fd uintptr) bool {
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(poll, 0)
	return err == nil && n == 1 && poll[0].Revents&unix.POLLIN != 0
}
