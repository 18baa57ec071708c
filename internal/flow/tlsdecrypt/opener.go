package tlsdecrypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/rc4"
	"encoding/binary"
	"hash"

	"golang.org/x/crypto/chacha20poly1305"
)

// record is one record as it passed.
type record struct {
	kind    byte
	version uint16
	body    []byte
}

// opener opens records of one direction and epoch. open tries a sequence
// number and may be called again with others; past is called when the record
// is done with, opened or not.
type opener interface {
	open(dst []byte, seq uint64, r record) ([]byte, bool)
	past(r record)
}

// head is what is authenticated besides the text, up to TLS 1.2.
func head(seq uint64, r record, n int) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 13), seq)
	return append(b, r.kind, byte(r.version>>8), byte(r.version), byte(n>>8), byte(n))
}

// sealer is an AEAD or CCM by one name.
type sealer func(dst, nonce, sealed, extra []byte) ([]byte, error)

// newSealer makes the AEAD of a suite, and tells the size of its tag.
func newSealer(s suite, key []byte) (sealer, int) {
	if s.kind == chacha {
		if a, err := chacha20poly1305.New(key); err == nil {
			return a.Open, 16
		}
		return nil, 0
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, 0
	}
	switch s.kind {
	case gcm:
		if a, err := cipher.NewGCM(block); err == nil {
			return a.Open, 16
		}
	case ccm:
		return ccmMode{block, 16}.open, 16
	case ccm8:
		return ccmMode{block, 8}.open, 8
	}
	return nil, 0
}

// aead13 opens records of TLS 1.3.
type aead13 struct {
	open13 sealer
	iv     [12]byte
}

func (a *aead13) open(dst []byte, seq uint64, r record) ([]byte, bool) {
	nonce := a.iv
	for i := range 8 {
		nonce[4+i] ^= byte(seq >> (56 - 8*i))
	}
	extra := [5]byte{r.kind, byte(r.version >> 8), byte(r.version), byte(len(r.body) >> 8), byte(len(r.body))}
	b, err := a.open13(dst, nonce[:], r.body, extra[:])
	return b, err == nil
}

func (*aead13) past(record) {}

// aead12 opens AEAD records of TLS 1.2: those of ChaCha20 count as in TLS
// 1.3, the others carry eight octets of their nonce.
type aead12 struct {
	seal sealer
	tag  int
	iv   []byte // 4 octets, or 12
}

func (a *aead12) open(dst []byte, seq uint64, r record) ([]byte, bool) {
	var nonce [12]byte
	copy(nonce[:], a.iv)
	body := r.body
	if len(a.iv) == 4 {
		if len(body) < 8 {
			return nil, false
		}
		copy(nonce[4:], body)
		body = body[8:]
	} else {
		for i := range 8 {
			nonce[4+i] ^= byte(seq >> (56 - 8*i))
		}
	}
	if len(body) < a.tag {
		return nil, false
	}
	b, err := a.seal(dst, nonce[:], body, head(seq, r, len(body)-a.tag))
	return b, err == nil
}

func (*aead12) past(record) {}

// cbc opens records of block ciphers.
type cbc struct {
	block cipher.Block
	mac   hash.Hash
	etm   bool // encrypt, then MAC
	// chained: the IV is the last block of the record before (TLS 1.0).
	chained bool
	last    []byte
}

func (c *cbc) open(dst []byte, seq uint64, r record) ([]byte, bool) {
	body, size, n := r.body, c.block.BlockSize(), c.mac.Size()
	if c.etm {
		if len(body) < n {
			return nil, false
		}
		text := body[:len(body)-n]
		if !c.matches(seq, r, text, body[len(body)-n:]) {
			return nil, false
		}
		body = text
	}
	iv := c.last
	if !c.chained {
		if len(body) < size {
			return nil, false
		}
		iv, body = body[:size], body[size:]
	}
	if len(body) == 0 || len(body)%size != 0 || len(iv) != size {
		return nil, false
	}
	at := len(dst)
	dst = append(dst, body...)
	out := dst[at:]
	cipher.NewCBCDecrypter(c.block, iv).CryptBlocks(out, out)
	padding := int(out[len(out)-1]) + 1
	if padding > len(out) {
		return nil, false
	}
	out = out[:len(out)-padding]
	if !c.etm {
		if len(out) < n || !c.matches(seq, r, out[:len(out)-n], out[len(out)-n:]) {
			return nil, false
		}
		out = out[:len(out)-n]
	}
	return dst[:at+len(out)], true
}

func (c *cbc) past(r record) {
	body := r.body
	if n := c.mac.Size(); c.etm && len(body) >= n {
		body = body[:len(body)-n]
	}
	if size := c.block.BlockSize(); c.chained && len(body) >= size {
		c.last = append(c.last[:0], body[len(body)-size:]...)
	}
}

// behind sets what passed before the record that is tried next.
func (c *cbc) behind(b []byte) {
	if size := c.block.BlockSize(); c.chained {
		c.last = append(c.last[:0], b[max(0, len(b)-size):]...)
	}
}

func (c *cbc) matches(seq uint64, r record, text, mac []byte) bool {
	return macMatches(c.mac, seq, r, text, mac)
}

func macMatches(m hash.Hash, seq uint64, r record, text, mac []byte) bool {
	m.Reset()
	m.Write(head(seq, r, len(text)))
	m.Write(text)
	return hmac.Equal(m.Sum(nil), mac)
}

// stream opens records of RC4 and of no cipher at all.
type stream struct {
	rc4 *rc4.Cipher // nil for none
	mac hash.Hash
}

func (s *stream) open(dst []byte, seq uint64, r record) ([]byte, bool) {
	at := len(dst)
	dst = append(dst, r.body...)
	out := dst[at:]
	if s.rc4 != nil {
		copied := *s.rc4 // the record may be tried again
		copied.XORKeyStream(out, out)
	}
	n := len(out) - s.mac.Size()
	if n < 0 || !macMatches(s.mac, seq, r, out[:n], out[n:]) {
		return nil, false
	}
	return dst[:at+n], true
}

func (s *stream) past(r record) {
	if s.rc4 != nil {
		waste := make([]byte, len(r.body))
		s.rc4.XORKeyStream(waste, waste)
	}
}

// opener13 makes the opener of a traffic secret; nil if they do not fit.
func opener13(s suite, secret []byte) opener {
	if s.prf == nil || len(secret) != s.prf().Size() {
		return nil
	}
	seal, _ := newSealer(s, expandLabel(s.prf, secret, "key", s.key))
	if seal == nil {
		return nil
	}
	return &aead13{seal, [12]byte(expandLabel(s.prf, secret, "iv", 12))}
}

// openers12 makes both openers of TLS 1.2 and before.
func openers12(h *hellos, s suite, master []byte) (client, server opener) {
	mac, iv := 0, 4
	if s.mac != nil {
		mac, iv = s.mac().Size(), 0
		if h.version < version11 {
			iv = map[kind]int{cbcAES: aes.BlockSize, cbcDES3: des.BlockSize}[s.kind]
		}
	} else if s.kind == chacha {
		iv = 12
	}
	block := keyBlock(h.version, s, master, h.clientRandom[:], h.serverRandom[:], 2*(mac+s.key+iv))
	take := func(n int) []byte {
		b := block[:n:n]
		block = block[n:]
		return b
	}
	cm, sm, ck, sk := take(mac), take(mac), take(s.key), take(s.key)
	return opener12(h, s, cm, ck, take(iv)), opener12(h, s, sm, sk, take(iv))
}

func opener12(h *hellos, s suite, mac, key, iv []byte) opener {
	if s.mac == nil {
		if seal, tag := newSealer(s, key); seal != nil {
			return &aead12{seal, tag, iv}
		}
		return nil
	}
	m := hmac.New(s.mac, mac)
	var block cipher.Block
	var err error
	switch s.kind {
	case cbcAES:
		block, err = aes.NewCipher(key)
	case cbcDES3:
		block, err = des.NewTripleDESCipher(key)
	case streamRC4:
		c, err := rc4.NewCipher(key)
		if err != nil {
			return nil
		}
		return &stream{c, m}
	default:
		return &stream{nil, m}
	}
	if err != nil {
		return nil
	}
	return &cbc{block: block, mac: m, etm: h.etm, chained: h.version < version11, last: iv}
}
