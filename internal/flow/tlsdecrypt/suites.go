package tlsdecrypt

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
)

// kind is how a suite protects records.
type kind byte

const (
	gcm kind = iota + 1
	chacha
	ccm
	ccm8
	cbcAES
	cbcDES3
	streamRC4
	plain
)

// suite is what of a cipher suite matters once the keys are known.
type suite struct {
	kind kind
	key  int // octets
	// mac protects records of the suites that are no AEAD.
	mac func() hash.Hash
	// prf derives keys, TLS 1.2 and later.
	prf func() hash.Hash
}

// suiteOf looks a suite up by its number (IANA, TLS Cipher Suites).
func suiteOf(id uint16) (suite, bool) {
	switch {
	case id>>8 == 0x13:
		return suite13(id)
	case id>>8 == 0xcc && id >= 0xcca8 && id <= 0xccae:
		return aead(chacha, 32, sha256.New), true
	case id>>8 == 0xc0:
		return suiteEC(id)
	case id>>8 == 0:
		return suiteOld(id)
	}
	return suite{}, false
}

func aead(k kind, key int, prf func() hash.Hash) suite { return suite{kind: k, key: key, prf: prf} }

func macs(k kind, key int, mac func() hash.Hash) suite {
	return suite{kind: k, key: key, mac: mac, prf: sha256.New}
}

// aesCBC is AES-CBC with the newer hashes: the longer one also derives keys.
func aesCBC(key int, mac func() hash.Hash) suite {
	s := macs(cbcAES, key, mac)
	if mac().Size() == sha512.Size384 {
		s.prf = sha512.New384
	}
	return s
}

func suite13(id uint16) (suite, bool) {
	switch id {
	case 0x1301:
		return aead(gcm, 16, sha256.New), true
	case 0x1302:
		return aead(gcm, 32, sha512.New384), true
	case 0x1303:
		return aead(chacha, 32, sha256.New), true
	case 0x1304:
		return aead(ccm, 16, sha256.New), true
	case 0x1305:
		return aead(ccm8, 16, sha256.New), true
	}
	return suite{}, false
}

// pair are suites that come in twos: the shorter key, then the longer.
func pair(id, first uint16, short, long suite) (suite, bool) {
	if (id-first)%2 == 0 {
		return short, true
	}
	return long, true
}

// suiteEC are those of elliptic curves and the CCM ones.
func suiteEC(id uint16) (suite, bool) {
	switch n := id & 0xff; {
	case n >= 0x01 && n <= 0x19: // in fives: null, RC4, 3DES, AES, AES
		return [5]suite{
			macs(plain, 0, sha1.New), macs(streamRC4, 16, sha1.New), macs(cbcDES3, 24, sha1.New),
			macs(cbcAES, 16, sha1.New), macs(cbcAES, 32, sha1.New),
		}[(n-1)%5], true
	case n >= 0x23 && n <= 0x2a:
		return pair(id, 0xc023, aesCBC(16, sha256.New), aesCBC(32, sha512.New384))
	case n >= 0x2b && n <= 0x32:
		return pair(id, 0xc02b, aead(gcm, 16, sha256.New), aead(gcm, 32, sha512.New384))
	case n == 0x33:
		return macs(streamRC4, 16, sha1.New), true
	case n == 0x34:
		return macs(cbcDES3, 24, sha1.New), true
	case n == 0x35 || n == 0x36:
		return pair(id, 0xc035, macs(cbcAES, 16, sha1.New), macs(cbcAES, 32, sha1.New))
	case n == 0x37 || n == 0x38:
		return pair(id, 0xc037, aesCBC(16, sha256.New), aesCBC(32, sha512.New384))
	case n >= 0x9c && n <= 0x9f, n >= 0xa4 && n <= 0xa7, n == 0xac || n == 0xad:
		return pair(id, 0xc09c, aead(ccm, 16, sha256.New), aead(ccm, 32, sha256.New))
	case n >= 0xa0 && n <= 0xa3, n >= 0xa8 && n <= 0xab, n == 0xae || n == 0xaf:
		return pair(id, 0xc0a0, aead(ccm8, 16, sha256.New), aead(ccm8, 32, sha256.New))
	}
	return suite{}, false
}

// suiteOld are those of RSA, finite fields and shared keys.
func suiteOld(n uint16) (suite, bool) {
	switch n {
	case 0x01:
		return macs(plain, 0, md5.New), true
	case 0x02:
		return macs(plain, 0, sha1.New), true
	case 0x3b, 0xb0, 0xb4, 0xb8:
		return macs(plain, 0, sha256.New), true
	case 0xb1, 0xb5, 0xb9:
		return suite{kind: plain, mac: sha512.New384, prf: sha512.New384}, true
	case 0x04, 0x18:
		return macs(streamRC4, 16, md5.New), true
	case 0x05, 0x8a, 0x8e, 0x92:
		return macs(streamRC4, 16, sha1.New), true
	case 0x0a, 0x0d, 0x10, 0x13, 0x16, 0x1b, 0x8b, 0x8f, 0x93:
		return macs(cbcDES3, 24, sha1.New), true
	case 0x2f, 0x30, 0x31, 0x32, 0x33, 0x34, 0x8c, 0x90, 0x94:
		return macs(cbcAES, 16, sha1.New), true
	case 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x8d, 0x91, 0x95:
		return macs(cbcAES, 32, sha1.New), true
	case 0x3c, 0x3e, 0x3f, 0x40, 0x67, 0x6c, 0xae, 0xb2, 0xb6:
		return aesCBC(16, sha256.New), true
	case 0x3d, 0x68, 0x69, 0x6a, 0x6b, 0x6d:
		return aesCBC(32, sha256.New), true
	case 0xaf, 0xb3, 0xb7:
		return aesCBC(32, sha512.New384), true
	}
	if n >= 0x9c && n <= 0xad {
		return pair(n, 0x9c, aead(gcm, 16, sha256.New), aead(gcm, 32, sha512.New384))
	}
	return suite{}, false
}
