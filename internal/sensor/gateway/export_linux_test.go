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
	a := asked{proto: proto, src: src, dst: dst}
	findSockets("/proc/self/net/", []*asked{&a})
	return answered, a.inode, nil
}

// Scan reads a table of sockets.
func Scan(table string, src, dst netip.AddrPort) uint64 {
	a := &asked{proto: "tcp", src: src, dst: dst, rank: 1 << 10}
	tables := map[string]map[string][]candidate{}
	lines(a)[0].enter(tables, a)
	scanSockets(strings.NewReader(table), tables["tcp"])
	return a.inode
}
