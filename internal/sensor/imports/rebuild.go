package imports

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
)

// field is a header line.
type field struct{ name, value string }

// exchange is an HTTP exchange of which the octets were not kept: they are
// written again as HTTP/1.1, with the fields in their order.
type exchange struct {
	at                       int64 // offset in the file
	method, scheme           string
	host, target             string
	port                     int
	fields, answered         []field
	body, answer             []byte
	status                   int
	reason                   string
	asked, told, toldAll     time.Time
	client, server           netip.AddrPort
	failed                   string
	tls                      *tape.TLS
	messages                 []message
	decoded, answeredDecoded bool // content codings were taken off
}

// message is one of a WebSocket.
type message struct {
	out    bool
	at     time.Time
	opcode byte
	b      []byte
}

// hand gives the exchange to the sink, as a connection of its own.
func (m *Importer) hand(x *exchange) {
	c := tape.Conn{
		Start: x.asked, End: x.asked, Proto: "http/1.1", Transport: "tcp", Src: x.client, Dst: x.server,
		Host: x.host, Visibility: telltale.Clear, Error: x.failed, TLS: x.tls,
	}
	if x.scheme == "https" || x.scheme == "wss" {
		c.Visibility = telltale.Intercepted
	}
	w := m.newWriter(c)
	w.octets(true, x.asked, x.request())
	if x.status > 0 {
		w.octets(false, x.told, x.response())
	}
	for _, end := range []time.Time{x.told, x.toldAll} {
		if end.After(w.conn.End) {
			w.conn.End = end
		}
	}
	x.webSocket(w)
	w.close()
}

func (x *exchange) webSocket(w *writer) {
	if len(x.messages) == 0 {
		return
	}
	w.conn.Proto = "ws"
	if w.conn.Visibility == telltale.Intercepted {
		w.conn.Proto = "wss"
	}
	w.turn(w.conn.Proto)
	for _, one := range x.messages {
		w.octets(one.out, one.at, frame(one))
		if one.at.After(w.conn.End) {
			w.conn.End = one.at
		}
	}
}

// frame writes a message as one frame (RFC 6455, section 5.2). Clients mask
// with a key of zeros, which changes nothing.
func frame(one message) []byte {
	b := []byte{0x80 | one.opcode&15, 0}
	switch n := len(one.b); {
	case n < 126:
		b[1] = byte(n)
	case n <= 0xffff:
		b[1] = 126
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b[1] = 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	if one.out {
		b[1] |= 0x80
		b = append(b, 0, 0, 0, 0)
	}
	return append(b, one.b...)
}

func (x *exchange) request() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", clean(x.method), clean(x.target))
	if !has(x.fields, "host") && x.host != "" {
		fmt.Fprintf(&b, "Host: %s\r\n", clean(x.authority()))
	}
	write(&b, x.fields, len(x.body), len(x.body) > 0 || has(x.fields, "content-length"), x.decoded)
	b.Write(x.body)
	return b.Bytes()
}

func (x *exchange) authority() string {
	if x.port == 0 || x.port == 443 && x.scheme == "https" || x.port == 80 && x.scheme == "http" {
		return x.host
	}
	return x.host + ":" + strconv.Itoa(x.port)
}

func (x *exchange) response() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %03d %s\r\n", x.status, clean(x.reason))
	bodiless := x.method == "HEAD" || x.status < 200 || x.status == 204 || x.status == 304
	if bodiless {
		write(&b, x.answered, -1, false, x.answeredDecoded)
		return b.Bytes()
	}
	write(&b, x.answered, len(x.answer), true, x.answeredDecoded)
	b.Write(x.answer)
	return b.Bytes()
}

// write writes the fields. The length of the body (-1 for leave as it is)
// takes the place of what was said of it, and of chunks.
func write(b *bytes.Buffer, fields []field, length int, wanted, decoded bool) {
	said := false
	for _, f := range fields {
		switch name := strings.ToLower(f.name); {
		case f.name == "" || name[0] == ':':
			continue // of HTTP/2; the start line has it
		case name == "transfer-encoding" && length >= 0:
			continue
		case name == "content-encoding" && decoded:
			continue
		case name == "content-length" && length >= 0:
			if !said {
				fmt.Fprintf(b, "%s: %d\r\n", clean(f.name), length)
			}
			said = true
			continue
		}
		fmt.Fprintf(b, "%s: %s\r\n", clean(f.name), clean(f.value))
	}
	if wanted && !said && length >= 0 {
		fmt.Fprintf(b, "Content-Length: %d\r\n", length)
	}
	b.WriteString("\r\n")
}

// clean keeps line breaks out of a head.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' || r == 0 {
			return ' '
		}
		return r
	}, s)
}

func has(fields []field, name string) bool {
	for _, f := range fields {
		if strings.EqualFold(f.name, name) {
			return true
		}
	}
	return false
}

// address takes a URL apart.
func (x *exchange) address(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		return err
	}
	x.scheme, x.host = strings.ToLower(u.Scheme), u.Hostname()
	x.port, _ = strconv.Atoi(u.Port())
	if x.port == 0 {
		x.port = map[string]int{"http": 80, "ws": 80, "https": 443, "wss": 443}[x.scheme]
	}
	if x.target = u.RequestURI(); x.target == "" {
		x.target = "/"
	}
	return nil
}

// endpoint joins an address that may not be one with a port.
func endpoint(ip string, port int) netip.AddrPort {
	a, err := netip.ParseAddr(strings.Trim(ip, "[]"))
	if err != nil || port < 0 || port > 0xffff {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(port))
}
