package gateway

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// diag asks the kernel for one socket by its ends (sock_diag(7)), which costs
// the same however many there are.
type diag struct {
	fd  int
	seq uint32
}

// openDiag opens it in the network that a process is in. That takes rights
// over this process's own user namespace, unless the network is ours too.
func openDiag(pid int) (*diag, error) {
	path := procFile(pid, "ns/net")
	theirs, err := os.Readlink(path)
	if err != nil {
		return nil, err
	}
	ours, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	if ours == theirs {
		return newDiag()
	}
	type opened struct {
		d   *diag
		err error
	}
	done := make(chan opened)
	go func() {
		runtime.LockOSThread() // the thread ends with the goroutine, in the wrong network as it is
		d, err := diagIn(path)
		done <- opened{d, err}
	}()
	o := <-done
	return o.d, o.err
}

// diagIn moves the thread.
func diagIn(path string) (*diag, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if err := unix.Setns(int(f.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("joining the sandbox's network: %w", err)
	}
	return newDiag()
}

func newDiag() (*diag, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("asking for sockets: %w", err)
	}
	return diagOf(fd)
}

// diagOf uses a socket that is open already.
func diagOf(fd int) (*diag, error) {
	// The kernel answers at once; should it not, nobody waits for it.
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1}); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("asking for sockets: %w", err)
	}
	d := &diag{fd: fd}
	runtime.AddCleanup(d, func(fd int) { _ = unix.Close(fd) }, fd)
	return d, nil
}

// The sizes of linux/netlink.h and linux/inet_diag.h.
const (
	sizeHead    = 16
	sizeRequest = 56
	sizeAnswer  = 72
	byFamily    = 20 // SOCK_DIAG_BY_FAMILY
)

// inode finds the socket at src that talks to dst; 0 if there is none.
func (d *diag) inode(proto uint8, src, dst netip.AddrPort) (uint64, error) {
	d.seq++
	if err := unix.Sendto(d.fd, diagRequest(d.seq, proto, src, dst), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, err
	}
	b := make([]byte, 4096)
	for {
		n, _, err := unix.Recvfrom(d.fd, b, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if n >= sizeHead && binary.NativeEndian.Uint32(b[8:]) == d.seq {
			return diagAnswer(b[:n], src.Port())
		}
	}
}

// diagRequest is a nlmsghdr and an inet_diag_req_v2.
func diagRequest(seq uint32, proto uint8, src, dst netip.AddrPort) []byte {
	b := make([]byte, sizeHead+sizeRequest)
	binary.NativeEndian.PutUint32(b, uint32(len(b)))
	binary.NativeEndian.PutUint16(b[4:], byFamily)
	binary.NativeEndian.PutUint16(b[6:], unix.NLM_F_REQUEST)
	binary.NativeEndian.PutUint32(b[8:], seq)
	r := b[sizeHead:]
	if r[0] = unix.AF_INET; src.Addr().Is6() {
		r[0] = unix.AF_INET6
	}
	r[1] = proto
	binary.NativeEndian.PutUint32(r[4:], ^uint32(0)) // in any state
	if proto == protoUDP {
		src, dst = dst, src // of UDP the kernel takes the ends the other way round, for historical reasons
	}
	binary.BigEndian.PutUint16(r[8:], src.Port())
	binary.BigEndian.PutUint16(r[10:], dst.Port())
	copy(r[12:28], src.Addr().AsSlice())
	copy(r[28:44], dst.Addr().AsSlice())
	binary.NativeEndian.PutUint64(r[48:], ^uint64(0)) // no cookie
	return b
}

// diagAnswer reads an inet_diag_msg.
func diagAnswer(b []byte, port uint16) (uint64, error) {
	if binary.NativeEndian.Uint16(b[4:]) != byFamily || len(b) < sizeHead+sizeAnswer {
		return 0, nil // an error: there is none
	}
	m := b[sizeHead:]
	const listening = 10
	if m[1] == listening || binary.BigEndian.Uint16(m[4:]) != port {
		return 0, nil
	}
	return uint64(binary.NativeEndian.Uint32(m[68:])), nil
}
