package tlsdecrypt

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

// ccmMode is AES-CCM (RFC 3610) with nonces of 12 octets, for opening only.
type ccmMode struct {
	block cipher.Block
	tag   int
}

var errOpen = errors.New("the tag does not match")

// open returns the plaintext appended to dst.
func (c ccmMode) open(dst, nonce, sealed, extra []byte) ([]byte, error) {
	if len(sealed) < c.tag || len(sealed) > 1<<24 {
		return nil, errOpen
	}
	body, tag := sealed[:len(sealed)-c.tag], sealed[len(sealed)-c.tag:]
	var counter [16]byte
	counter[0] = 2 // three octets count
	copy(counter[1:], nonce)
	stream := cipher.NewCTR(c.block, counter[:])
	var mask [16]byte
	stream.XORKeyStream(mask[:], mask[:])
	at := len(dst)
	dst = append(dst, body...)
	stream.XORKeyStream(dst[at:], dst[at:])
	mac := c.mac(nonce, dst[at:], extra)
	subtle.XORBytes(mac[:], mac[:], mask[:])
	if subtle.ConstantTimeCompare(mac[:c.tag], tag) != 1 {
		return nil, errOpen
	}
	return dst, nil
}

// mac is the CBC-MAC over the first block, the extra data and the text.
func (c ccmMode) mac(nonce, text, extra []byte) (x [16]byte) {
	x[0] = 1<<6 | byte(c.tag-2)/2<<3 | 2
	copy(x[1:], nonce)
	x[13], x[14], x[15] = byte(len(text)>>16), byte(len(text)>>8), byte(len(text))
	c.block.Encrypt(x[:], x[:])
	if len(extra) > 0 {
		c.chain(&x, append(binary.BigEndian.AppendUint16(nil, uint16(len(extra))), extra...))
	}
	c.chain(&x, text)
	return x
}

// chain takes in data, filled up with zeros to whole blocks.
func (c ccmMode) chain(x *[16]byte, b []byte) {
	for len(b) > 0 {
		n := min(16, len(b))
		subtle.XORBytes(x[:n], x[:n], b[:n])
		c.block.Encrypt(x[:], x[:])
		b = b[n:]
	}
}
