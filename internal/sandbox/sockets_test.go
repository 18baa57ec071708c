//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"encoding/binary"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"example.org/telltale/internal/sandbox"
)

// TestSockets: whoever owns the box, root or not, may ask the kernel whose a
// socket inside is.
func TestSockets(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"tun", "veth"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := startLink(t, sandbox.Config{NoTun: kind == "veth"}, "datagram", "192.0.2.7:9", "1")
			port := sourceOf(t, b.Link())
			if b.Sockets() == nil {
				if os.Getenv("TELLTALE_REQUIRE_REAL") == "1" {
					t.Error("no socket came from inside")
				}
				t.Skip("this kernel cannot be asked for sockets")
			}
			if inode := udpSocket(t, b.Sockets(), port); inode == 0 {
				t.Errorf("nobody inside has a socket with the port %d", port)
			}
			if err := b.Stop(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := b.Sockets().Stat(); err == nil {
				t.Error("the socket outlives the box")
			}
		})
	}
}

// sourceOf waits for a datagram over IPv4 and returns where it came from.
func sourceOf(t *testing.T, link sandbox.Link) uint16 {
	t.Helper()
	for p := make([]byte, sandbox.MTU); ; {
		n, err := link.Read(p)
		if err != nil {
			t.Fatal(err)
		}
		if n > 28 && p[0] == 0x45 && p[9] == unix.IPPROTO_UDP {
			return binary.BigEndian.Uint16(p[20:])
		}
	}
}

// udpSocket asks for all UDP sockets (sock_diag(7)) and returns the inode of
// the one with that port, 0 if there is none.
func udpSocket(t *testing.T, table *os.File, port uint16) (inode uint32) {
	t.Helper()
	ask := make([]byte, 16+56) // nlmsghdr, inet_diag_req_v2
	binary.NativeEndian.PutUint32(ask, uint32(len(ask)))
	binary.NativeEndian.PutUint16(ask[4:], 20) // SOCK_DIAG_BY_FAMILY
	binary.NativeEndian.PutUint16(ask[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	ask[16], ask[17] = unix.AF_INET, unix.IPPROTO_UDP
	binary.NativeEndian.PutUint32(ask[20:], ^uint32(0)) // in any state
	if _, err := table.Write(ask); err != nil {
		t.Fatal(err)
	}
	for b := make([]byte, 1<<16); ; {
		n, err := table.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		for m := b[:n]; len(m) >= 16; {
			size := binary.NativeEndian.Uint32(m)
			if kind := binary.NativeEndian.Uint16(m[4:]); kind == unix.NLMSG_DONE || kind == unix.NLMSG_ERROR {
				return inode
			}
			if binary.BigEndian.Uint16(m[20:]) == port {
				inode = binary.NativeEndian.Uint32(m[16+68:])
			}
			m = m[min(len(m), int(size+3)&^3):]
		}
	}
}
