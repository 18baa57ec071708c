package sip

import (
	"encoding/json"
	"net"
	"time"

	"example.org/telltale/internal/driver/ends"
)

// Options say where the account is registered.
type Options struct {
	// Server is the registrar and proxy, as in "sip.example.org:5060".
	Server string `json:"server"`
	// Domain of the addresses; the server's host if empty.
	Domain string `json:"domain"`
	// Transport is "udp" or "tcp". UDP carries texts of 800 bytes
	// (RFC 3428, section 8).
	Transport string `json:"transport"`
	// Listen is the own address that the server can reach, as in
	// "192.0.2.7:5062"; the port 0 is any. Loopback if empty.
	Listen string `json:"listen"`
	// Expires is how long a registration holds.
	Expires ends.Duration `json:"expires"`
}

// ParseOptions reads options and fills in defaults.
func ParseOptions(raw json.RawMessage) (Options, error) {
	o := Options{Transport: "udp", Listen: "127.0.0.1:0", Expires: ends.Duration(10 * time.Minute)}
	if err := ends.Decode(raw, &o); err != nil {
		return o, err
	}
	host, _, err := net.SplitHostPort(o.Server)
	if err != nil {
		return o, &ends.OptionError{Path: "server", What: "there is no server", Fix: `write host and port, as in "sip.example.org:5060"`}
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		return o, &ends.OptionError{Path: "listen", What: "it is no address", Fix: `write host and port, as in "192.0.2.7:0"`}
	}
	if o.Transport != "udp" && o.Transport != "tcp" {
		return o, &ends.OptionError{Path: "transport", What: "there is no such transport", Fix: "write udp or tcp"}
	}
	if o.Expires < ends.Duration(10*time.Second) {
		return o, &ends.OptionError{Path: "expires", What: "it is too short", Fix: `write at least "10s"`}
	}
	if o.Domain == "" {
		o.Domain = host
	}
	return o, nil
}
