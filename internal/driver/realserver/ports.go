package realserver

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// freePorts gives ports that nobody listened on a moment ago. They lie below
// those that systems give away by themselves, so that hardly anybody takes
// one before the server does; who starts a server tries again if so.
func freePorts(n int) ([]int, error) {
	const least, most = 20000, 30000
	var out []int
	for range 1000 {
		port := least + rand.IntN(most-least)
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port))) //nolint:noctx // returns at once
		if err != nil {
			continue
		}
		_ = l.Close() // it was opened to see that it can be
		if out = append(out, port); len(out) == n {
			return out, nil
		}
	}
	return nil, fmt.Errorf("no %d free ports between %d and %d", n, least, most)
}

// host is where all servers listen.
const host = "127.0.0.1"

func addr(port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// onPorts starts a server on free ports, and on others when somebody took
// them meanwhile.
func onPorts(n int, start func(ports []int) (*Server, error)) (*Server, error) {
	var err error
	for range tries {
		var ports []int
		if ports, err = freePorts(n); err != nil {
			return nil, err
		}
		var s *Server
		if s, err = start(ports); !errors.Is(err, errPort) {
			return s, err
		}
	}
	return nil, err
}
