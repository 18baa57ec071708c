package gateway_test

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"example.org/telltale/internal/sensor/gateway"
)

// TestMain is also the child that TestOwnerOfChild starts: it dials, says from
// where, and waits.
func TestMain(m *testing.M) {
	if to := os.Getenv("GATEWAY_TEST_DIAL"); to != "" {
		c, err := net.Dial("tcp", to)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(c.LocalAddr())
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestOwner: many sockets of this process, asked for at once.
func TestOwner(t *testing.T) {
	t.Parallel()
	owners := gateway.NewOwners(os.Getpid())
	server := serve(t, echo)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			c, err := net.Dial("tcp", server.String())
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			p := owners.Owner("tcp", c.LocalAddr().(*net.TCPAddr).AddrPort(), server)
			if p.PID != os.Getpid() || p.Name != filepath.Base(self) || len(p.Command) == 0 || p.Command[0] != os.Args[0] {
				t.Errorf("owner %+v", p)
			}
		})
	}
	all.Wait()
	if p := owners.Owner("tcp", netip.MustParseAddrPort("127.0.0.1:1"), server); p.PID != 0 {
		t.Errorf("nobody's socket is %+v's", p)
	}
}

// TestOwnerUDP: connected, bound to an address or to none, of one family or
// both.
func TestOwnerUDP(t *testing.T) {
	t.Parallel()
	owners := gateway.NewOwners(os.Getpid())
	dst := netip.MustParseAddrPort("127.0.0.1:9")
	connected, err := net.Dial("udp", dst.String())
	if err != nil {
		t.Fatal(err)
	}
	defer connected.Close()
	for name, listen := range map[string][2]string{"bound": {"udp4", "127.0.0.1:0"}, "unbound": {"udp4", ":0"}, "both": {"udp", ":0"}} {
		c, err := net.ListenPacket(listen[0], listen[1])
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		src := netip.AddrPortFrom(dst.Addr(), c.LocalAddr().(*net.UDPAddr).AddrPort().Port())
		if p := owners.Owner("udp", src, dst); p.PID != os.Getpid() {
			t.Errorf("%s: owner %+v", name, p)
		}
	}
	if p := owners.Owner("udp", connected.LocalAddr().(*net.UDPAddr).AddrPort(), dst); p.PID != os.Getpid() {
		t.Errorf("connected: owner %+v", p)
	}
}

// TestOwnerOfChild: a shell's child has ancestors, and who is outside is not
// looked at.
func TestOwnerOfChild(t *testing.T) {
	t.Parallel()
	server := serve(t, echo)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", `"$0" one two; true`, self)
	cmd.Env = append(os.Environ(), "GATEWAY_TEST_DIAL="+server.String())
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { in.Close(); _ = cmd.Wait() }()
	line, _, err := bufio.NewReader(out).ReadLine()
	if err != nil {
		t.Fatal(err)
	}
	src, err := netip.ParseAddrPort(string(line))
	if err != nil {
		t.Fatal(err)
	}
	sh, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	p := gateway.NewOwners(os.Getpid()).Owner("tcp", src, server)
	if p.PID == os.Getpid() || p.Name != filepath.Base(self) || len(p.Ancestors) != 1 || p.Ancestors[0] != filepath.Base(sh) {
		t.Errorf("owner %+v, want the child of %s", p, sh)
	}
	if len(p.Command) != 3 || p.Command[2] != "two" {
		t.Errorf("command %q", p.Command)
	}
	if q := gateway.NewOwners(p.PID+1<<22).Owner("tcp", src, server); q.PID != 0 {
		t.Errorf("found from outside: %+v", q)
	}
}

// TestInode: both ways to a socket's number find the same one.
func TestInode(t *testing.T) {
	t.Parallel()
	server := serve(t, echo)
	dst := netip.MustParseAddrPort("127.0.0.1:9")
	for name, dial := range map[string]func() (net.Conn, error){
		"tcp": func() (net.Conn, error) { return net.Dial("tcp", server.String()) },
		"udp": func() (net.Conn, error) { return net.Dial("udp", dst.String()) },
		"udp bound": func() (net.Conn, error) {
			return net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		},
		"udp unbound": func() (net.Conn, error) { return net.ListenUDP("udp4", nil) },
		"udp both":    func() (net.Conn, error) { return net.ListenUDP("udp", nil) },
	} {
		c, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		proto, to := name[:3], dst
		if proto == "tcp" {
			to = server
		}
		port := netip.MustParseAddrPort(c.LocalAddr().String()).Port()
		asked, read, err := gateway.Inode(proto, netip.AddrPortFrom(dst.Addr(), port), to)
		// Not every kernel is built to be asked.
		missing := (err != nil || asked == 0) && os.Getenv("TELLTALE_REQUIRE_REAL") == ""
		if !missing && (err != nil || asked != read) || err == nil && read == 0 {
			t.Errorf("%s: %d by asking, %d by reading, %v", name, asked, read, err)
		}
	}
	if asked, read, err := gateway.Inode("tcp", netip.AddrPortFrom(server.Addr(), 1), server); asked+read != 0 {
		t.Errorf("nobody's: %d, %d, %v", asked, read, err)
	}
}

// TestOwnersBy: a socket from inside is as good as one's own.
func TestOwnersBy(t *testing.T) {
	t.Parallel()
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil && os.Getenv("TELLTALE_REQUIRE_REAL") == "" {
		t.Skip("this kernel cannot be asked for sockets: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	inside := os.NewFile(uintptr(fd), "inside")
	owners, err := gateway.NewOwnersBy(os.Getpid(), inside)
	inside.Close()
	if err != nil {
		t.Fatal(err)
	}
	server := serve(t, echo)
	c, err := net.Dial("tcp", server.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if p := owners.Owner("tcp", c.LocalAddr().(*net.TCPAddr).AddrPort(), server); p.PID != os.Getpid() {
		t.Errorf("owner %+v", p)
	}
}

func FuzzSockets(f *testing.F) {
	f.Add("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n" +
		"   0: 0100007F:0016 0200007F:0050 02 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 20 4 30 10 -1\n")
	src, dst := netip.MustParseAddrPort("127.0.0.1:22"), netip.MustParseAddrPort("127.0.0.2:80")
	f.Fuzz(func(t *testing.T, table string) {
		if inode := gateway.Scan(table, src, dst); inode != 0 && !strings.Contains(table, fmt.Sprint(inode)) {
			t.Errorf("socket %d is not in the table", inode)
		}
	})
}
