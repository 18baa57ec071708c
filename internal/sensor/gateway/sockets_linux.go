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
// dir have them: each is read once, and that of the other family only for what
// the first has not.
func findSockets(dir string, batch []*asked) {
	for _, a := range batch {
		a.inode, a.rank = 0, 1<<10
	}
	for turn := range 2 {
		tables := map[string]map[string][]candidate{}
		for _, a := range batch {
			if all := lines(a); turn < len(all) && (a.inode == 0 || a.rank > 0) {
				all[turn].enter(tables, a)
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
}

// rows is how a socket may stand in a table, the likeliest first: "local
// remote" as the kernel writes addresses.
type rows struct {
	table string
	keys  []string
}

func (r rows) enter(tables map[string]map[string][]candidate, a *asked) {
	if tables[r.table] == nil {
		tables[r.table] = map[string][]candidate{}
	}
	for rank, key := range r.keys {
		tables[r.table][key] = append(tables[r.table][key], candidate{a, rank})
	}
}

// lines returns in which tables to look for a socket, and for what.
func lines(a *asked) []rows {
	src, dst := a.src, a.dst
	switch {
	case a.proto == "tcp" && src.Addr().Is4():
		return []rows{{"tcp", []string{line(src, dst)}}, {"tcp6", []string{line(six(src), six(dst))}}}
	case a.proto == "tcp":
		return []rows{{"tcp6", []string{line(src, dst)}}}
	case a.proto == "udp" && src.Addr().Is4():
		return []rows{{"udp", loose(src, dst)}, {"udp6", append(loose(six(src), six(dst)), loose(any6(src), any6(dst))...)}}
	case a.proto == "udp":
		return []rows{{"udp6", loose(src, dst)}}
	case a.proto == "icmp":
		return pings(src, dst)
	}
	return nil
}

// pings are sockets for pings, whose port is the identifier, and raw ones,
// whose port is the protocol.
func pings(src, dst netip.AddrPort) []rows {
	tables, proto := [2]string{"icmp", "raw"}, uint16(protoICMP)
	if src.Addr().Is6() {
		tables, proto = [2]string{"icmp6", "raw6"}, protoICMPv6
	}
	raw := netip.AddrPortFrom(src.Addr(), proto)
	return []rows{{tables[0], loose(src, dst)}, {tables[1], loose(raw, dst)}}
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
