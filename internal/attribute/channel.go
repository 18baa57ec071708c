package attribute

import (
	"net/netip"
	"path"
	"strings"

	"example.org/telltale"
)

// exposeSensor names the flows of telltale's own active checks. They are
// never something that the app sent.
const exposeSensor = "expose"

// InChannel reports whether messages are supposed to pass through host: it
// matches one of the scenario's channel patterns (as path.Match, in lower
// case).
func InChannel(s *telltale.Scenario, host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, pattern := range s.Channel {
		// A malformed pattern matches nothing; scenario.Validate refuses it.
		if ok, err := path.Match(strings.ToLower(pattern), host); err == nil && ok {
			return true
		}
	}
	return false
}

// hostOf is the name the app asked for, or the server's address if it asked
// for none.
func hostOf(f *telltale.Flow) string {
	if f.Host != "" {
		return strings.ToLower(strings.TrimSuffix(f.Host, "."))
	}
	if server, err := netip.ParseAddrPort(f.Server); err == nil {
		return server.Addr().String()
	}
	return f.Server
}

// outside reports whether a flow of the app went anywhere but the channel.
func outside(s *telltale.Scenario, f *telltale.Flow) bool {
	return f.Sensor != exposeSensor && !InChannel(s, hostOf(f))
}

// schemeOf names how a flow was sent, as in the Detail of a destination.
func schemeOf(f *telltale.Flow) string {
	if f.Protocol == "http" || f.Protocol == "https" {
		return f.Protocol
	}
	return "tcp"
}
