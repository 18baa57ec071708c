// Package rfc3161 reads time stamps. A response is taken in strict DER, bounded by
// its own length, and safe to be read by many at a time; the signature in it is
// checked. Bytes in, values out: whose certificate is to be trusted is for the
// caller to say.
package rfc3161

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Token is a time stamp whose signature holds.
type Token struct {
	// Time that the authority vouches for, in UTC.
	Time time.Time
	// Hash and Digest of what was stamped.
	Hash   crypto.Hash
	Digest []byte
	// Nonce of the request; nil if it had none.
	Nonce *big.Int
	// Signer is the certificate that it is signed with. It is one for time stamps.
	Signer *x509.Certificate
	// Certificates that came with it, the signer's among them.
	Certificates []*x509.Certificate
}

// most bounds a response, in bytes.
const most = 1 << 20

// Parse reads a TimeStampResp and checks the signature against the certificate
// in it.
func Parse(response []byte) (*Token, error) {
	if len(response) > most {
		return nil, fmt.Errorf("it is no time stamp: it has more than %d bytes", most)
	}
	in := cryptobyte.String(response)
	var body, status cryptobyte.String
	if !in.ReadASN1(&body, tag.SEQUENCE) || !in.Empty() || !body.ReadASN1(&status, tag.SEQUENCE) {
		return nil, errForm
	}
	if err := granted(status); err != nil {
		return nil, err
	}
	return parseToken(body)
}

var (
	errForm   = errors.New("it is no time stamp: it is not a TimeStampResp in DER")
	errSigned = errors.New("it is no time stamp: it does not hold signed data of one signer")
	errInfo   = errors.New("it is no time stamp: what is signed is no TSTInfo")
)

// granted reads PKIStatusInfo and reports a refusal in the authority's words.
func granted(in cryptobyte.String) error {
	var status int
	if !in.ReadASN1Integer(&status) {
		return errForm
	}
	var texts cryptobyte.String
	var has bool
	var said []string
	if !in.ReadOptionalASN1(&texts, &has, tag.SEQUENCE) {
		return errForm
	}
	for has && !texts.Empty() {
		var text cryptobyte.String
		if !texts.ReadASN1(&text, tag.UTF8String) {
			return errForm
		}
		said = append(said, string(text))
	}
	var failure asn1.BitString
	if in.PeekASN1Tag(tag.BIT_STRING) && !in.ReadASN1BitString(&failure) || !in.Empty() {
		return errForm
	}
	if status == 0 || status == 1 { // granted, granted with modifications
		return nil
	}
	if why := reason(failure); why != "" {
		said = append(said, why)
	}
	return fmt.Errorf("the authority refused (status %d): %.300q", status, strings.Join(said, ", "))
}

// reason puts PKIFailureInfo into words.
func reason(failure asn1.BitString) string {
	for bit, words := range map[int]string{
		0: "unknown algorithm", 2: "bad request", 5: "wrong format of data", 14: "no time to be had",
		15: "unknown policy", 16: "unknown extension", 17: "no such information", 25: "failure of the system",
	} {
		if failure.At(bit) == 1 {
			return words
		}
	}
	return ""
}

// Objects that are told apart here, and the tags [0] and [1] of what holds
// something.
const (
	oidSignedData = "1.2.840.113549.1.7.2"
	oidTSTInfo    = "1.2.840.113549.1.9.16.1.4"

	tag0 = tag.Tag(0xa0)
	tag1 = tag.Tag(0xa1)
)

// parseToken reads the ContentInfo of CMS (RFC 5652) and what is in it.
func parseToken(in cryptobyte.String) (*Token, error) {
	var info, content, data cryptobyte.String
	var kind asn1.ObjectIdentifier
	if !in.ReadASN1(&info, tag.SEQUENCE) || !in.Empty() || !info.ReadASN1ObjectIdentifier(&kind) || kind.String() != oidSignedData ||
		!info.ReadASN1(&content, tag0) || !info.Empty() || !content.ReadASN1(&data, tag.SEQUENCE) || !content.Empty() {
		return nil, errSigned
	}
	signed, err := parseSigned(data)
	if err != nil {
		return nil, err
	}
	if err := signed.check(); err != nil {
		return nil, err
	}
	token := &Token{Signer: signed.cert, Certificates: signed.certs}
	return token, token.read(signed.content)
}

// read takes TSTInfo apart.
func (t *Token) read(content []byte) error {
	in := cryptobyte.String(content)
	var body, imprint, algorithm, digest, rest cryptobyte.String
	var version int
	var policy, hash asn1.ObjectIdentifier
	serial := new(big.Int)
	if !in.ReadASN1(&body, tag.SEQUENCE) || !in.Empty() || !body.ReadASN1Integer(&version) || version != 1 ||
		!body.ReadASN1ObjectIdentifier(&policy) || !body.ReadASN1(&imprint, tag.SEQUENCE) ||
		!imprint.ReadASN1(&algorithm, tag.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&hash) ||
		!imprint.ReadASN1(&digest, tag.OCTET_STRING) || !imprint.Empty() ||
		!body.ReadASN1Integer(serial) || !readTime(&body, &t.Time) {
		return errInfo
	}
	var has bool
	if !body.SkipOptionalASN1(tag.SEQUENCE) || !body.SkipOptionalASN1(tag.BOOLEAN) { // accuracy, ordering
		return errInfo
	}
	if body.PeekASN1Tag(tag.INTEGER) {
		t.Nonce = new(big.Int)
		if !body.ReadASN1Integer(t.Nonce) {
			return errInfo
		}
	}
	if !body.ReadOptionalASN1(&rest, &has, tag0) || !body.ReadOptionalASN1(&rest, &has, tag1) || !body.Empty() {
		return errInfo
	}
	t.Digest = digest
	var err error
	t.Hash, err = hashOf(hash)
	if err == nil && t.Hash.Size() != len(t.Digest) {
		err = errInfo
	}
	return err
}

// readTime reads a GeneralizedTime, which may have a fraction of a second.
func readTime(in *cryptobyte.String, at *time.Time) bool {
	var text cryptobyte.String
	if !in.ReadASN1(&text, tag.GeneralizedTime) {
		return false
	}
	parsed, err := time.Parse("20060102150405.999999999Z", string(text))
	*at = parsed.UTC()
	return err == nil
}
