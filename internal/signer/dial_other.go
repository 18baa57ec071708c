//go:build !windows

package signer

import (
	"context"
	"errors"
	"io"
	"net"
)

// dialAgent connects to the agent's socket.
func dialAgent(socket string) (io.ReadWriteCloser, error) {
	if socket == "" {
		return nil, errors.New("SSH_AUTH_SOCK is not set")
	}
	return (&net.Dialer{}).DialContext(context.Background(), "unix", socket)
}
