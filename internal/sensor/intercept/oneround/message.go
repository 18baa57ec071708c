package oneround

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
)

// Extensions, groups and schemes that matter here.
const (
	extALPN        = 16
	extSignatures  = 13
	extVersions    = 43
	extKeyShare    = 51
	version13      = 0x0304
	groupX25519    = 29
	groupP256      = 23
	schemeP256     = 0x0403
	maxMessage     = 64 << 10
	helloClient    = 1
	helloServer    = 2
	msgExtensions  = 8
	msgCertificate = 11
	msgVerify      = 15
	msgFinished    = 20
	msgKeyUpdate   = 24
)

// clientHello is what is needed of one.
type clientHello struct {
	random, session []byte
	suite           suite
	group           uint16
	curve           ecdh.Curve
	share           *ecdh.PublicKey
}

// parse reads a hello. It reports false if the hello is malformed, or offers
// no suite, key or signature that can be answered.
func parse(message []byte) (h clientHello, ok bool) {
	s := cryptobyte.String(message)
	var kind uint8
	var body, session, offered, compression, extensions cryptobyte.String
	var version uint16
	if !s.ReadUint8(&kind) || kind != helloClient || !s.ReadUint24LengthPrefixed(&body) ||
		!body.ReadUint16(&version) || !body.ReadBytes(&h.random, 32) || !body.ReadUint8LengthPrefixed(&session) ||
		!body.ReadUint16LengthPrefixed(&offered) || !body.ReadUint8LengthPrefixed(&compression) ||
		!body.ReadUint16LengthPrefixed(&extensions) {
		return h, false
	}
	h.session = session
	ids := numbers(offered)
	at := slices.IndexFunc(suites(), func(s suite) bool { return slices.Contains(ids, s.id) })
	if at < 0 {
		return h, false
	}
	h.suite = suites()[at]
	var newest, signs bool
	for !extensions.Empty() {
		var kind uint16
		var ext, list cryptobyte.String
		if !extensions.ReadUint16(&kind) || !extensions.ReadUint16LengthPrefixed(&ext) {
			return h, false
		}
		switch kind {
		case extVersions:
			newest = ext.ReadUint8LengthPrefixed(&list) && slices.Contains(numbers(list), version13)
		case extSignatures:
			signs = ext.ReadUint16LengthPrefixed(&list) && slices.Contains(numbers(list), schemeP256)
		case extKeyShare:
			if ext.ReadUint16LengthPrefixed(&list) {
				h.shares(list)
			}
		}
	}
	return h, newest && signs && h.share != nil
}

// shares takes the best of the app's keys.
func (h *clientHello) shares(list cryptobyte.String) {
	for !list.Empty() {
		var group uint16
		var key cryptobyte.String
		if !list.ReadUint16(&group) || !list.ReadUint16LengthPrefixed(&key) {
			return
		}
		var curve ecdh.Curve
		switch {
		case group == groupX25519:
			curve = ecdh.X25519()
		case group == groupP256 && h.group != groupX25519:
			curve = ecdh.P256()
		default:
			continue
		}
		if public, err := curve.NewPublicKey(key); err == nil {
			h.group, h.curve, h.share = group, curve, public
		}
	}
}

func numbers(list cryptobyte.String) []uint16 {
	var all []uint16
	var n uint16
	for list.ReadUint16(&n) {
		all = append(all, n)
	}
	return all
}

// message puts a header before the body of a handshake message.
func message(kind byte, body []byte) []byte {
	return append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

func serverHello(h clientHello, random, share []byte) []byte {
	var b cryptobyte.Builder
	b.AddUint16(tls.VersionTLS12)
	b.AddBytes(random)
	b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(h.session) })
	b.AddUint16(h.suite.id)
	b.AddUint8(0)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddUint16(extVersions)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint16(version13) })
		b.AddUint16(extKeyShare)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint16(h.group)
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(share) })
		})
	})
	return message(helloServer, b.BytesOrPanic())
}

func encryptedExtensions(protocol string) []byte {
	var b cryptobyte.Builder
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		if protocol == "" {
			return
		}
		b.AddUint16(extALPN)
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
				b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte(protocol)) })
			})
		})
	})
	return message(msgExtensions, b.BytesOrPanic())
}

func certificates(chain [][]byte) []byte {
	var b cryptobyte.Builder
	b.AddUint8(0) // asked for by nobody
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, der := range chain {
			b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(der) })
			b.AddUint16(0)
		}
	})
	return message(msgCertificate, b.BytesOrPanic())
}

// certificateVerify signs the transcript (RFC 8446, section 4.4.3).
func certificateVerify(cert *tls.Certificate, sum []byte) ([]byte, error) {
	signed := append([]byte(strings.Repeat(" ", 64)+"TLS 1.3, server CertificateVerify\x00"), sum...)
	digest := sha256.Sum256(signed)
	signature, err := cert.PrivateKey.(*ecdsa.PrivateKey).Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddUint16(schemeP256)
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(signature) })
	return message(msgVerify, b.BytesOrPanic()), nil
}
