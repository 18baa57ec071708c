package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// nameservers are those of a resolv.conf.
type nameservers struct{ path string }

// patienceUDP is how long one name server may take before TCP is tried.
const patienceUDP = 3 * time.Second

// exchange sends a raw query to the name servers in turn, until one answers.
func (n nameservers) exchange(ctx context.Context, query []byte, overTCP bool) ([]byte, error) {
	servers, err := n.list()
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, server := range servers {
		for _, network := range []string{"udp", "tcp"} {
			if overTCP && network == "udp" {
				continue
			}
			b, err := askServer(ctx, network, server, query)
			if err == nil {
				return b, nil
			}
			errs = append(errs, err)
		}
	}
	return nil, errors.Join(errs...)
}

func (n nameservers) list() ([]string, error) {
	f, err := os.Open(n.path)
	if err != nil {
		return nil, fmt.Errorf("the host's name servers: %w", err)
	}
	defer f.Close()
	var servers []string
	for lines := bufio.NewScanner(io.LimitReader(f, 1<<20)); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 1 && fields[0] == "nameserver" {
			servers = append(servers, net.JoinHostPort(fields[1], "53"))
		}
	}
	if servers == nil {
		return nil, fmt.Errorf("the host's name servers: %s names none", n.path)
	}
	return servers, nil
}

// askServer asks one server once.
func askServer(ctx context.Context, network, server string, query []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patienceUDP)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, network, server)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if network == "tcp" {
		if _, err := c.Write(lengthFirst(query)); err != nil {
			return nil, err
		}
		b, err := readMessage(c)
		if err == nil && !answers(b[2:], query) {
			err = fmt.Errorf("name server %s answered another query", server)
		}
		if err != nil {
			return nil, err
		}
		return b[2:], nil
	}
	if _, err := c.Write(query); err != nil {
		return nil, err
	}
	for b := make([]byte, maxMessage); ; {
		n, err := c.Read(b)
		if err != nil {
			return nil, err
		}
		if answers(b[:n], query) {
			return b[:n], nil
		}
	}
}

// answers reports whether b has the number of query and says that it is an
// answer.
func answers(b, query []byte) bool {
	return len(b) >= 12 && len(query) >= 2 && b[0] == query[0] && b[1] == query[1] && b[2]&0x80 != 0
}
