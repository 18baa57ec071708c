package realserver

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

//go:embed kamailio.cfg
var kamailioCfg string

// Kamailio says how a SIP registrar and proxy is to be. It asks for no
// passwords, and knows any domain.
type Kamailio struct {
	// Route is put before a request is handed on, in the server's language:
	// here filters stand.
	Route string
}

// Start runs the server, on UDP and TCP of one port, until Stop.
func (o Kamailio) Start(ctx context.Context) (*Server, error) {
	bin, err := program("kamailio", "kamailio")
	if err != nil {
		return nil, err
	}
	s, err := onPorts(1, func(ports []int) (*Server, error) {
		conf := strings.NewReplacer("@PORT@", strconv.Itoa(ports[0]), "@MORE@", o.Route).Replace(kamailioCfg)
		c := child{
			// It writes no log file by itself, so a shell leads its words there.
			name: "kamailio", log: "log", files: map[string][]byte{"kamailio.cfg": []byte(conf)},
			command: []string{"/bin/sh", "-c", fmt.Sprintf("exec %s -f @BASE@/kamailio.cfg -DD -E -m 16 -M 4 -Y @BASE@ >@BASE@/log 2>&1", bin)},
			ready:   []string{"SO_RCVBUF is finally"},
			failed:  []string{"Address already in use"},
		}
		s, err := c.start(ctx)
		if err == nil {
			s.Addr = addr(ports[0])
		}
		return s, err
	})
	if err != nil {
		return nil, err
	}
	return s, s.listens(ctx)
}

// listens waits until the first port takes connections: a server that writes
// nothing when it does has to be asked.
func (s *Server) listens(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startup)
	defer cancel()
	tick := time.NewTicker(look)
	defer tick.Stop()
	var d net.Dialer
	for {
		c, err := d.DialContext(ctx, "tcp", s.Addr)
		if err == nil {
			return c.Close()
		}
		select {
		case <-tick.C:
		case <-s.done:
			return fmt.Errorf("%s ended while it started", s.Name)
		case <-ctx.Done():
			return fmt.Errorf("%s takes no connections: %w", s.Name, err)
		}
	}
}
