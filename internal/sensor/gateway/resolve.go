package gateway

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"example.org/telltale/internal/sensor/tape"
)

// maxMessage is how long a DNS message can be over TCP.
const maxMessage = 65535

// answerer makes the answer to a query and says in words what went wrong.
type answerer func(q query, raw []byte, overTCP bool) ([]byte, string)

// tooMany is the answer to a query when as many as may be are under way.
func (g *Gateway) tooMany(q query, _ []byte, _ bool) ([]byte, string) {
	return q.reply(dnsmessage.RCodeServerFailure, nil, q.size), "too many queries at once"
}

// ask answers one query and records it. framed puts before a message what its
// transport does. There may be no answer: nil.
func (g *Gateway) ask(c tape.Conn, raw []byte, framed func([]byte) []byte, by answerer) []byte {
	q, err := parseQuery(raw)
	c.Proto, c.Host = "dns", q.name
	t, ok := g.open(c)
	if !ok {
		return nil
	}
	defer func() { g.finish(t, c) }()
	if !g.write(t, c.ID, true, framed(raw)) {
		return nil
	}
	var answer []byte
	if err != nil {
		c.Error = err.Error()
		answer = g.complain(raw)
	} else {
		answer, c.Error = by(q, raw, c.Transport == "tcp")
	}
	if answer == nil || !g.write(t, c.ID, false, framed(answer)) {
		return nil
	}
	return framed(answer)
}

// complain answers what could not be read, unless it looks like an answer: two
// that complain to each other never stop.
func (g *Gateway) complain(raw []byte) []byte {
	if len(raw) < 3 || raw[2]&0x80 != 0 {
		return nil
	}
	return formatError(uint16(raw[0])<<8 | uint16(raw[1]))
}

// answer resolves q; an answerer.
func (g *Gateway) answer(q query, raw []byte, overTCP bool) ([]byte, string) {
	most := q.size
	if overTCP {
		most = maxMessage
	}
	name, inet := canonical(q.question.Name.String()), q.question.Class == dnsmessage.ClassINET
	addrs, mapped := g.maps.byName[name]
	if b, why, ok := g.reverse(q, most); ok {
		return b, why
	}
	ctx, cancel := context.WithTimeout(g.ctx, g.cfg.Limits.Answer)
	defer cancel()
	switch kind := q.question.Type; {
	case q.head.OpCode != 0:
		return q.reply(dnsmessage.RCodeNotImplemented, nil, most), "not a query but another operation"
	case mapped && inet && kind == dnsmessage.TypeA:
		return q.reply(dnsmessage.RCodeSuccess, addrs[:1], most), ""
	case mapped && inet && kind == dnsmessage.TypeAAAA:
		return q.reply(dnsmessage.RCodeSuccess, addrs[1:], most), ""
	case mapped:
		return q.reply(dnsmessage.RCodeSuccess, nil, most), ""
	case name == "test", strings.HasSuffix(name, ".test"):
		return q.reply(dnsmessage.RCodeNameError, nil, most), "no such name: .test has only what is mapped"
	case inet && kind == dnsmessage.TypeA:
		return g.look(ctx, q, "ip4", most)
	case inet && kind == dnsmessage.TypeAAAA:
		return g.look(ctx, q, "ip6", most)
	}
	b, err := g.cfg.Exchange(ctx, raw, overTCP)
	if err != nil {
		return q.reply(dnsmessage.RCodeServerFailure, nil, most), "no answer from the host's name servers: " + err.Error()
	}
	return b, ""
}

// look asks the host's resolver for addresses.
func (g *Gateway) look(ctx context.Context, q query, network string, most int) ([]byte, string) {
	addrs, err := g.lookup(ctx, network, q)
	var none *net.DNSError
	switch {
	case err == nil:
		g.names.remember(q.name, addrs)
		return q.reply(dnsmessage.RCodeSuccess, addrs, most), ""
	case !errors.As(err, &none) || !none.IsNotFound:
		return q.reply(dnsmessage.RCodeServerFailure, nil, most), "the host could not resolve it: " + err.Error()
	}
	// The resolver does not tell a name without such addresses from none at
	// all. To the app it is a difference.
	other := map[string]string{"ip4": "ip6", "ip6": "ip4"}[network]
	if _, err := g.lookup(ctx, other, q); err == nil {
		return q.reply(dnsmessage.RCodeSuccess, nil, most), ""
	}
	return q.reply(dnsmessage.RCodeNameError, nil, most), "no such name"
}

// lookup returns the addresses of one family, never none without an error.
func (g *Gateway) lookup(ctx context.Context, network string, q query) ([]netip.Addr, error) {
	// The dot keeps the host's search domains out: the app had its own.
	found, err := g.cfg.Resolver.LookupNetIP(ctx, network, canonical(q.question.Name.String())+".")
	if err != nil {
		return nil, err
	}
	var addrs []netip.Addr
	for _, a := range found {
		if a = a.Unmap().WithZone(""); a.Is4() == (network == "ip4") {
			addrs = append(addrs, a)
		}
	}
	if addrs == nil {
		return nil, &net.DNSError{Err: "no address of this family", Name: q.name, IsNotFound: true}
	}
	return addrs, nil
}
