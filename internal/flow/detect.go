package flow

import "strings"

// Protocol is what a connection speaks, told by its first bytes.
type Protocol string

// The protocols told apart.
const (
	// ProtocolTLS: a TLS handshake begins (RFC 8446, section 5.1).
	ProtocolTLS Protocol = "tls"
	// ProtocolHTTP: an HTTP/1 request.
	ProtocolHTTP Protocol = "http"
	// ProtocolHTTP2: the connection preface of HTTP/2 (RFC 9113, 3.4).
	ProtocolHTTP2 Protocol = "http2"
	// ProtocolOther: anything else.
	ProtocolOther Protocol = "other"
)

const preface2 = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// maxMethod bounds the length of a request method.
const maxMethod = 24

// Detect tells the protocol from the first bytes that a client sent. While
// the answer may still change with more bytes, sure is false; it is sure
// after at most 32 bytes.
func Detect(b []byte) (p Protocol, sure bool) {
	if len(b) == 0 {
		return ProtocolOther, false
	}
	if b[0] == 0x16 {
		return detectTLS(b)
	}
	s := string(b[:min(len(b), 32)])
	if strings.HasPrefix(s, preface2) {
		return ProtocolHTTP2, true
	}
	if strings.HasPrefix(preface2, s) {
		return ProtocolHTTP2, false
	}
	return detectHTTP(s)
}

func detectTLS(b []byte) (Protocol, bool) {
	switch {
	case len(b) >= 2 && b[1] != 3, len(b) >= 3 && b[2] > 4, len(b) >= 6 && b[5] != 1:
		return ProtocolOther, true
	case len(b) < 6:
		return ProtocolTLS, false
	}
	return ProtocolTLS, true
}

// detectHTTP wants a method, a space and a target that begins as targets do:
// many text protocols begin with a word and a space.
func detectHTTP(s string) (Protocol, bool) {
	method, target, found := strings.Cut(s, " ")
	for i := range len(method) {
		if c := method[i]; (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return ProtocolOther, true
		}
	}
	switch {
	case method == "" || len(method) > maxMethod:
		return ProtocolOther, true
	case !found || target == "":
		return ProtocolHTTP, false
	case target[0] == '/' || target[0] == '*':
		return ProtocolHTTP, true
	}
	if method == "CONNECT" {
		return ProtocolHTTP, true
	}
	return detectAbsolute(strings.ToLower(target))
}

// detectAbsolute wants a target as it is written to a proxy.
func detectAbsolute(target string) (Protocol, bool) {
	for _, scheme := range [...]string{"http", "ws://", "wss://"} {
		switch {
		case strings.HasPrefix(target, scheme):
			return ProtocolHTTP, true
		case strings.HasPrefix(scheme, target):
			return ProtocolHTTP, false
		}
	}
	return ProtocolOther, true
}
