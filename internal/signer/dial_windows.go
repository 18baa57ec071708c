package signer

import (
	"context"
	"io"
	"net"
	"os"
	"strings"
)

// dialAgent connects to the agent's named pipe, or to a socket.
func dialAgent(socket string) (io.ReadWriteCloser, error) {
	if socket == "" {
		socket = `\\.\pipe\openssh-ssh-agent`
	}
	if strings.HasPrefix(socket, `\\.\pipe\`) {
		return os.OpenFile(socket, os.O_RDWR, 0)
	}
	return (&net.Dialer{}).DialContext(context.Background(), "unix", socket)
}
