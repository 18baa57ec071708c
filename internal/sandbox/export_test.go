//go:build linux && (amd64 || arm64)

package sandbox

import "golang.org/x/net/bpf"

// Filter is the system call filter of this machine.
func Filter(raw bool) []bpf.RawInstruction {
	var all []bpf.RawInstruction
	for _, f := range program(machineABIs(), raw) {
		all = append(all, bpf.RawInstruction{Op: f.Code, Jt: f.Jt, Jf: f.Jf, K: f.K})
	}
	return all
}

// UnescapeOctal reads a path of /proc/self/mountinfo.
func UnescapeOctal(s string) string { return unescapeOctal(s) }

// SocketPath is the path in a line of /proc/net/unix.
func SocketPath(line string) string { return socketPath(line) }

// Unsent says whether a table of TCP sockets has what is not delivered.
func Unsent(table string) bool { return unsentIn([]byte(table)) }
