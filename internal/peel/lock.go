package peel

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/blowfish" //nolint:staticcheck // what was used is opened, not what should have been
)

// lock is a block cipher with one length of key, in every mode that it is
// opened in. Coats are written "aes-128-cbc", with the place of the IV behind
// a colon (":iv" in front of the ciphertext, ":key" the key's first bytes,
// ":iv=" and hex digits elsewhere) and ":le" for little-endian words.
type lock struct {
	name string
	// little is set if the words of the cipher are little-endian.
	little bool
	// keys are the lengths of key it takes; nil: five bytes or more.
	keys []int
	size int
	// stream says that the modes that make a stream are tried too.
	stream bool
	make   func(key []byte) (cipher.Block, error)
}

func locks() []lock {
	return []lock{
		{"aes-128", false, []int{16}, 16, true, aes.NewCipher},
		{"aes-256", false, []int{32}, 16, true, aes.NewCipher},
		{"aes-192", false, []int{24}, 16, true, aes.NewCipher},
		{"des", false, []int{8}, 8, true, des.NewCipher},
		{"3des", false, []int{24, 16}, 8, true, newTripleDES},
		{"tea", false, []int{16}, 8, false, func(k []byte) (cipher.Block, error) { return newTEA(k, 32, binary.BigEndian, false) }},
		{"tea", true, []int{16}, 8, false, func(k []byte) (cipher.Block, error) { return newTEA(k, 32, binary.LittleEndian, false) }},
		{"xtea", false, []int{16}, 8, false, func(k []byte) (cipher.Block, error) { return newTEA(k, 32, binary.BigEndian, true) }},
		{"xtea", true, []int{16}, 8, false, func(k []byte) (cipher.Block, error) { return newTEA(k, 32, binary.LittleEndian, true) }},
		{"sm4", false, []int{16}, 16, true, newSM4},
		{"blowfish", false, nil, 8, true, newBlowfish},
	}
}

func newBlowfish(key []byte) (cipher.Block, error) {
	c, err := blowfish.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// newTripleDES takes two keys (the first again as the third) or three.
func newTripleDES(key []byte) (cipher.Block, error) {
	if len(key) == 16 {
		key = append(slices.Clone(key), key[:8]...)
	}
	return des.NewTripleDESCipher(key)
}

// takes reports whether the cipher takes a key of n bytes.
func (l *lock) takes(n int) bool {
	if l.keys == nil {
		return n >= keyLeast && n <= 56
	}
	return slices.Contains(l.keys, n)
}

// coat names the lock with a mode and the place of the IV.
func (l *lock) coat(mode, place string) string {
	s := l.name + "-" + mode
	switch {
	case l.little && place != "":
		return s + ":le," + place
	case l.little:
		return s + ":le"
	case place != "":
		return s + ":" + place
	}
	return s
}

// openLock decrypts under a coat as [lock.coat] writes it.
func openLock(coat string, key, b []byte) ([]byte, error) {
	base, parameter, _ := strings.Cut(coat, ":")
	cut := strings.LastIndexByte(base, '-')
	if cut < 0 {
		return nil, fmt.Errorf("%s: no such cipher", coat)
	}
	name, mode := base[:cut], base[cut+1:]
	place, little := strings.CutPrefix(parameter, "le")
	place = strings.TrimPrefix(place, ",")
	for _, l := range locks() {
		if l.name != name || l.little != little || !l.takes(len(key)) {
			continue
		}
		block, err := l.make(key)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", coat, err)
		}
		switch mode {
		case "ccm":
			return openCCM(block, b)
		case "gcm":
			if place != "" {
				nonce, err := statedIV(place, gcmNonce)
				if err != nil {
					return nil, err
				}
				b = slices.Concat(nonce, b)
			}
			return openGCM(block, b)
		}
		return openMode(block, opening{mode, place, key}, b)
	}
	return nil, fmt.Errorf("%s does not take a key of %d bytes", coat, len(key))
}

// opening is a mode, the place of the IV ("", "iv", "key", or the IV itself as
// ivPlace writes it) and the key.
type opening struct {
	mode, place string
	key         []byte
}

// ivPlace is the place of an IV that stands elsewhere: the coat states it.
func ivPlace(iv []byte) string { return "iv=" + hex.EncodeToString(iv) }

// statedIV reads what ivPlace writes.
func statedIV(place string, size int) ([]byte, error) {
	digits, ok := strings.CutPrefix(place, "iv=")
	iv, err := hex.DecodeString(digits)
	if !ok || err != nil || len(iv) != size {
		return nil, fmt.Errorf("%q is no place of an IV of %d bytes", place, size)
	}
	return iv, nil
}

var errBlocks = errors.New("not whole blocks")

// openMode decrypts b; padding is taken off in the modes that need it.
func openMode(block cipher.Block, o opening, b []byte) ([]byte, error) {
	plain, _, err := openPadded(block, o, b)
	return plain, err
}

// openPadded is openMode that also counts the bytes of sound padding.
func openPadded(block cipher.Block, o opening, b []byte) (plain []byte, pad int, err error) {
	size := block.BlockSize()
	iv := make([]byte, size)
	switch o.place {
	case "key":
		copy(iv, o.key)
	case "iv":
		if len(b) <= size {
			return nil, 0, errBlocks
		}
		iv, b = b[:size], b[size:]
	case "":
	default:
		if iv, err = statedIV(o.place, size); err != nil {
			return nil, 0, err
		}
	}
	if stream := streamMode(o.mode); stream != nil {
		return stream(block, iv, b), 0, nil
	}
	if o.mode != "ecb" && o.mode != "cbc" {
		return nil, 0, fmt.Errorf("no such mode: %s", o.mode)
	}
	if len(b) == 0 || len(b)%size != 0 {
		return nil, 0, errBlocks
	}
	plain = mode{chain: o.mode == "cbc", iv: iv}.open(block, b)
	pad = padding(plain[len(plain)-size:])
	return unpad(plain, size), pad, nil
}

// streamMode is how a mode that needs no padding is opened; nil: it does.
func streamMode(mode string) func(block cipher.Block, iv, b []byte) []byte {
	switch mode {
	case "ctr":
		return openCTR
	case "cfb":
		return openCFB
	case "cfb8":
		return openCFB8
	case "ofb":
		return openOFB
	}
	return nil
}

// openOFB is output feedback (NIST SP 800-38A, section 6.4).
func openOFB(block cipher.Block, iv, b []byte) []byte {
	out := make([]byte, len(b))
	stream := slices.Clone(iv)
	for i := range b {
		if i%len(iv) == 0 {
			block.Encrypt(stream, stream)
		}
		out[i] = b[i] ^ stream[i%len(iv)]
	}
	return out
}

func openGCM(block cipher.Block, b []byte) ([]byte, error) {
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	if len(b) < aead.NonceSize()+aead.Overhead() {
		return nil, errors.New("gcm: too few bytes")
	}
	return aead.Open(nil, b[:aead.NonceSize()], b[aead.NonceSize():], nil)
}

const (
	gcmNonce = 12
	ccmNonce = 12
	ccmTag   = 16
)

// openCCM opens counter with CBC-MAC (RFC 3610): 12 bytes of nonce in front,
// a tag of 16 behind, no associated data.
func openCCM(block cipher.Block, b []byte) ([]byte, error) {
	if block.BlockSize() != 16 || len(b) < ccmNonce+ccmTag || len(b) >= 1<<24 {
		return nil, errors.New("ccm: too few bytes")
	}
	nonce, body, tag := b[:ccmNonce], b[ccmNonce:len(b)-ccmTag], b[len(b)-ccmTag:]
	counter := ccmCounter(nonce)
	out := make([]byte, ccmTag+len(body))
	cipher.NewCTR(block, counter[:]).XORKeyStream(out, append(slices.Clone(tag), body...))
	// The first 16 bytes of the stream belong to the tag; the rest of the
	// first block after it begins the text, as counters go by blocks.
	mac := [16]byte{8*(ccmTag-2)/2 + 2}
	copy(mac[1:], nonce)
	mac[13], mac[14], mac[15] = byte(len(body)>>16), byte(len(body)>>8), byte(len(body))
	block.Encrypt(mac[:], mac[:])
	for i, c := range out[ccmTag:] {
		mac[i%16] ^= c
		if i%16 == 15 || i == len(body)-1 {
			block.Encrypt(mac[:], mac[:])
		}
	}
	if string(mac[:]) != string(out[:ccmTag]) {
		return nil, errors.New("ccm: the tag does not fit")
	}
	return out[ccmTag:], nil
}

func ccmCounter(nonce []byte) [16]byte {
	counter := [16]byte{2}
	copy(counter[1:], nonce)
	return counter
}
