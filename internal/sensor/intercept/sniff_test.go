package intercept

import (
	"fmt"
	"strings"
	"testing"
)

// TestSniff: what is told by first octets, however they are cut.
func TestSniff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ greeting, out, proto, host string }{
		{"", "GET / HTTP/1.1\r\nHost: A.test:80\r\n\r\nmore", "http/1.1", "a.test"},
		{"", "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 20000), "http/1.1", ""},
		{"", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "h2", ""},
		{"220 mx ESMTP\r\n", "EHLO me\r\n", "smtp", ""},
		{"220 mx ESMTP\r\n", "helo me\r\nMAIL", "smtp", ""},
		{"220 ftp\r\n", "USER me\r\n", "", ""},
		{"* OK imap\r\n", "a1 LOGIN me\r\n", "imap", ""},
		{"+OK\r\n", "USER me\r\n", "pop3", ""},
		{"", "<stream:stream to='a'>", "xmpp", ""},
		{"", "<?xml version='1.0'?>\n<stream:stream to='a'>", "xmpp", ""},
		{"", "<?xml version='1.0'?>\n<other/>" + strings.Repeat(" ", 600), "", ""},
		{"", "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>", "xmpp", ""},
		{"", "\x00\x01\x02", "", ""},
	} {
		for _, size := range []int{1, 7, 100_000} {
			if proto, host := told(c.greeting, c.out, size); proto != c.proto || host != c.host {
				t.Errorf("%.40q in pieces of %d: %q and %q", c.out, size, proto, host)
			}
		}
	}
}

// told feeds the first octets in pieces.
func told(greeting, out string, size int) (proto, host string) {
	var s sniffer
	if greeting != "" {
		s.answered([]byte(greeting))
	}
	for len(out) > 0 && !s.settled {
		n := min(size, len(out))
		p, h := s.asked([]byte(out[:n]))
		if p != "" {
			proto = p
		}
		if h != "" {
			host = h
		}
		out = out[n:]
	}
	return proto, host
}

// FuzzSniff checks that cuts change nothing, and that answers are taken
// whole.
func FuzzSniff(f *testing.F) {
	f.Add("220 mx\r\n", "EHLO me\r\n", "250 ok\r\n")
	f.Add("", "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n\x81\x00")
	f.Add("", "<?xml?><stream:stream>", "<proceed/>")
	f.Fuzz(func(t *testing.T, greeting, out, in string) {
		whole, host := told(greeting, out, len(out)+1)
		piece, host2 := told(greeting, out, 1)
		if whole != piece || host != host2 {
			t.Fatalf("%q %q at once, %q %q in pieces", whole, host, piece, host2)
		}
		for _, size := range []int{1, 3, len(in) + 1} {
			var s sniffer
			s.asked([]byte(out))
			var turns []string
			for b := []byte(in); len(b) > 0; {
				piece := b[:min(size, len(b))]
				now, proto := s.answered(piece)
				if now < 1 || now > len(piece) {
					t.Fatalf("%d of %d octets", now, len(piece))
				}
				b = b[now:]
				if proto != "" {
					turns = append(turns, fmt.Sprint(proto, len(in)-len(b)))
				}
			}
			if len(turns) > 1 {
				t.Fatalf("turns %q", turns)
			}
		}
	})
}
