package proxy

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"example.org/telltale"
)

// secretsTLS is the secrets type of a TLS key log in a pcapng Decryption
// Secrets Block ("TLSK").
const secretsTLS = 0x544c534b

// capture writes packets and TLS secrets as pcapng. The first error ends it.
type capture struct {
	mu   sync.Mutex
	ng   *pcapgo.NgWriter
	keys []byte // secrets to be written before the packets they open
	left int64
	err  error
}

// newCapture begins a section. Appended to an older file that gives a valid
// pcapng of several sections.
func newCapture(w io.Writer, limit int64) (*capture, error) {
	intf := pcapgo.DefaultNgInterface
	intf.Name = "telltale proxy, the app's side"
	intf.LinkType = layers.LinkTypeRaw
	intf.SnapLength = 0
	options := pcapgo.DefaultNgWriterOptions
	options.SectionInfo.Application = "telltale " + telltale.Version
	ng, err := pcapgo.NewNgWriterInterface(w, intf, options)
	if err == nil {
		err = ng.Flush()
	}
	return &capture{ng: ng, left: limit}, err
}

// Write takes key log lines; it is the tls.Config.KeyLogWriter.
func (c *capture) Write(line []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys = append(c.keys, line...)
	return len(line), nil
}

// packets writes segments seen at one time and flushes.
func (c *capture) packets(at time.Time, segments ...segment) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.left <= 0 {
		return
	}
	if len(c.keys) > 0 {
		c.err = c.ng.WriteDecryptionSecretsBlock(secretsTLS, c.keys)
		c.keys = nil
	}
	for _, s := range segments {
		b := s.packet()
		c.left -= int64(len(b))
		if c.err == nil {
			c.err = c.ng.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(b), Length: len(b)}, b)
		}
	}
	if c.err == nil {
		c.err = c.ng.Flush()
	}
}

// failed returns the error that ended the capture.
func (c *capture) failed() error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return fmt.Errorf("proxy: write the capture: %w", c.err)
	}
	return nil
}
