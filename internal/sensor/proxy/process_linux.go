package proxy

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

// process returns the name of the program that owns the other end of a
// loopback connection, as /proc tells it while the connection is open. It
// returns "" if it cannot be known: gone already, or another user's.
func process(client, server netip.AddrPort) string {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		if inode := socketInode(table, client, server); inode != "" {
			return owner("socket:[" + inode + "]")
		}
	}
	return ""
}

// socketInode finds a connection in one of the kernel's tables.
func socketInode(table string, local, remote netip.AddrPort) string {
	f, err := os.Open(table)
	if err != nil {
		return ""
	}
	defer f.Close()
	mapped := strings.HasSuffix(table, "6")
	want := [2]string{kernelAddr(local, mapped), kernelAddr(remote, mapped)}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && fields[1] == want[0] && fields[2] == want[1] {
			return fields[9]
		}
	}
	return ""
}

// kernelAddr writes an address as the tables do: 32-bit words in the
// machine's byte order, and the port, in hex.
func kernelAddr(a netip.AddrPort, six bool) string {
	b := a.Addr().AsSlice()
	if six {
		long := a.Addr().As16()
		b = long[:]
	}
	var s strings.Builder
	for ; len(b) >= 4; b = b[4:] {
		fmt.Fprintf(&s, "%08X", binary.NativeEndian.Uint32(b))
	}
	return fmt.Sprintf("%s:%04X", s.String(), a.Port())
}

// owner finds the process that holds a socket.
func owner(socket string) string {
	pids, err := filepath.Glob("/proc/[0-9]*/fd")
	if err != nil {
		return ""
	}
	for i := len(pids) - 1; i >= 0; i-- {
		dir, err := os.Open(pids[i])
		if err != nil {
			continue
		}
		names, _ := dir.Readdirnames(-1) // what could be read is enough
		_ = dir.Close()
		for _, name := range names {
			if to, err := os.Readlink(filepath.Join(pids[i], name)); err == nil && to == socket {
				return program(filepath.Dir(pids[i]))
			}
		}
	}
	return ""
}

func program(dir string) string {
	if exe, err := os.Readlink(filepath.Join(dir, "exe")); err == nil {
		return strings.TrimSuffix(filepath.Base(exe), " (deleted)")
	}
	return ""
}
