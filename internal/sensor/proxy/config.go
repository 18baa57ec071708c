package proxy

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"time"

	"example.org/telltale"
)

// Name is the sensor's name in flows and coverage.
const Name = "proxy"

// Config says how the proxy works. Only Dir is required.
type Config struct {
	// Clock tells the times of flows and certificates; nil means time.Now.
	Clock telltale.Clock
	// Random is where serial numbers and keys come from; nil means
	// crypto/rand. (Go may use its own source for keys whatever this is.)
	Random io.Reader
	// Resolve turns the name and port that the app asked for into the
	// address to dial. nil means the system's resolver.
	Resolve func(ctx context.Context, host string, port int) (addr string, err error)
	// Dir keeps the certificate authority: ca.pem, ca.key and bundle.pem. A
	// resumed case finds its own authority there again.
	Dir string
	// Capture gets the app's side of all connections as pcapng, TLS secrets
	// inside. nil means no capture. Only one goroutine at a time writes.
	Capture io.Writer
	// Listen is "address:port", 127.0.0.1:0 if empty. Any address that is
	// not loopback is refused.
	Listen string
	// UpstreamCAs are PEM files of authorities that are trusted for servers,
	// besides the system's.
	UpstreamCAs []string
	Limits      Limits
	// Log gets what may interest whoever runs the proxy; nil means nobody.
	Log *slog.Logger
}

// Limits bound what the proxy holds and waits for. Zero fields get the
// defaults named. What passes is never limited, only what is kept.
type Limits struct {
	// Keep is how many bytes of each message are kept: 8 MiB.
	Keep int64
	// Held is how many bytes of exchanges in progress are held in memory,
	// all together: 256 MiB. Messages are cut when it is used up.
	Held int64
	// Head is how long a request's or response's head may be: 256 KiB.
	Head int
	// Conns is how many connections of the app are served at once: 512.
	// More of them wait.
	Conns int
	// Turns is how many changes of direction are kept apart in a tunnel: 2000.
	Turns int
	// Dial is how long a connection to a server may take to come up: 10 s.
	Dial time.Duration
	// Detect is how long the first bytes of a tunnel may take to show what
	// is spoken in it, once the first of them is there: 1 s.
	Detect time.Duration
	// Linger is how long an answer is waited for after the app has closed
	// its side: 5 s.
	Linger time.Duration
	// Capture is how many bytes of packets go to the capture: 1 GiB.
	Capture int64
}

func (l Limits) withDefaults() Limits {
	set(&l.Keep, 8<<20)
	set(&l.Held, 256<<20)
	set(&l.Head, 256<<10)
	set(&l.Conns, 512)
	set(&l.Turns, 2000)
	set(&l.Dial, 10*time.Second)
	set(&l.Detect, time.Second)
	set(&l.Linger, 5*time.Second)
	set(&l.Capture, 1<<30)
	return l
}

func set[T int | int64 | time.Duration](field *T, otherwise T) {
	if *field <= 0 {
		*field = otherwise
	}
}

func (c Config) withDefaults() (Config, error) {
	c.Limits = c.Limits.withDefaults()
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Resolve == nil {
		c.Resolve = system
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.Dir == "" {
		return c, fmt.Errorf("proxy: no directory for the certificate authority: set Config.Dir")
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return c, fmt.Errorf("proxy: listen address %q: %w; try 127.0.0.1:0", c.Listen, err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return c, fmt.Errorf("proxy: listen address %q is not loopback: others could use the proxy; try 127.0.0.1:0", c.Listen)
	}
	return c, nil
}

// system leaves the name to the system's resolver.
func system(_ context.Context, host string, port int) (string, error) {
	return net.JoinHostPort(host, strconv.Itoa(port)), nil
}
