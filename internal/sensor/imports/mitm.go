package imports

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
)

// newest is the newest version of mitmproxy's flows that was known when this
// was written; what is newer is read as far as it is alike.
const newest = 21

// mitm reads a dump of mitmproxy: flows as tnetstrings, one after the other.
func (m *Importer) mitm(ctx context.Context, r *bufio.Reader) error {
	var at int64
	strange := false
	for m.err == nil && ctx.Err() == nil {
		v, n, err := readValue(r)
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			m.note(at, "the dump ends within a flow")
			return nil
		}
		if err != nil {
			m.note(at, "no flow: %v; nothing behind it was read", err)
			return nil
		}
		if version := v.get("version").number(); version > newest && !strange {
			strange = true
			m.note(at, "flows of version %.0f, read as those of version %d", version, newest)
		}
		m.mitmFlow(at, v)
		at += n
	}
	return ctx.Err()
}

func (m *Importer) mitmFlow(at int64, v value) {
	switch kind := v.get("type").text(); kind {
	case "http", "websocket":
		m.mitmHTTP(at, v)
	case "tcp", "udp":
		m.mitmStream(kind, v)
	case "dns":
		m.mitmDNS(at, v)
	default:
		m.note(at, "a flow of the type %.20q, which is not known", kind)
	}
}

// seconds since 1970, as the dump has them.
func seconds(v value) time.Time {
	f := v.number()
	if f <= 0 || f > 1<<36 {
		return time.Time{}
	}
	return time.UnixMicro(int64(f * 1e6)).UTC()
}

// pairOf reads an address: a list of host and port. Versions before 4 have a
// dictionary around it.
func pairOf(v value) (host string, port int) {
	if v.kind == '}' {
		v = v.get("address")
	}
	all := v.list()
	if len(all) < 2 {
		return "", 0
	}
	return all[0].text(), int(all[1].number())
}

func addrOf(all ...value) netip.AddrPort {
	for _, v := range all {
		if host, port := pairOf(v); host != "" {
			if a := endpoint(host, port); a.IsValid() {
				return a
			}
		}
	}
	return netip.AddrPort{}
}

// ends are the two ends of a flow, by the names that versions gave them.
func ends(v value) (client, server netip.AddrPort) {
	c, s := v.get("client_conn"), v.get("server_conn")
	return addrOf(c.get("peername"), c.get("address")), addrOf(s.get("peername"), s.get("ip_address"), s.get("address"))
}

// handshake is what a flow says of TLS with the app; nil for none.
func handshake(v value) *tape.TLS {
	c := v.get("client_conn")
	if !c.get("tls").yes() && !c.get("tls_established").yes() && !c.get("ssl_established").yes() {
		return nil
	}
	t := &tape.TLS{ServerName: c.get("sni").text(), ALPN: c.get("alpn").text()}
	if t.ALPN == "" {
		t.ALPN = c.get("alpn_proto_negotiated").text()
	}
	t.Version = strings.TrimPrefix(c.get("tls_version").text(), "TLSv")
	return t
}

func (m *Importer) mitmHTTP(at int64, v value) {
	q, a := v.get("request"), v.get("response")
	if q.kind != '}' {
		m.note(at, "a flow without a request")
		return
	}
	x := &exchange{
		at: at, method: q.get("method").text(), scheme: q.get("scheme").text(), target: q.get("path").text(),
		host: q.get("host").text(), port: int(q.get("port").number()), failed: v.get("error").get("msg").text(),
		fields: mitmFields(q), body: q.get("content").octets(), asked: seconds(q.get("timestamp_start")), tls: handshake(v),
	}
	if authority := q.get("authority").text(); x.method == "CONNECT" && authority != "" {
		x.target = authority
	}
	x.client, x.server = ends(v)
	if name := hostField(x.fields); name != "" {
		x.host = name
	}
	if x.asked.IsZero() {
		x.asked = seconds(v.get("timestamp_created"))
	}
	if q.get("content").isNull() {
		m.note(at, "the body of a request is not in the dump")
	}
	if a.kind == '}' {
		x.status, x.reason = int(a.get("status_code").number()), a.get("reason").text()
		x.answered, x.answer = mitmFields(a), a.get("content").octets()
		x.told, x.toldAll = seconds(a.get("timestamp_start")), seconds(a.get("timestamp_end"))
		if a.get("content").isNull() {
			m.note(at, "the body of an answer is not in the dump")
		}
	}
	for _, one := range v.get("websocket").get("messages").list() {
		x.messages = append(x.messages, message{
			opcode: byte(one.item(0).number()), out: one.item(1).yes(), b: one.item(2).octets(), at: seconds(one.item(3)),
		})
	}
	m.hand(x)
}

// mitmFields reads header fields, and the trailers behind them as fields too.
func mitmFields(v value) (all []field) {
	for _, list := range []value{v.get("headers"), v.get("trailers")} {
		for _, one := range list.list() {
			all = append(all, field{one.item(0).text(), one.item(1).text()})
		}
	}
	return all
}

// hostField is the name in the Host field, without the port.
func hostField(fields []field) string {
	for _, f := range fields {
		if strings.EqualFold(f.name, "host") || f.name == ":authority" {
			name := f.value
			if cut := strings.LastIndexByte(name, ':'); cut > 0 && !strings.HasSuffix(name, "]") {
				name = name[:cut]
			}
			return strings.ToLower(strings.Trim(name, "[]"))
		}
	}
	return ""
}

// mitmStream reads a flow of TCP or UDP.
func (m *Importer) mitmStream(kind string, v value) {
	c := tape.Conn{Proto: kind, Transport: kind, Visibility: telltale.Clear, Error: v.get("error").get("msg").text()}
	c.Src, c.Dst = ends(v)
	c.Host, _ = pairOf(v.get("server_conn").get("address"))
	if c.TLS = handshake(v); c.TLS != nil {
		c.Visibility, c.Proto = telltale.Intercepted, "tls"
		if c.TLS.ServerName != "" {
			c.Host = c.TLS.ServerName
		}
	}
	messages := v.get("messages").list()
	c.Start = seconds(v.get("client_conn").get("timestamp_start"))
	c.End = seconds(v.get("client_conn").get("timestamp_end"))
	if len(messages) > 0 && c.Start.IsZero() {
		c.Start = seconds(messages[0].item(2))
	}
	if c.End.IsZero() {
		c.End = c.Start
	}
	w := m.newWriter(c)
	for _, one := range messages {
		at := seconds(one.item(2))
		if at.After(w.conn.End) {
			w.conn.End = at
		}
		w.octets(one.item(0).yes(), at, one.item(1).octets())
	}
	w.close()
}

// mitmDNS writes query and answer again as they stand on the wire.
func (m *Importer) mitmDNS(at int64, v value) {
	c := tape.Conn{Proto: "dns", Transport: "udp", Visibility: telltale.Clear, Error: v.get("error").get("msg").text()}
	c.Src, c.Dst = ends(v)
	q, a := v.get("request"), v.get("response")
	c.Start = seconds(q.get("timestamp"))
	c.End = c.Start
	c.Host = strings.ToLower(strings.TrimSuffix(q.get("questions").item(0).get("name").text(), "."))
	w := m.newWriter(c)
	for i, one := range []value{q, a} {
		if one.kind != '}' {
			continue
		}
		b, err := dnsMessage(one)
		if err != nil {
			m.note(at, "a DNS message that cannot be written again: %v", err)
			continue
		}
		w.conn.End = seconds(one.get("timestamp"))
		w.octets(i == 0, w.conn.End, b)
	}
	w.close()
}

// dnsMessage builds a message of what the dump says of it.
func dnsMessage(v value) ([]byte, error) {
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{
		ID: uint16(v.get("id").number()), Response: !v.get("query").yes(), OpCode: dnsmessage.OpCode(v.get("op_code").number()),
		Authoritative: v.get("authoritative_answer").yes(), Truncated: v.get("truncation").yes(),
		RecursionDesired: v.get("recursion_desired").yes(), RecursionAvailable: v.get("recursion_available").yes(),
		RCode: dnsmessage.RCode(v.get("response_code").number()),
	})
	if err := b.StartQuestions(); err != nil {
		return nil, err
	}
	for _, q := range v.get("questions").list() {
		name, err := dnsName(q)
		if err != nil {
			return nil, err
		}
		if err := b.Question(dnsmessage.Question{Name: name, Type: dnsmessage.Type(q.get("type").number()), Class: dnsmessage.Class(q.get("class_").number())}); err != nil {
			return nil, err
		}
	}
	for _, section := range []struct {
		key   string
		start func() error
	}{{"answers", b.StartAnswers}, {"authorities", b.StartAuthorities}, {"additionals", b.StartAdditionals}} {
		if err := section.start(); err != nil {
			return nil, err
		}
		for _, r := range v.get(section.key).list() {
			name, err := dnsName(r)
			if err != nil {
				return nil, err
			}
			header := dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.Class(r.get("class_").number()), TTL: uint32(r.get("ttl").number())}
			if err := b.UnknownResource(header, dnsmessage.UnknownResource{Type: dnsmessage.Type(r.get("type").number()), Data: r.get("data").octets()}); err != nil {
				return nil, err
			}
		}
	}
	return b.Finish()
}

func dnsName(v value) (dnsmessage.Name, error) {
	return dnsmessage.NewName(strings.TrimSuffix(v.get("name").text(), ".") + ".")
}
