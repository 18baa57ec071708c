//go:build amd64 || arm64

package sandbox

import (
	"bytes"
	"os"
	"time"
)

// How long the kernel may go on sending what programs left in their sockets
// when they ended, and how often it is asked whether it is done.
const (
	lingerMost = 10 * time.Second
	lingerStep = 5 * time.Millisecond
)

// linger waits until what programs have written before they ended is on its
// way. Outside the kernel would see to that for as long as it takes; here the
// network ends with its first process.
func linger() {
	// There is no event for this: the sockets belong to nobody any more.
	for end := time.Now().Add(lingerMost); unsent() && time.Now().Before(end); {
		time.Sleep(lingerStep)
	}
}

// unsent says whether a TCP connection without an owner still has octets, or
// the end of its stream, to be sent or acknowledged.
func unsent() bool {
	for _, path := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		table, err := os.ReadFile(path)
		if err != nil {
			continue // without the table there is nothing to wait for
		}
		if unsentIn(table) {
			return true
		}
	}
	return false
}

// unsentIn reads a table of sockets as proc(5) describes it.
func unsentIn(table []byte) bool {
	for line := range bytes.Lines(table) {
		if f := bytes.Fields(line); len(f) > 3 {
			switch string(f[3]) {
			case "04", "09", "0B": // FIN-WAIT-1, LAST-ACK, CLOSING
				return true
			}
		}
	}
	return false
}
