package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// peer is a proxy to measure.
type peer struct {
	name string
	// command that runs it; PORT is where it shall listen.
	command func(dir string, o *origin, port string) []string
	// explicit proxies are asked by CONNECT; others are dialled.
	explicit bool
	// captures says that what passes is written down.
	captures bool
}

// Our own rows.
const ours, noPackets = "telltale", "telltale without packet file"

// peers that write traffic down, telltale first.
func peers(telltale string) []peer {
	return []peer{
		{name: ours, explicit: true, captures: true, command: func(dir string, o *origin, port string) []string {
			return []string{telltale, "proxy", "--quiet", "--listen", "127.0.0.1:" + port, "--upstream-ca", o.caFile,
				"--ca-dir", filepath.Join(dir, "ca"), "--json", filepath.Join(dir, "flows.jsonl"), "--pcap", filepath.Join(dir, "capture.pcapng")}
		}},
		{name: noPackets, explicit: true, captures: true, command: func(dir string, o *origin, port string) []string {
			return []string{telltale, "proxy", "--quiet", "--listen", "127.0.0.1:" + port, "--upstream-ca", o.caFile,
				"--ca-dir", filepath.Join(dir, "ca"), "--json", filepath.Join(dir, "flows.jsonl")}
		}},
		{name: "mitmdump -w", explicit: true, captures: true, command: func(dir string, _ *origin, port string) []string {
			return []string{"mitmdump", "-q", "--listen-host", "127.0.0.1", "-p", port, "--set", "ssl_insecure=true",
				"--set", "confdir=" + filepath.Join(dir, "conf"), "-w", filepath.Join(dir, "flows")}
		}},
		{name: "sslsplit -L", captures: true, command: func(dir string, o *origin, port string) []string {
			host, to, _ := net.SplitHostPort(o.addr)
			return []string{"sslsplit", "-D", "-u", "root", "-k", o.caKey, "-c", o.caFile, "-L", filepath.Join(dir, "split.log"),
				"ssl", "127.0.0.1", port, host, to}
		}},
	}
}

// running is a peer under measurement.
type running struct {
	target
	cmd *exec.Cmd
	dir string
	log bytes.Buffer
}

var errMissing = errors.New("is not installed")

// start runs a peer and waits until it listens.
func (p peer) start(ctx context.Context, o *origin) (*running, error) {
	dir, err := os.MkdirTemp("", "benchcapture-")
	if err != nil {
		return nil, err
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	argv := p.command(dir, o, port)
	if _, err := exec.LookPath(argv[0]); err != nil {
		return nil, fmt.Errorf("%s %w", argv[0], errMissing)
	}
	r := &running{target: target{origin: o.addr}, dir: dir}
	if p.explicit {
		r.proxy = &url.URL{Scheme: "http", Host: "127.0.0.1:" + port}
	} else {
		r.dial = "127.0.0.1:" + port
	}
	r.cmd = exec.CommandContext(ctx, argv[0], argv[1:]...)
	r.cmd.Stdout, r.cmd.Stderr = &r.log, &r.log
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	for try := 0; ; try++ { // peers do not tell when they listen
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = conn.Close()
			return r, nil
		}
		if try == 300 {
			r.stop()
			return nil, fmt.Errorf("%s does not listen: %s", p.name, r.log.String())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func freePort(ctx context.Context) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// stop ends the peer and removes what it wrote.
func (r *running) stop() {
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(10*time.Second, func() { _ = r.cmd.Process.Kill() })
	_ = r.cmd.Wait() // its exit status is not what is measured
	late.Stop()
	_ = os.RemoveAll(r.dir)
}

// cpu is the processor time of the peer and its children so far, in seconds.
func (r *running) cpu() (float64, error) {
	sum := 0.0
	for _, pid := range family(r.cmd.Process.Pid) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, err
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		fields := strings.Fields(rest)
		for _, i := range []int{11, 12, 13, 14} { // user and system, own and of children that ended
			n, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return 0, err
			}
			sum += n / 100 // USER_HZ is 100 on all of Linux
		}
	}
	return sum, nil
}

// peak is the most memory that the peer and its children had, in bytes.
func (r *running) peak() (int64, error) {
	sum := int64(0)
	for _, pid := range family(r.cmd.Process.Pid) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return 0, err
		}
		_, rest, _ := strings.Cut(string(b), "VmHWM:")
		kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
		if err != nil {
			return 0, err
		}
		sum += kb << 10
	}
	return sum, nil
}

// family is a process and all that came of it and still run.
func family(pid int) []int {
	all := []int{pid}
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		b, _ := os.ReadFile(list) // a thread that ended meanwhile has none
		for _, child := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(child); err == nil {
				all = append(all, family(n)...)
			}
		}
	}
	return all
}
