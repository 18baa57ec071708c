package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// throughSandbox uploads from a program in the sandbox, recorded in full, and
// returns bytes a second as the program measured them.
func throughSandbox(ctx context.Context, telltale string, o *origin, size int64) (float64, error) {
	dir, err := os.MkdirTemp("", "benchcapture-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	host, port, err := net.SplitHostPort(o.addr)
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, telltale, "run", "--quiet", "--map", "origin.test="+net.JoinHostPort(host, port), "--json", filepath.Join(dir, "flows.jsonl"),
		"--pcap", filepath.Join(dir, "all.pcapng"), "--", self, "-child", "upload", "origin.test:443", strconv.FormatInt(size, 10))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("an upload in the sandbox: %w", err)
	}
	took, err := time.ParseDuration(strings.TrimSpace(string(out)))
	return float64(size) / took.Seconds(), err
}

// uploadChild is the program in the sandbox.
func uploadChild(args []string) error {
	size, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	took, err := target{origin: args[0]}.upload(context.Background(), size)
	if err == nil {
		fmt.Println(took)
	}
	return err
}
