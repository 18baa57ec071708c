package proxy

import (
	"io"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/flow/packets"
	"example.org/telltale/internal/pcapng"
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

// packets writes segments seen at one time and flushes. An error stays in
// the writer; see failed.
func (c *capture) packets(at time.Time, segments ...packets.Segment) {
	all := make([]pcapng.Packet, 0, len(segments))
	for _, s := range segments {
		all = append(all, pcapng.Packet{At: at, Data: s.Packet()})
	}
	_ = c.Packets(all...)
}

// failed returns the error that ended the capture.
func (c *capture) failed() error {
	if c == nil {
		return nil
	}
	return c.Err()
}
