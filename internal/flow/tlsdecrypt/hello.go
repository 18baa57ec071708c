package tlsdecrypt

import (
	"strings"

	"golang.org/x/crypto/cryptobyte"
)

const (
	version10 = 0x0301
	version11 = 0x0302
	version12 = 0x0303
	version13 = 0x0304
)

// Extensions that matter.
const (
	extServerName = 0
	extALPN       = 16
	extETM        = 22
	extTicket     = 35
	extEarlyData  = 42
	extVersions   = 43
)

// retryRandom marks a ServerHello as a HelloRetryRequest (RFC 8446, 4.1.3).
const retryRandom = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

// hellos is what was said in the two hellos.
type hellos struct {
	clientRandom, serverRandom [32]byte
	clientSeen, serverSeen     bool
	version, suite             uint16
	etm, earlyOffered          bool
	sessionID, ticket          []byte // the client's
	serverSession              []byte
	serverName                 string
	offered                    []string
	alpn                       string
}

// takeClient reads a ClientHello; false if it is none.
func (h *hellos) takeClient(msg []byte) bool {
	s := cryptobyte.String(msg)
	var version uint16
	var random []byte
	var session, suites, methods cryptobyte.String
	if !s.ReadUint16(&version) || !s.ReadBytes(&random, 32) || !s.ReadUint8LengthPrefixed(&session) ||
		!s.ReadUint16LengthPrefixed(&suites) || !s.ReadUint8LengthPrefixed(&methods) {
		return false
	}
	*h = hellos{clientSeen: true, clientRandom: [32]byte(random), sessionID: append([]byte(nil), session...)}
	eachExtension(s, func(kind uint16, body cryptobyte.String) {
		switch kind {
		case extServerName:
			h.serverName = serverName(body)
		case extALPN:
			h.offered = protocols(body)
		case extTicket:
			h.ticket = append([]byte(nil), body...)
		case extEarlyData:
			h.earlyOffered = true
		}
	})
	return true
}

// takeServer reads a ServerHello; retry is true for a HelloRetryRequest.
func (h *hellos) takeServer(msg []byte) (retry, ok bool) {
	s := cryptobyte.String(msg)
	var random []byte
	var session cryptobyte.String
	var version, suite uint16
	var method uint8
	if !s.ReadUint16(&version) || !s.ReadBytes(&random, 32) || !s.ReadUint8LengthPrefixed(&session) ||
		!s.ReadUint16(&suite) || !s.ReadUint8(&method) {
		return false, false
	}
	if string(random) == retryRandom {
		return true, true
	}
	h.serverSeen, h.serverRandom, h.version, h.suite = true, [32]byte(random), version, suite
	h.serverSession = append([]byte(nil), session...)
	h.etm = false
	eachExtension(s, func(kind uint16, body cryptobyte.String) {
		switch kind {
		case extVersions:
			if !body.ReadUint16(&h.version) {
				h.version = version
			}
		case extETM:
			h.etm = true
		case extALPN:
			h.takeALPN(body)
		}
	})
	return false, true
}

func (h *hellos) takeALPN(body cryptobyte.String) {
	if all := protocols(body); len(all) > 0 {
		h.alpn = all[0]
	}
}

// eachExtension calls f for every extension that is whole.
func eachExtension(s cryptobyte.String, f func(kind uint16, body cryptobyte.String)) {
	var all cryptobyte.String
	if !s.ReadUint16LengthPrefixed(&all) {
		return
	}
	for !all.Empty() {
		var kind uint16
		var body cryptobyte.String
		if !all.ReadUint16(&kind) || !all.ReadUint16LengthPrefixed(&body) {
			return
		}
		f(kind, body)
	}
}

func serverName(body cryptobyte.String) string {
	var names, name cryptobyte.String
	var kind uint8
	if !body.ReadUint16LengthPrefixed(&names) || !names.ReadUint8(&kind) || kind != 0 || !names.ReadUint16LengthPrefixed(&name) {
		return ""
	}
	return strings.ToLower(string(name))
}

func protocols(body cryptobyte.String) (all []string) {
	var list, one cryptobyte.String
	if !body.ReadUint16LengthPrefixed(&list) {
		return nil
	}
	for list.ReadUint8LengthPrefixed(&one) {
		all = append(all, string(one))
	}
	return all
}

// certificates reads a Certificate message: of TLS 1.3 with extensions.
func certificates(msg []byte, extensions bool) (all [][]byte) {
	s := cryptobyte.String(msg)
	var list, one, skipped cryptobyte.String
	if extensions && !s.ReadUint8LengthPrefixed(&skipped) || !s.ReadUint24LengthPrefixed(&list) {
		return nil
	}
	for list.ReadUint24LengthPrefixed(&one) {
		all = append(all, append([]byte(nil), one...))
		if extensions && !list.ReadUint16LengthPrefixed(&skipped) {
			break
		}
	}
	return all
}
