//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// farName is the name of the link's other end, in a network namespace that
// nothing else is in.
const farName = "tt1"

// veth is a link of the second kind: a pair of Ethernet devices, and a packet
// socket on the far one.
type veth struct {
	fd           int
	app, gateway net.HardwareAddr
}

// farSide is where the far device lives. It is made by a thread that goes
// there for good.
type farSide struct {
	namespace chan int      // the namespace, once it is there
	made      chan struct{} // closed once the pair is made
	socket    chan int
	failed    chan error
}

// openVeth makes the pair. The far device is out of the program's sight; the
// socket keeps its namespace alive.
func openVeth() (veth, error) {
	v := veth{
		app: net.HardwareAddr{2, 0, 't', 't', 0, 2},
		// Not that of the far device: the kernel there must leave the
		// packets alone.
		gateway: net.HardwareAddr{2, 0, 't', 't', 0, 1},
	}
	far := &farSide{make(chan int, 1), make(chan struct{}), make(chan int, 1), make(chan error, 1)}
	go far.live()
	var namespace int
	select {
	case namespace = <-far.namespace:
	case err := <-far.failed:
		return v, err
	}
	defer unix.Close(namespace) //nolint:errcheck // only used to name it
	pair := &netlink.Veth{
		LinkAttrs: netlink.LinkAttrs{Name: LinkName, MTU: MTU, HardwareAddr: v.app},
		PeerName:  farName, PeerNamespace: netlink.NsFd(namespace),
	}
	err := netlink.LinkAdd(pair)
	if err == nil {
		err = wholePackets(LinkName)
	}
	if err == nil {
		err = netlink.LinkSetUp(pair) // the far device waits for it
	}
	if err != nil {
		return v, fmt.Errorf("veth pair: %w", err)
	}
	close(far.made)
	select {
	case v.fd = <-far.socket:
		return v, nil
	case err := <-far.failed:
		return v, err
	}
}

// live runs on a thread of its own, which the runtime ends with it. That must
// not be the main one, by which others see the whole process.
func (f *farSide) live() {
	runtime.LockOSThread()
	if unix.Gettid() == os.Getpid() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			f.live()
		}()
		<-done
		runtime.UnlockOSThread()
		return
	}
	if err := f.work(); err != nil {
		f.failed <- err
	}
}

func (f *farSide) work() error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("far network namespace: %w", err)
	}
	namespace, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("far network namespace: %w", err)
	}
	// The kernel there has nothing to say.
	for _, conf := range []string{"all", "default"} {
		_ = os.WriteFile("/proc/sys/net/ipv6/conf/"+conf+"/disable_ipv6", []byte("1"), 0)
	}
	f.namespace <- namespace
	<-f.made
	link, err := netlink.LinkByName(farName)
	if err == nil {
		err = netlink.LinkSetMTU(link, MTU)
	}
	if err == nil {
		err = up(link)
	}
	if err != nil {
		return fmt.Errorf("far device: %w", err)
	}
	fd, err := packetSocket(link.Attrs().Index)
	if err != nil {
		return err
	}
	f.socket <- fd
	return nil
}

// packetSocket opens a socket that gets every frame which arrives at a device.
func packetSocket(index int) (int, error) {
	const every = unix.ETH_P_ALL<<8&0xff00 | unix.ETH_P_ALL>>8 // in network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, fmt.Errorf("packet socket: %w", err)
	}
	err = unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
	if err == nil {
		err = ringOn(fd)
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: every, Ifindex: index})
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("packet socket: %w", err)
	}
	return fd, nil
}

// ethtoolValue is struct ethtool_value of the kernel.
type ethtoolValue struct{ cmd, data uint32 }

// ifreqData is struct ifreq with a pointer in its union.
type ifreqData struct {
	name [unix.IFNAMSIZ]byte
	data unsafe.Pointer
	_    [16]byte
}

// wholePackets switches off what would leave checksums and segments to a
// network card: there is none.
func wholePackets(device string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd) //nolint:errcheck // it carries nothing
	for _, cmd := range []uint32{unix.ETHTOOL_STXCSUM, unix.ETHTOOL_STSO, unix.ETHTOOL_SGSO, unix.ETHTOOL_SGRO} {
		value := ethtoolValue{cmd: cmd}
		request := ifreqData{data: unsafe.Pointer(&value)}
		copy(request.name[:unix.IFNAMSIZ-1], device)
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request)))
		runtime.KeepAlive(&value)
		if errno != 0 {
			return fmt.Errorf("offload 0x%x: %w", cmd, errno)
		}
	}
	return nil
}
