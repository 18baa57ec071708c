package flow

import "strings"

// Hello is what a TLS ClientHello (RFC 8446, section 4.1.2) tells openly.
type Hello struct {
	// ServerName is the name asked for (RFC 6066), lower case; it may be empty.
	ServerName string
	// ALPN lists the application protocols offered (RFC 7301).
	ALPN []string
	// Version is the highest version offered, as in 0x0304 for TLS 1.3.
	// Values that no version has (RFC 8701) do not count.
	Version uint16
	// EarlyData says that data follows the hello before any answer (RFC
	// 8446, section 4.2.10).
	EarlyData bool
}

// newestTLS is the highest version that exists.
const newestTLS = 0x0304

// maxHello bounds the handshake bytes that are put together from records.
const maxHello = 64 << 10

// ParseHello reads a ClientHello from the first bytes of a connection, out
// of one or several records. more is true when the hello goes on after b; ok
// is false when b is no hello or a malformed one. What was read up to the
// flaw is returned.
func ParseHello(b []byte) (h Hello, more, ok bool) {
	msg, more, ok := handshake(b)
	if !ok || more {
		return Hello{}, more, ok
	}
	c := cursor(msg)
	h.Version = uint16(c.number(2))
	c.skip(32) // random
	c.sized(1) // session
	c.sized(2) // cipher suites
	c.sized(1) // compression
	if c != nil && len(c) == 0 {
		return h, false, true // from before extensions
	}
	ext := c.sized(2)
	for len(ext) >= 4 {
		kind := ext.number(2)
		body := ext.sized(2)
		switch kind {
		case 0:
			h.ServerName = serverName(body)
		case 16:
			h.ALPN = protocols(body)
		case 42:
			h.EarlyData = true
		case 43:
			h.Version = versions(body)
		}
	}
	return h, false, c != nil && ext != nil
}

// handshake joins the records' payloads until the first handshake message,
// which must be a ClientHello, is whole.
func handshake(b []byte) (msg []byte, more, ok bool) {
	var joined []byte
	for len(b) > 0 {
		if b[0] != 0x16 {
			return nil, false, false
		}
		if len(b) < 5 {
			return nil, true, true
		}
		size := int(b[3])<<8 | int(b[4])
		joined = append(joined, b[5:min(5+size, len(b))]...)
		if len(joined) > 0 && joined[0] != 1 || len(joined) > maxHello || size == 0 {
			return nil, false, false
		}
		if len(joined) >= 4 {
			want := 4 + (int(joined[1])<<16 | int(joined[2])<<8 | int(joined[3]))
			if want > maxHello {
				return nil, false, false
			}
			if len(joined) >= want {
				return joined[4:want], false, true
			}
		}
		b = b[min(5+size, len(b)):]
	}
	return nil, true, true
}

func serverName(body cursor) string {
	names := body.sized(2)
	for len(names) >= 3 {
		kind := names.number(1)
		name := names.sized(2)
		if kind == 0 {
			return strings.ToLower(string(name))
		}
	}
	return ""
}

func protocols(body cursor) []string {
	var all []string
	for list := body.sized(2); len(list) > 0; {
		if name := list.sized(1); len(name) > 0 {
			all = append(all, string(name))
		}
	}
	return all
}

func versions(body cursor) uint16 {
	var highest uint16
	for list := body.sized(1); len(list) > 1; {
		if v := uint16(list.number(2)); v <= newestTLS {
			highest = max(highest, v)
		}
	}
	return highest
}

// cursor reads length-prefixed parts. It is nil after reading past the end.
type cursor []byte

func (c *cursor) skip(n int) []byte {
	if len(*c) < n {
		*c = nil
		return nil
	}
	part := (*c)[:n:n]
	*c = (*c)[n:]
	return part
}

func (c *cursor) number(width int) int {
	n := 0
	for _, b := range c.skip(width) {
		n = n<<8 | int(b)
	}
	return n
}

func (c *cursor) sized(width int) cursor {
	if len(*c) < width {
		*c = nil
		return nil
	}
	return c.skip(c.number(width))
}
