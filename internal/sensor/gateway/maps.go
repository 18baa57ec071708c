package gateway

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// Map makes a name resolve inside, and its connections go to an address as
// the host sees it.
type Map struct {
	// Name, or an IP address as the app dials it.
	Name string
	// To is where connections go; with port 0, to the port that was dialled.
	To netip.AddrPort
}

// ParseMap reads NAME=ADDR[:PORT]; an IPv6 address with a port stands in
// brackets.
func ParseMap(s string) (Map, error) {
	name, to, ok := strings.Cut(s, "=")
	name = canonical(name)
	if !ok || name == "" {
		return Map{}, fmt.Errorf("map %q: want NAME=ADDR[:PORT], as in app.test=127.0.0.1:8080", s)
	}
	if at, err := netip.ParseAddrPort(to); err == nil {
		return Map{Name: name, To: netip.AddrPortFrom(at.Addr().Unmap(), at.Port())}, nil
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(to, "["), "]"))
	if err != nil {
		return Map{}, fmt.Errorf("map %q: %q is no IP address, nor one with a port", s, to)
	}
	return Map{Name: name, To: netip.AddrPortFrom(a.Unmap(), 0)}, nil
}

// canonical is how names are compared: lower case, no dot at the end.
func canonical(name string) string {
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// Mapped names get an address each in networks that nobody else uses: the one
// for benchmarks (RFC 2544) and a unique local one (RFC 4193; "tel" in hex).
const (
	network4 = "198.18.0.0/15"
	network6 = "fd74:656c::/64"
	maxMaps  = 1 << 16
)

// maps holds the user's maps. It does not change.
type maps struct {
	net4, net6 netip.Prefix
	byAddr     map[netip.Addr]netip.AddrPort
	byName     map[string][2]netip.Addr
	names      map[netip.Addr]string
}

func newMaps(list []Map, taken ...netip.Addr) (*maps, error) {
	if len(list) > maxMaps {
		return nil, fmt.Errorf("gateway: %d maps; at most %d", len(list), maxMaps)
	}
	m := &maps{
		net4: netip.MustParsePrefix(network4), net6: netip.MustParsePrefix(network6),
		byAddr: map[netip.Addr]netip.AddrPort{}, byName: map[string][2]netip.Addr{}, names: map[netip.Addr]string{},
	}
	next4, next6 := m.net4.Addr(), m.net6.Addr()
	for _, one := range list {
		if !one.To.Addr().IsValid() {
			return nil, fmt.Errorf("gateway: map of %q to no address", one.Name)
		}
		name := canonical(one.Name)
		if literal, err := netip.ParseAddr(name); err == nil {
			m.byAddr[literal.Unmap()] = one.To
			continue
		}
		if _, again := m.byName[name]; !again {
			next4, next6 = free(next4, taken), free(next6, taken)
			m.byName[name] = [2]netip.Addr{next4, next6}
		}
		for _, a := range m.byName[name] {
			m.byAddr[a], m.names[a] = one.To, name
		}
	}
	return m, nil
}

// target is where the host dials for dst, and whether the user said so.
func (m *maps) target(dst netip.AddrPort) (netip.AddrPort, bool) {
	to, ok := m.byAddr[dst.Addr().Unmap()]
	switch {
	case !ok:
		return dst, false
	case to.Port() == 0:
		return netip.AddrPortFrom(to.Addr(), dst.Port()), true
	}
	return to, true
}

// synthetic reports whether a is in the networks of mapped names.
func (m *maps) synthetic(a netip.Addr) bool { return m.net4.Contains(a) || m.net6.Contains(a) }

// maxNames bounds how many looked up addresses are remembered.
const maxNames = 1 << 16

// names remembers which name an address was looked up by, the last one.
type names struct {
	mu     sync.Mutex
	byAddr map[netip.Addr]string
	// order of first arrival, from next on: the oldest is forgotten first.
	order []netip.Addr
	next  int
}

func (n *names) remember(name string, addrs []netip.Addr) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.byAddr == nil {
		n.byAddr = map[netip.Addr]string{}
	}
	for _, a := range addrs {
		a = a.Unmap()
		if _, known := n.byAddr[a]; !known {
			n.enter(a)
		}
		n.byAddr[a] = name
	}
}

func (n *names) enter(a netip.Addr) {
	if len(n.order) < maxNames {
		n.order = append(n.order, a)
		return
	}
	delete(n.byAddr, n.order[n.next])
	n.order[n.next] = a
	n.next = (n.next + 1) % maxNames
}

func (n *names) name(a netip.Addr) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.byAddr[a.Unmap()]
}

// free is the address after a that is not taken.
func free(a netip.Addr, taken []netip.Addr) netip.Addr {
	for a = a.Next(); slices.Contains(taken, a); a = a.Next() {
	}
	return a
}
