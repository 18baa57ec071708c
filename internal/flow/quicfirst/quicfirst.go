// Package quicfirst tells the datagrams by which QUIC connections begin from
// those by which they go on.
//
// Both may be Initial packets for a connection ID that nobody has seen before:
// a server may give its client another one before the handshake is over. But
// the keys of Initial packets are those of the ID that the client chose first,
// so that only a first one can be opened with the ID that stands in it.
package quicfirst

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
)

// The versions that are known (RFC 9000, RFC 9369).
const (
	version1 = 1
	version2 = 0x6b3343cf
)

// salt and labels of a version (RFC 9001, section 5.2; RFC 9369, section 3.3).
type labels struct{ salt, key, iv, hp string }

func labelsOf(version uint32) (l labels, initial byte, ok bool) {
	switch version {
	case version1:
		return labels{
			"\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a", "quic key", "quic iv", "quic hp",
		}, 0, true
	case version2:
		return labels{
			"\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9", "quicv2 key", "quicv2 iv", "quicv2 hp",
		}, 1, true
	}
	return labels{}, 0, false
}

// packet is an Initial packet.
type packet struct {
	labels
	whole []byte // up to its end
	id    []byte
	// number is where the packet number begins, still protected.
	number int
}

// Begins reports whether a datagram begins a connection of a known version:
// whether it begins with an Initial packet that the connection ID in it opens.
func Begins(b []byte) bool {
	p, ok := parse(b)
	return ok && p.opens()
}

// parse reads the header (RFC 9000, section 17.2.2).
func parse(b []byte) (p packet, ok bool) {
	if len(b) < 7 || b[0]&0xc0 != 0xc0 {
		return p, false
	}
	var initial byte
	if p.labels, initial, ok = labelsOf(binary.BigEndian.Uint32(b[1:])); !ok || b[0]>>4&3 != initial {
		return p, false
	}
	at := 5
	for i := range 2 {
		if at >= len(b) || b[at] > 20 || at+1+int(b[at]) > len(b) {
			return p, false
		}
		if i == 0 {
			p.id = b[at+1 : at+1+int(b[at])]
		}
		at += 1 + int(b[at])
	}
	token, at, ok := varint(b, at)
	if !ok || token > uint64(len(b)-at) {
		return p, false
	}
	length, at, ok := varint(b, at+int(token))
	if !ok || length > uint64(len(b)-at) {
		return p, false
	}
	p.whole, p.number = b[:at+int(length)], at
	return p, true
}

// varint reads a number of QUIC (RFC 9000, section 16) and returns where it
// ends.
func varint(b []byte, at int) (n uint64, end int, ok bool) {
	if at >= len(b) || len(b)-at < 1<<(b[at]>>6) {
		return 0, at, false
	}
	end = at + 1<<(b[at]>>6)
	n = uint64(b[at] & 0x3f)
	for _, octet := range b[at+1 : end] {
		n = n<<8 | uint64(octet)
	}
	return n, end, true
}

// opens tries the keys of the client that its connection ID gives (RFC 9001,
// sections 5.2 to 5.4).
func (p packet) opens() bool {
	const sample = 16
	if len(p.whole) < p.number+4+sample {
		return false
	}
	initial, err := hkdf.Extract(sha256.New, p.id, []byte(p.salt))
	if err != nil {
		return false
	}
	secret := expand(initial, "client in", sha256.Size)
	mask := make([]byte, sample)
	block(expand(secret, p.hp, 16)).Encrypt(mask, p.whole[p.number+4:p.number+4+sample])
	first := p.whole[0] ^ mask[0]&0x0f
	size := int(first&3) + 1
	head := append([]byte(nil), p.whole[:p.number+size]...)
	head[0] = first
	nonce := expand(secret, p.iv, 12)
	for i := range size {
		head[p.number+i] ^= mask[1+i]
		nonce[len(nonce)-size+i] ^= head[p.number+i]
	}
	aead, err := cipher.NewGCM(block(expand(secret, p.key, 16)))
	if err != nil {
		return false
	}
	_, err = aead.Open(nil, nonce, p.whole[len(head):], head)
	return err == nil
}

// block is AES with a key of 16 octets.
func block(key []byte) cipher.Block {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // only for keys of other lengths
	}
	return b
}

// expand is HKDF-Expand-Label without a context (RFC 8446, section 7.1).
func expand(secret []byte, label string, size int) []byte {
	label = "tls13 " + label
	info := string([]byte{byte(size >> 8), byte(size), byte(len(label))}) + label + "\x00"
	out, err := hkdf.Expand(sha256.New, secret, info, size)
	if err != nil {
		panic(err) // only for sizes that are not asked for
	}
	return out
}
