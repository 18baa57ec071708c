package proxy

import (
	"io"
	"net"

	"example.org/telltale"
	"example.org/telltale/internal/pcapng"
	"example.org/telltale/internal/sensor/tap"
)

// capture writes packets and TLS secrets as pcapng. The first error ends it.
type capture struct{ *pcapng.Writer }

// newCapture begins a section. Appended to an older file that gives a valid
// pcapng of several sections.
func newCapture(w io.Writer, limit int64) (*capture, error) {
	out, err := pcapng.NewWriter(w, pcapng.Options{
		Application: "telltale " + telltale.Version,
		Interfaces:  []pcapng.Interface{{Name: "telltale proxy, the app's side", Link: pcapng.LinkRaw}},
		Limit:       limit,
	})
	return &capture{out}, err
}

// tapped is the app's connection with what passes copied to the capture. A
// connection whose ends are not IP addresses is left as it is.
func (c *capture) tapped(conn net.Conn, clock telltale.Clock) net.Conn {
	app, ok1 := conn.RemoteAddr().(*net.TCPAddr)
	own, ok2 := conn.LocalAddr().(*net.TCPAddr)
	if c == nil || !ok1 || !ok2 {
		return conn
	}
	return tap.New(conn, tap.Plain(app), tap.Plain(own), c.Writer, clock)
}

// failed returns the error that ended the capture.
func (c *capture) failed() error {
	if c == nil {
		return nil
	}
	return c.Err()
}
