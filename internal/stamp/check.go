package stamp

import (
	"bytes"
	"crypto"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
)

// Info is what a time stamp says.
type Info struct {
	// Time that the authority vouches for, in UTC.
	Time time.Time `json:"time"`
	// By names who signed: the subject of the certificate in the stamp.
	By string `json:"by"`
}

// Check reads a TimeStampResp (DER) and reports who says that the digest existed
// when. The signature is checked against the certificate in the stamp; whether
// that one is to be trusted is for who has roots to say.
func Check(response []byte, digest [sha256.Size]byte) (Info, error) {
	_, info, err := check(response, digest)
	return info, err
}

func check(response []byte, digest [sha256.Size]byte) (token *timestamp.Timestamp, info Info, err error) {
	// The parsers are others' and the bytes are anybody's.
	defer func() {
		if r := recover(); r != nil {
			token, err = nil, fmt.Errorf("it is no time stamp: %v", r)
		}
	}()
	token, err = timestamp.ParseResponse(response)
	if err != nil {
		return nil, Info{}, fmt.Errorf("it is no time stamp: %w", err)
	}
	if token.HashAlgorithm != crypto.SHA256 || !bytes.Equal(token.HashedMessage, digest[:]) {
		return nil, Info{}, errors.New("the time stamp is over something else")
	}
	by, err := signedBy(token.RawToken)
	if err != nil {
		return nil, Info{}, err
	}
	return token, Info{Time: token.Time.UTC(), By: by.Subject.String()}, nil
}

// signedBy finds the certificate that a token is signed with and checks that it
// is meant for time stamps and named in what was signed.
func signedBy(token []byte) (*x509.Certificate, error) {
	p7, err := pkcs7.Parse(token)
	if err != nil {
		return nil, fmt.Errorf("it is no time stamp: %w", err)
	}
	signer := p7.GetOnlySigner()
	if signer == nil {
		return nil, errors.New("the time stamp does not hold the one certificate that it is signed with")
	}
	if err := p7.Verify(); err != nil {
		return nil, fmt.Errorf("the time stamp's signature does not hold: %w", err)
	}
	var kind asn1.ObjectIdentifier
	if err := p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeContentType, &kind); err != nil || !kind.Equal(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}) {
		return nil, errors.New("what is signed is no time stamp")
	}
	if len(signer.ExtKeyUsage) != 1 || signer.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping || len(signer.UnknownExtKeyUsage) > 0 {
		return nil, fmt.Errorf("the certificate of %s is not one for time stamps", signer.Subject)
	}
	return signer, certificateNamed(p7, signer)
}

// certificateIDs is SigningCertificateV2 of RFC 5035, whose digests are of SHA-256
// unless they say otherwise, and SigningCertificate of RFC 2634, whose are of
// SHA-1.
type certificateIDs struct {
	Certificates []certificateID
	Policies     asn1.RawValue `asn1:"optional"`
}

type certificateID struct {
	Algorithm pkix.AlgorithmIdentifier `asn1:"optional"`
	Digest    []byte
	Issuer    asn1.RawValue `asn1:"optional"`
}

// certificateNamed checks that what was signed names the certificate by its
// digest, so that it cannot be swapped for another one of the same key.
func certificateNamed(p7 *pkcs7.PKCS7, signer *x509.Certificate) error {
	var ids certificateIDs
	err := p7.UnmarshalSignedAttribute(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}, &ids)
	if err != nil {
		err = p7.UnmarshalSignedAttribute(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}, &ids)
	}
	if err != nil || len(ids.Certificates) == 0 {
		return errors.New("the time stamp does not name the certificate that it is signed with")
	}
	// The length tells the algorithm, as far as it was not named.
	named := ids.Certificates[0].Digest
	for _, sum := range [][]byte{sha1Of(signer.Raw), sha256Of(signer.Raw), sha384Of(signer.Raw), sha512Of(signer.Raw)} {
		if bytes.Equal(named, sum) {
			return nil
		}
	}
	return errors.New("the time stamp names another certificate than the one in it")
}

func sha1Of(b []byte) []byte   { s := sha1.Sum(b); return s[:] }
func sha256Of(b []byte) []byte { s := sha256.Sum256(b); return s[:] }
func sha384Of(b []byte) []byte { s := sha512.Sum384(b); return s[:] }
func sha512Of(b []byte) []byte { s := sha512.Sum512(b); return s[:] }
