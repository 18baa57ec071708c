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
	"example.org/telltale/internal/sensor/intercept"
	"example.org/telltale/internal/sensor/views"
)

// Name is the sensor's name in flows and coverage.
const Name = "proxy"

// Config says how the proxy works. Only Dir is required.
type Config struct {
	// Clock tells the times of flows and certificates; nil means time.Now. It
	// is used from many goroutines.
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
	// Views bound what is kept, Limits what is waited for.
	Views  views.Limits
	Limits intercept.Limits
	// Log gets what may interest whoever runs the proxy; nil means nobody.
	Log *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
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
