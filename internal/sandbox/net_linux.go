//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// The two kinds of link.
const (
	kindTun  = "tun"
	kindVeth = "veth"
)

// linkPatience is how long the kernel may take to switch a device on.
const linkPatience = 30 * time.Second

// openNetwork makes the box's network and returns the descriptor that carries
// its packets, with what the owner has to know about it.
func openNetwork(noTun bool) (fd int, about linkNotice, err error) {
	settings()
	if err := loopbackUp(); err != nil {
		return -1, about, err
	}
	tunErr := errors.New("not asked for")
	if !noTun {
		if fd, tunErr = openTun(); tunErr == nil {
			return fd, linkNotice{Kind: kindTun}, configure(nil)
		}
	}
	pair, err := openVeth()
	if err != nil {
		return -1, about, fmt.Errorf("no link to the sandbox: a TUN device: %w; a veth pair: %w", tunErr, err)
	}
	about = linkNotice{Kind: kindVeth, Gateway: pair.gateway, App: pair.app}
	return pair.fd, about, configure(pair.gateway)
}

// settings are those of the box's own network stack. A kernel that lacks one
// is fine: none of them keeps anything inside.
func settings() {
	gid := strconv.Itoa(os.Getegid())
	for _, s := range [][2]string{
		// Any program may ping and listen on any port.
		{"ipv4/ping_group_range", gid + " " + gid},
		{"ipv4/ip_unprivileged_port_start", "0"},
		// The box has one neighbour, which announces nothing.
		{"ipv6/conf/all/disable_ipv6", "0"},
		{"ipv6/conf/default/disable_ipv6", "0"},
		{"ipv6/conf/default/accept_ra", "0"},
		{"ipv6/conf/default/router_solicitations", "0"},
		{"ipv6/conf/default/dad_transmits", "0"},
		{"ipv6/conf/default/accept_dad", "0"},
		{"ipv6/conf/default/addr_gen_mode", "1"},
		// Nor does the way there lose anything: what is not acknowledged yet is
		// waiting. Sent again it would stand in the capture twice.
		{"ipv4/tcp_early_retrans", "0"},
	} {
		_ = os.WriteFile("/proc/sys/net/"+s[0], []byte(s[1]), 0)
	}
}

func loopbackUp() error {
	lo, err := netlink.LinkByName("lo")
	if err == nil {
		err = netlink.LinkSetUp(lo)
	}
	if err != nil {
		return fmt.Errorf("loopback device: %w", err)
	}
	return nil
}

// openSockets opens a socket by which the kernel can be asked whose a socket
// of the box is (sock_diag(7)). An owner who is not root could not open one
// here himself.
func openSockets() (int, error) {
	return unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
}

// openTun makes the TUN device.
func openTun() (int, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return -1, fmt.Errorf("/dev/net/tun: %w", err)
	}
	request, err := unix.NewIfreq(LinkName)
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("TUN device: %w", err)
	}
	return fd, nil
}

// queue is how many packets may wait for the gateway: with fewer, a burst of
// new connections loses some and waits for them to be sent again.
const queue = 10_000

// retransmit is how long TCP inside waits for an acknowledgement at least. A
// gateway that is busy is slower than the kernel's 200 ms allow for.
const retransmit = time.Second

// configure gives the link its addresses and makes it the default route. On
// Ethernet the gateway's address is written down, so that nobody has to ask.
func configure(gateway net.HardwareAddr) error {
	link, err := netlink.LinkByName(LinkName)
	if err != nil {
		return fmt.Errorf("link: %w", err)
	}
	if err := netlink.LinkSetMTU(link, MTU); err != nil {
		return fmt.Errorf("link: MTU %d: %w", MTU, err)
	}
	if err := netlink.LinkSetTxQLen(link, queue); err != nil {
		return fmt.Errorf("link: a queue of %d packets: %w", queue, err)
	}
	if err := up(link); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	in := Inside()
	if err := route(link, in.App4, in.Gateway4, gateway); err != nil {
		return err
	}
	if _, err := os.Stat("/proc/sys/net/ipv6"); err != nil {
		return nil // the kernel has no IPv6; nothing can be sent over it
	}
	return route(link, in.App6, in.Gateway6, gateway)
}

// up switches a device on and waits until the kernel says that it carries
// packets: before, there is no IPv6 on it, and it loses what it is to send.
func up(link netlink.Link) error {
	updates, done := make(chan netlink.LinkUpdate), make(chan struct{})
	if err := netlink.LinkSubscribe(updates, done); err != nil {
		return err
	}
	defer func() {
		close(done)
		for range updates { // until the subscription has ended
		}
	}()
	if err := netlink.LinkSetUp(link); err != nil {
		return err
	}
	patience := time.NewTimer(linkPatience)
	defer patience.Stop()
	for {
		// A TUN device has no state but up.
		now, err := netlink.LinkByName(link.Attrs().Name)
		if err != nil || now.Attrs().OperState != netlink.OperDown && now.Attrs().OperState != netlink.OperLowerLayerDown {
			return err
		}
		select {
		case <-updates:
		case <-patience.C:
			return errors.New("it does not come up")
		}
	}
}

// route sets the address and the default route of one family.
func route(link netlink.Link, app netip.Prefix, via netip.Addr, hardware net.HardwareAddr) error {
	address := &netlink.Addr{IPNet: network(app), Flags: unix.IFA_F_NODAD}
	if err := netlink.AddrAdd(link, address); err != nil {
		return fmt.Errorf("address %v: %w", app, err)
	}
	index := link.Attrs().Index
	if hardware != nil {
		neighbour := &netlink.Neigh{LinkIndex: index, State: unix.NUD_PERMANENT, IP: via.AsSlice(), HardwareAddr: hardware}
		if err := netlink.NeighSet(neighbour); err != nil {
			return fmt.Errorf("neighbour %v: %w", via, err)
		}
	}
	if err := defaultRoute(index, via, hardware != nil); err != nil {
		return fmt.Errorf("default route via %v: %w", via, err)
	}
	return nil
}

// defaultRoute says what netlink's own type of routes has no words for: that
// nothing may take the metric "retransmit" for a mere hint.
func defaultRoute(index int, via netip.Addr, gateway bool) error {
	family := unix.AF_INET
	if via.Is6() {
		family = unix.AF_INET6
	}
	message := nl.NewRtMsg()
	message.Family = uint8(family)
	r := nl.NewNetlinkRequest(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	r.AddData(message)
	r.AddData(nl.NewRtAttr(unix.RTA_OIF, nl.Uint32Attr(uint32(index))))
	if gateway {
		r.AddData(nl.NewRtAttr(unix.RTA_GATEWAY, via.AsSlice()))
	}
	metrics := nl.NewRtAttr(unix.RTA_METRICS, nil)
	metrics.AddRtAttr(unix.RTAX_LOCK, nl.Uint32Attr(1<<unix.RTAX_RTO_MIN))
	metrics.AddRtAttr(unix.RTAX_RTO_MIN, nl.Uint32Attr(uint32(retransmit/time.Millisecond)))
	r.AddData(metrics)
	_, err := r.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

func network(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
