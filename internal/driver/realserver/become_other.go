//go:build !linux

package realserver

import (
	"os"
	"os/exec"
)

// become does nothing here: the child runs as we do.
func become(*exec.Cmd, string) error { return nil }

func give(string, string) error { return nil }

func terminate(p *os.Process) error { return p.Kill() }

// sweep has nothing to do where servers have no process group of their own.
func sweep(*os.Process) {}
