package report

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.org/telltale"
)

// Bounds on what is said of hosts.
const (
	mostHosts     = 30
	mostAddresses = 6
)

// Whereabouts are what the record knows of a host. What it does not know is
// said: an empty list is not the same as nothing to be known.
type Whereabouts struct {
	// Addresses that the app's connections went to, with their ports.
	Addresses     []string `json:"addresses,omitempty"`
	MoreAddresses Count    `json:"more_addresses,omitempty"`
	// Protocols as in "http", and the programs that owned the sockets.
	Protocols []string `json:"protocols,omitempty"`
	Programs  []string `json:"programs,omitempty"`
	// Exchanges of the app with it, bytes out and in, first and last of them.
	Exchanges Count  `json:"exchanges"`
	BytesOut  Count  `json:"bytes_out"`
	BytesIn   Count  `json:"bytes_in"`
	First     string `json:"first,omitempty"`
	Last      string `json:"last,omitempty"`
	// Certificate and Owner say what is on record of them.
	Certificate string `json:"certificate"`
	Owner       string `json:"owner"`
}

// Host is one party that the app spoke to.
type Host struct {
	Host string `json:"host"`
	// sum is what the host's flows add up to.
	sum *hostSum `view:"raw"`
	// Part it has in the case, in words; Copies of our messages that went there.
	Part   string `json:"part"`
	Copies Count  `json:"copies,omitempty"`
	// Readable says how much of the exchanges could be read.
	Readable    string      `json:"readable"`
	Whereabouts Whereabouts `json:"whereabouts"`
}

// hostSum is a host in the making.
type hostSum struct {
	name                       string
	addresses, kinds, programs map[string]bool
	exchanges, opaque, tls     int
	out, in                    int64
	first, last                time.Time
	certificates               []telltale.Certificate // each once, as shown
	witness                    bool
	channel, lookedUp, fetchd  bool
}

// hostFacts sums the app's own flows by host. It is made once.
func (x *index) hostFacts() map[string]*hostSum {
	if x.hostSums != nil {
		return x.hostSums
	}
	x.hostSums = map[string]*hostSum{}
	for i := range x.rec.Flows {
		f := &x.rec.Flows[i]
		if f.Sensor == exposeSensor || f.Host == "" {
			continue
		}
		h := x.hostSums[f.Host]
		if h == nil {
			h = &hostSum{name: f.Host, addresses: map[string]bool{}, kinds: map[string]bool{}, programs: map[string]bool{}}
			x.hostSums[f.Host] = h
		}
		h.add(f)
		h.channel = x.own(f)
	}
	return x.hostSums
}

func (h *hostSum) add(f *telltale.Flow) {
	if f.Protocol == protocolDNS {
		h.lookedUp = true
		return
	}
	h.exchanges++
	h.out, h.in = h.out+max(0, f.BytesOut), h.in+max(0, f.BytesIn)
	h.witness = h.witness || f.Sensor == witnessSensor
	if f.Visibility == telltale.Opaque {
		h.opaque++
	}
	if strings.Contains(f.Protocol, "tls") || strings.HasPrefix(f.Protocol, "https") || f.Visibility == telltale.Intercepted {
		h.tls++
	}
	h.kinds[f.Protocol] = true
	if f.Server != "" {
		h.addresses[f.Server] = true
	}
	if f.Process != "" {
		h.programs[f.Process] = true
	}
	h.showed(f.Certificate)
	if h.first.IsZero() || f.Start.Before(h.first) {
		h.first = f.Start
	}
	if f.Start.After(h.last) {
		h.last = f.Start
	}
}

// whereabouts of a host; nothing but what is missing for one without flows.
func (h *hostSum) whereabouts(x *index) Whereabouts {
	out := Whereabouts{Owner: x.Say("owner.none"), Certificate: x.Say("certificate.unknown")}
	if h == nil {
		return out
	}
	switch {
	case h.exchanges > 0 && h.tls == 0:
		out.Certificate = x.Say("certificate.no-tls")
	case len(h.certificates) > 0:
		out.Certificate = x.certificates(h.certificates)
	case h.tls > 0:
		out.Certificate = x.Say("certificate.none")
	}
	addresses := byAddress(sorted(h.addresses))
	out.Addresses = cutAll(addresses, mostAddresses, 60)
	out.MoreAddresses = Count(len(addresses) - len(out.Addresses))
	out.Protocols, out.Programs = cutAll(sorted(h.kinds), 6, 20), cutAll(sorted(h.programs), 4, 60)
	out.Exchanges, out.BytesOut, out.BytesIn = Count(h.exchanges), Count(h.out), Count(h.in)
	out.First, out.Last = moment(h.first), moment(h.last)
	return out
}

// byAddress joins the ports of one address: "192.0.2.1 (80, 443)".
func byAddress(pairs []string) []string {
	ports := map[string][]string{}
	var order []string
	for _, p := range pairs {
		host, port, err := net.SplitHostPort(p)
		if err != nil {
			host, port = p, ""
		}
		if ports[host] == nil {
			order = append(order, host)
		}
		ports[host] = append(ports[host], port)
	}
	for i, host := range order {
		list := slices.DeleteFunc(ports[host], func(s string) bool { return s == "" })
		if len(list) > 3 {
			list = append(list[:3], "…")
		}
		if len(list) > 0 {
			order[i] = host + " (" + strings.Join(list, ", ") + ")"
		}
	}
	return order
}

// hosts lists everybody the app spoke to: who got copies first, then by the
// number of exchanges, then by name.
func (x *index) hosts() ([]Host, Count) {
	messages := x.messagesTo()
	lists := map[string]bool{}
	for _, f := range x.supported(telltale.KindList) {
		lists[f.Claim.Host] = true
	}
	var all []*hostSum
	for _, h := range x.hostFacts() {
		if h.exchanges > 0 {
			all = append(all, h)
		}
	}
	slices.SortFunc(all, func(a, b *hostSum) int {
		if d := messages[b.name] - messages[a.name]; d != 0 {
			return d
		}
		if d := b.exchanges - a.exchanges; d != 0 {
			return d
		}
		return strings.Compare(a.name, b.name)
	})
	out := []Host{}
	for _, h := range all[:min(len(all), mostHosts)] {
		h.fetchd = lists[h.name]
		out = append(out, Host{
			Host: cut(h.name, 80), sum: h, Part: x.partOf(h, messages[h.name]), Copies: Count(messages[h.name]),
			Readable: x.readable(h), Whereabouts: h.whereabouts(x),
		})
	}
	return out, Count(len(all) - len(out))
}

// partOf says what part a host has in the case.
func (x *index) partOf(h *hostSum, copies int) string {
	switch {
	case h.witness:
		return x.Say("part.witness")
	case copies > 0 && h.fetchd:
		return x.Say("part.both")
	case copies > 0:
		return x.Say("part.taker")
	case h.fetchd:
		return x.Say("part.list")
	case h.channel:
		return x.Say("part.channel")
	}
	return x.Say("part.other")
}

func (x *index) readable(h *hostSum) string {
	switch h.opaque {
	case 0:
		return x.Say("readable.all")
	case h.exchanges:
		return x.Say("readable.none")
	}
	return x.Say("readable.some", "n", x.Number(h.exchanges-h.opaque), "all", x.Number(h.exchanges))
}

// units writes a size in units that people read.
func (x *index) units(n Count) string {
	names := []string{"B", "kB", "MB", "GB", "TB"}
	v, u := float64(n), 0
	for v >= 1000 && u < len(names)-1 {
		v, u = v/1000, u+1
	}
	return strconv.FormatFloat(v, 'f', min(u, 1), 64) + " " + names[u]
}
