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

// WitnessSensor names the flows of what arrived at witness accounts. They are
// copies wherever the account is: nobody had written to it.
const WitnessSensor = "witness"

// accountScheme is the protocol of those flows.
const accountScheme = "account"

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

// HostOf is the name the app asked for, or the server's address if it asked
// for none.
func HostOf(f *telltale.Flow) string {
	if f.Host != "" {
		return strings.ToLower(strings.TrimSuffix(f.Host, "."))
	}
	if server, err := netip.ParseAddrPort(f.Server); err == nil {
		return server.Addr().String()
	}
	return f.Server
}

// Outside reports whether a flow went anywhere but the channel, by the app or
// by whoever carries its messages, so that what is in it is a copy.
func Outside(s *telltale.Scenario, f *telltale.Flow) bool {
	return f.Sensor == WitnessSensor || f.Sensor != exposeSensor && !InChannel(s, HostOf(f))
}

// schemeOf names how a flow was sent, as in the Detail of a destination.
func schemeOf(f *telltale.Flow) string {
	switch f.Protocol {
	case "http", "https", accountScheme:
		return f.Protocol
	}
	return "tcp"
}
