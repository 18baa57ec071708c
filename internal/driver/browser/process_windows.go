package browser

import (
	"context"
	"os"
	"os/exec"
)

// piped has the browser choose a port: descriptors cannot be numbered here.
func piped(command []string) []string {
	return append(command[:1:1], append([]string{"--remote-debugging-port=0", "--remote-allow-origins=http://127.0.0.1"}, command[1:]...)...)
}

func apart(*exec.Cmd) {}

func kill(p *os.Process) { _ = p.Kill() }

// connect starts the browser and links to the port that it names.
func (p *process) connect(ctx context.Context) error { return p.dialSaid(ctx) }
