package gateway_test

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

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
