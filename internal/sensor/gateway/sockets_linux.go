package gateway

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// candidate is a line of a table that would answer a question.
type candidate struct {
	asked *asked
	rank  int
}

// findSockets fills in the inodes of the sockets asked for, as the tables in
// dir have them: each is read once.
func findSockets(dir string, batch []*asked) {
	tables := map[string]map[string][]candidate{}
	for _, a := range batch {
		a.rank = 1 << 10
		for table, keys := range lines(a) {
			if tables[table] == nil {
				tables[table] = map[string][]candidate{}
			}
			for rank, key := range keys {
				tables[table][key] = append(tables[table][key], candidate{a, rank})
			}
		}
	}
	for table, want := range tables {
		f, err := os.Open(dir + table)
		if err != nil {
			continue // no such table in this kernel, or the sandbox is gone
		}
		scanSockets(f, want)
		_ = f.Close()
	}
}

// lines returns how the socket may stand in which tables, the likeliest
// first: "local remote" as the kernel writes addresses.
func lines(a *asked) map[string][]string {
	src, dst := a.src, a.dst
	switch {
	case a.proto == "tcp" && src.Addr().Is4():
		return map[string][]string{"tcp": {line(src, dst)}, "tcp6": {line(six(src), six(dst))}}
	case a.proto == "tcp":
		return map[string][]string{"tcp6": {line(src, dst)}}
	case a.proto == "udp" && src.Addr().Is4():
		return map[string][]string{"udp": loose(src, dst), "udp6": append(loose(six(src), six(dst)), loose(any6(src), any6(dst))...)}
	case a.proto == "udp":
		return map[string][]string{"udp6": loose(src, dst)}
	case a.proto == "icmp":
		return pings(src, dst)
	}
	return nil
}

// pings are sockets for pings, whose port is the identifier, and raw ones,
// whose port is the protocol.
func pings(src, dst netip.AddrPort) map[string][]string {
	tables, proto := [2]string{"icmp", "raw"}, uint16(protoICMP)
	if src.Addr().Is6() {
		tables, proto = [2]string{"icmp6", "raw6"}, protoICMPv6
	}
	raw := netip.AddrPortFrom(src.Addr(), proto)
	return map[string][]string{tables[0]: loose(src, dst), tables[1]: loose(raw, dst)}
}

// loose are the lines of a socket that may be bound to any address, and may
// be connected or not.
func loose(src, dst netip.AddrPort) []string {
	zero := netip.IPv4Unspecified()
	if src.Addr().Is6() {
		zero = netip.IPv6Unspecified()
	}
	all, nobody := netip.AddrPortFrom(zero, src.Port()), netip.AddrPortFrom(zero, 0)
	far := netip.AddrPortFrom(dst.Addr(), 0) // how raw sockets are connected
	return []string{line(src, dst), line(src, far), line(all, far), line(src, nobody), line(all, nobody)}
}

func six(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(a.Addr().As16()), a.Port())
}

// any6 stands for an IPv4 end of a socket for both families that is bound to
// no address.
func any6(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(netip.IPv6Unspecified(), a.Port())
}

func line(src, dst netip.AddrPort) string { return kernelAddr(src) + " " + kernelAddr(dst) }

// kernelAddr writes an address as the tables do: 32-bit words in the
// machine's byte order, and the port, in hex.
func kernelAddr(a netip.AddrPort) string {
	var s strings.Builder
	for b := a.Addr().AsSlice(); len(b) >= 4; b = b[4:] {
		fmt.Fprintf(&s, "%08X", binary.NativeEndian.Uint32(b))
	}
	fmt.Fprintf(&s, ":%04X", a.Port())
	return s.String()
}

// scanSockets reads one table: number, local and remote address, state,
// queues, timer, retransmits, user, timeout and inode in a line.
func scanSockets(r io.Reader, want map[string][]candidate) {
	for b := bufio.NewReaderSize(r, 64<<10); ; {
		row, err := b.ReadSlice('\n')
		if len(row) > 0 && err == nil {
			match(row, want)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

func match(row []byte, want map[string][]candidate) {
	local, end := column(row, 1)
	if end < 0 {
		return
	}
	remote, end := column(row[end:], 0)
	if end < 0 || len(local)+len(remote) > 128 {
		return
	}
	var key [129]byte
	n := copy(key[:], local)
	key[n] = ' '
	n += 1 + copy(key[n+1:], remote)
	found := want[string(key[:n])]
	if found == nil {
		return
	}
	text, _ := column(row, 9)
	inode, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil || inode == 0 { // a socket that nobody holds any more has none
		return
	}
	for _, c := range found {
		if c.rank < c.asked.rank {
			c.asked.inode, c.asked.rank = inode, c.rank
		}
	}
}

// column returns the nth word of a row and where it ends, or -1.
func column(row []byte, n int) ([]byte, int) {
	for at := 0; ; n-- {
		for at < len(row) && (row[at] == ' ' || row[at] == '\n') {
			at++
		}
		begin := at
		for at < len(row) && row[at] != ' ' && row[at] != '\n' {
			at++
		}
		switch {
		case begin == at:
			return nil, -1
		case n == 0:
			return row[begin:at], at
		}
	}
}
