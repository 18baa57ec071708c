package profile

import "fmt"

// Host names of the lab network. HostLogin and HostRelay belong to the
// channel: messages are supposed to pass through them.
const (
	HostLogin  = "login.tom.test"
	HostRelay  = "relay.tom.test"
	HostList   = "skypetools.tom.test"
	HostReport = "sere.hiido.test"
	HostUpdate = "update.tom.test"
	HostStats  = "stats.tom.test"
	HostSite   = "www.tom.test"

	hostCollector = "a%d.skype.tom.test"
)

// ServerKind says what a web server of the lab does.
type ServerKind string

// The kinds of web servers.
const (
	KindList      ServerKind = "list"
	KindCollector ServerKind = "collector"
	KindReport    ServerKind = "report"
	KindUpdate    ServerKind = "update"
	KindStats     ServerKind = "stats"
	KindSite      ServerKind = "site"
)

// Server is one web server that a profile needs.
type Server struct {
	Host string     `json:"host"`
	Kind ServerKind `json:"kind"`
	// TLS servers speak HTTPS on port 443, the others HTTP on port 80; the
	// name map turns both into some free port.
	TLS bool `json:"tls,omitempty"`
	// Number of a collector, from 1.
	Number int `json:"number,omitempty"`
}

// Servers lists the web servers that the plan needs, besides login and relay.
func (p Plan) Servers() []Server {
	var servers []Server
	if p.Profile.Lists() {
		servers = append(servers, Server{Host: HostList, Kind: KindList})
	}
	if p.Profile.Collects() {
		for n := 1; n <= Collectors; n++ {
			servers = append(servers, Server{Host: fmt.Sprintf(hostCollector, n), Kind: KindCollector, Number: n})
		}
	}
	if p.Profile.Everything {
		servers = append(servers, Server{Host: HostReport, Kind: KindReport, TLS: true})
	}
	if p.Profile.Noisy {
		servers = append(servers,
			Server{Host: HostUpdate, Kind: KindUpdate}, Server{Host: HostStats, Kind: KindStats}, Server{Host: HostSite, Kind: KindSite})
	}
	return servers
}

// Channel are the host patterns that messages are supposed to pass through.
func Channel() []string { return []string{"*.peer.test", "relay*.tom.test", "login.tom.test"} }

// Scope are the hosts that active checks may touch: those that lists are
// fetched from and copies sent to. Empty for a clean client.
func (p Plan) Scope() []string {
	var hosts []string
	for _, s := range p.Servers() {
		if s.Kind == KindList || s.Kind == KindCollector || s.Kind == KindReport {
			hosts = append(hosts, s.Host)
		}
	}
	return hosts
}
