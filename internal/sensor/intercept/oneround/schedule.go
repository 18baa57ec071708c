package oneround

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"hash"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// suite is a cipher suite of TLS 1.3 (RFC 8446, appendix B.4).
type suite struct {
	id   uint16
	size int // of the key
	hash func() hash.Hash
	aead func(key []byte) (cipher.AEAD, error)
}

// suites in the order of preference.
func suites() []suite {
	return []suite{
		{0x1301, 16, sha256.New, gcm},
		{0x1302, 32, sha512.New384, gcm},
		{0x1303, 32, sha256.New, chacha20poly1305.New},
	}
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// schedule holds the secrets (RFC 8446, section 7.1).
type schedule struct {
	suite          suite
	transcript     hash.Hash
	random         []byte
	log            io.Writer
	master         []byte
	client, server []byte // traffic secrets of the current kind
	nextClient     []byte // of the kind that follows the handshake
	nextServer     []byte
}

func (s *schedule) begin(suite suite, random []byte, log io.Writer) {
	s.suite, s.random, s.log, s.transcript = suite, random, log, suite.hash()
}

func (s *schedule) add(message []byte) { s.transcript.Write(message) }
func (s *schedule) sum() []byte        { return s.transcript.Sum(nil) }

// label is HKDF-Expand-Label.
func (s suite) label(secret []byte, name string, context []byte, size int) []byte {
	info := binary.BigEndian.AppendUint16(nil, uint16(size))
	info = append(info, byte(len("tls13 ")+len(name)))
	info = append(info, "tls13 "+name...)
	info = append(info, byte(len(context)))
	out, err := hkdf.Expand(s.hash, secret, string(append(info, context...)), size)
	if err != nil {
		panic("oneround: sizes are constants: " + err.Error())
	}
	return out
}

// derive is Derive-Secret, of a hash already made.
func (s suite) derive(secret []byte, name string, sum []byte) []byte {
	return s.label(secret, name, sum, s.hash().Size())
}

func (s suite) extract(secret, salt []byte) ([]byte, error) {
	return hkdf.Extract(s.hash, secret, salt)
}

// handshake derives the secrets of the handshake.
func (s *schedule) handshake(shared []byte) error {
	zero := make([]byte, s.suite.hash().Size())
	none := s.suite.hash().Sum(nil)
	early, err := s.suite.extract(zero, nil)
	if err != nil {
		return err
	}
	secret, err := s.suite.extract(shared, s.suite.derive(early, "derived", none))
	if err != nil {
		return err
	}
	sum := s.sum()
	s.client = s.suite.derive(secret, "c hs traffic", sum)
	s.server = s.suite.derive(secret, "s hs traffic", sum)
	s.master, err = s.suite.extract(zero, s.suite.derive(secret, "derived", none))
	if err != nil {
		return err
	}
	return s.write("HANDSHAKE_TRAFFIC_SECRET", "", s.client, s.server)
}

// application derives the secrets of what follows the handshake.
func (s *schedule) application() error {
	sum := s.sum()
	s.nextClient = s.suite.derive(s.master, "c ap traffic", sum)
	s.nextServer = s.suite.derive(s.master, "s ap traffic", sum)
	return s.write("TRAFFIC_SECRET", "_0", s.nextClient, s.nextServer)
}

func (s *schedule) write(kind, number string, client, server []byte) error {
	if s.log == nil {
		return nil
	}
	if _, err := fmt.Fprintf(s.log, "CLIENT_%s%s %x %x\n", kind, number, s.random, client); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.log, "SERVER_%s%s %x %x\n", kind, number, s.random, server)
	return err
}

// finish is the proof in a Finished message.
func (s *schedule) finish(secret []byte) []byte {
	h := hmac.New(s.suite.hash, s.suite.label(secret, "finished", nil, s.suite.hash().Size()))
	h.Write(s.sum())
	return h.Sum(nil)
}

// keys protect the records of one direction.
type keys struct {
	suite  suite
	secret []byte
	aead   cipher.AEAD
	iv     []byte
	seq    uint64
}

func (s suite) keys(secret []byte) *keys {
	aead, err := s.aead(s.label(secret, "key", nil, s.size))
	if err != nil {
		panic("oneround: sizes are constants: " + err.Error())
	}
	return &keys{suite: s, secret: secret, aead: aead, iv: s.label(secret, "iv", nil, aead.NonceSize())}
}

// update is what follows a KeyUpdate message.
func (k *keys) update() *keys {
	return k.suite.keys(k.suite.label(k.secret, "traffic upd", nil, len(k.secret)))
}

func (k *keys) nonce() []byte {
	nonce := append([]byte(nil), k.iv...)
	for i := range 8 {
		nonce[len(nonce)-1-i] ^= byte(k.seq >> (8 * i))
	}
	return nonce
}

// seal appends a record.
func (k *keys) seal(to []byte, kind byte, plain []byte) []byte {
	size := len(plain) + 1 + k.aead.Overhead()
	begin := len(to)
	to = append(to, typeData, 3, 3, byte(size>>8), byte(size))
	head := to[begin:]
	to = append(append(to, plain...), kind)
	body := to[begin+recordHeader:]
	sealed := k.aead.Seal(body[:0], k.nonce(), body, head[:recordHeader])
	k.seq++
	return append(to[:begin+recordHeader], sealed...)
}

// open opens a record in place and returns its type and content.
func (k *keys) open(record []byte) (kind byte, plain []byte, ok bool) {
	body := record[recordHeader:]
	plain, err := k.aead.Open(body[:0], k.nonce(), body, record[:recordHeader])
	if err != nil {
		return 0, nil, false
	}
	k.seq++
	for len(plain) > 0 && plain[len(plain)-1] == 0 {
		plain = plain[:len(plain)-1]
	}
	if len(plain) == 0 {
		return 0, nil, true
	}
	return plain[len(plain)-1], plain[:len(plain)-1], true
}
