package chat

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/lab/guard"
)

// Config configures a Client.
type Config struct {
	// Account logs in; it is made at the first login.
	Account string
	// Dir keeps the account's files: NAME.key, NAME.pins.json and
	// NAME.history.jsonl. It is made if need be.
	Dir string
	// Listen is the loopback "IP:port" where peers reach this client. Empty
	// takes the address that Dialer.Names has for PeerHost(Account).
	Listen string
	// Dialer makes every outgoing connection.
	Dialer guard.Dialer
	// Directory is the "host:port" of the directory, as in "login.tom.test:33033".
	Directory string
	// Monitor makes this a monitored build; nil is the clean build. The
	// client closes it.
	Monitor Monitor
	// MonitorWait bounds how long a Starter holds up the ready event; 10 s if
	// zero.
	MonitorWait time.Duration
	// PlainRelay sends every message through the relay, readable to it, as
	// in the server-side profile. It also accepts such messages.
	PlainRelay bool
	// Clock stamps messages.
	Clock telltale.Clock
	// Rand draws keys and message ids.
	Rand io.Reader
	// Log may be nil.
	Log *slog.Logger
}

// complete checks c, fills in what has a default and makes the directory.
func (c Config) complete() (Config, error) {
	if err := CheckAccount(c.Account); err != nil {
		return c, err
	}
	if c.Clock == nil || c.Rand == nil {
		return c, errors.New("chat client: set Clock and Rand")
	}
	if _, _, err := hostPort(c.Directory); err != nil {
		return c, fmt.Errorf("directory: %w", err)
	}
	if c.Listen == "" {
		addr, err := c.Dialer.Names.Resolve(PeerHost(c.Account))
		if err != nil {
			return c, fmt.Errorf("no address to listen on: %w", err)
		}
		c.Listen = addr
	}
	if c.MonitorWait == 0 {
		c.MonitorWait = 10 * time.Second
	}
	c.Log = orDiscard(c.Log).With("account", c.Account)
	c.Rand = &lockedReader{r: c.Rand}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return c, fmt.Errorf("account directory: %w", err)
	}
	return c, nil
}

// file is the path of one of the account's files.
func (c Config) file(suffix string) string { return filepath.Join(c.Dir, c.Account+suffix) }

// hostPort takes "host:port" with a name under .test apart.
func hostPort(addr string) (string, int, error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, fmt.Errorf("%.100q is not host:port", addr)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return "", 0, fmt.Errorf("port of %.100q is not between 1 and 65535", addr)
	}
	return host, int(port), guard.CheckName(host)
}
