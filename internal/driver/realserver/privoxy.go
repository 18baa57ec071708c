package realserver

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

//go:embed privoxy.conf
var privoxyConf string

// Privoxy is an HTTP proxy that changes or refuses what passes through it.
type Privoxy struct {
	// Actions and Filter are its files of rules.
	Actions, Filter string
}

// Start starts it. Addr is the proxy.
func (o Privoxy) Start(ctx context.Context) (*Server, error) {
	bin, err := program("privoxy", "privoxy")
	if err != nil {
		return nil, err
	}
	return onPorts(1, func(ports []int) (*Server, error) {
		c := child{
			name: "privoxy", user: "privoxy", log: "log",
			// In the foreground it logs to its standard error.
			command: []string{"/bin/sh", "-c", "exec " + bin + " --no-daemon @BASE@/config 2>@BASE@/log"},
			files: map[string][]byte{
				"config":       []byte(strings.ReplaceAll(privoxyConf, "@PORT@", strconv.Itoa(ports[0]))),
				"words.action": []byte(o.Actions), "words.filter": []byte(o.Filter),
			},
			ready:  []string{"Listening on port"},
			failed: []string{"can't bind"},
		}
		s, err := c.start(ctx)
		if err != nil {
			return nil, err
		}
		s.Addr = addr(ports[0])
		return s, s.answers(ctx)
	})
}

// answers waits until somebody takes connections: some servers say that they
// listen just before they do. A server that has ended by then had no port.
func (s *Server) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startup)
	defer cancel()
	var d net.Dialer
	for {
		if conn, err := d.DialContext(ctx, "tcp", s.Addr); err == nil {
			return conn.Close()
		}
		select {
		case <-s.done:
			return errors.Join(errPort, s.Stop())
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("%s does not answer after %v", s.Name, startup), s.Stop())
		case <-time.After(look):
		}
	}
}
