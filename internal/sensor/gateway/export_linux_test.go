package gateway

import (
	"net/netip"
	"os"
	"strings"
)

// Inode asks for a socket of this process's network, by the kernel's answer to
// one question and by its tables.
func Inode(proto string, src, dst netip.AddrPort) (answered, read uint64, err error) {
	d, err := openDiag(os.Getpid())
	if err != nil {
		return 0, 0, err
	}
	if answered, err = d.inode(protocol(proto, dst.Addr()), src, dst); err != nil {
		return 0, 0, err
	}
	a := &question{proto: proto, src: src, dst: dst}
	findSockets("/proc/self/net/", []*question{a})
	return answered, a.inode, nil
}

type question = asked

// Scan reads a table of sockets.
func Scan(table string, src, dst netip.AddrPort) uint64 {
	a := &asked{proto: "tcp", src: src, dst: dst, rank: 1 << 10}
	want := map[string][]candidate{}
	for _, keys := range lines(a) {
		for rank, key := range keys {
			want[key] = append(want[key], candidate{a, rank})
		}
	}
	scanSockets(strings.NewReader(table), want)
	return a.inode
}
