package rfc3161

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Types of signed attributes.
const (
	attrContentType   = "1.2.840.113549.1.9.3"
	attrMessageDigest = "1.2.840.113549.1.9.4"
	attrCertificate   = "1.2.840.113549.1.9.16.2.12" // SigningCertificate, RFC 2634
	attrCertificateV2 = "1.2.840.113549.1.9.16.2.47" // SigningCertificateV2, RFC 5035
)

// check checks the signature and that it is by a certificate for time stamps,
// which is named in what is signed (RFC 3161, 2.4.2).
func (s *signedData) check() error {
	var kind asn1.ObjectIdentifier
	if value := s.values[attrContentType]; !value.ReadASN1ObjectIdentifier(&kind) || kind.String() != oidTSTInfo {
		return errInfo
	}
	var digest cryptobyte.String
	if value := s.values[attrMessageDigest]; !value.ReadASN1(&digest, tag.OCTET_STRING) || !bytes.Equal(digest, sum(s.hash, s.content)) {
		return errors.New("the time stamp was changed: what is signed is another digest")
	}
	if err := s.named(); err != nil {
		return err
	}
	algorithm, err := s.signatureAlgorithm()
	if err != nil {
		return err
	}
	if err := s.cert.CheckSignature(algorithm, s.attributes, s.signature); err != nil {
		return fmt.Errorf("the time stamp's signature does not hold: %w", err)
	}
	return s.forStamps()
}

// forStamps checks that the certificate is for time stamps and nothing else.
func (s *signedData) forStamps() error {
	c := s.cert
	if len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping || len(c.UnknownExtKeyUsage) > 0 {
		return fmt.Errorf("the certificate of %.200q is not one for time stamps", c.Subject.String())
	}
	return nil
}

// named checks that the first certificate that the attributes name is the
// signer's, so that it cannot be swapped for another one of the same key.
func (s *signedData) named() error {
	hash, value := crypto.SHA256, s.values[attrCertificateV2]
	v2 := value != nil
	if !v2 {
		hash, value = crypto.SHA1, s.values[attrCertificate]
	}
	var body, ids, id, algorithm, digest cryptobyte.String
	if !value.ReadASN1(&body, tag.SEQUENCE) || !body.ReadASN1(&ids, tag.SEQUENCE) || !ids.ReadASN1(&id, tag.SEQUENCE) {
		return errors.New("the time stamp does not name the certificate that it is signed with")
	}
	if v2 && id.PeekASN1Tag(tag.SEQUENCE) {
		var oid asn1.ObjectIdentifier
		if !id.ReadASN1(&algorithm, tag.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&oid) {
			return errSigned
		}
		var err error
		if hash, err = hashOf(oid); err != nil {
			return err
		}
	}
	if !id.ReadASN1(&digest, tag.OCTET_STRING) || !bytes.Equal(digest, sum(hash, s.cert.Raw)) {
		return errors.New("the time stamp names another certificate than the one in it")
	}
	return nil
}

func sum(hash crypto.Hash, b []byte) []byte {
	h := hash.New()
	h.Write(b)
	return h.Sum(nil)
}

// signatureAlgorithm tells how the signature was made, by the key's sort, the
// digest and what the stamp says.
func (s *signedData) signatureAlgorithm() (x509.SignatureAlgorithm, error) {
	said := s.algorithm.String()
	by := map[crypto.Hash]x509.SignatureAlgorithm{}
	switch s.cert.PublicKey.(type) {
	case *rsa.PublicKey:
		by = map[crypto.Hash]x509.SignatureAlgorithm{crypto.SHA256: x509.SHA256WithRSA, crypto.SHA384: x509.SHA384WithRSA, crypto.SHA512: x509.SHA512WithRSA}
		if said == "1.2.840.113549.1.1.10" {
			by = map[crypto.Hash]x509.SignatureAlgorithm{crypto.SHA256: x509.SHA256WithRSAPSS, crypto.SHA384: x509.SHA384WithRSAPSS, crypto.SHA512: x509.SHA512WithRSAPSS}
		} else if !strings.HasPrefix(said, "1.2.840.113549.1.1.") {
			by = nil
		}
	case *ecdsa.PublicKey:
		if strings.HasPrefix(said, "1.2.840.10045.") {
			by = map[crypto.Hash]x509.SignatureAlgorithm{crypto.SHA256: x509.ECDSAWithSHA256, crypto.SHA384: x509.ECDSAWithSHA384, crypto.SHA512: x509.ECDSAWithSHA512}
		}
	case ed25519.PublicKey:
		if said == "1.3.101.112" {
			return x509.PureEd25519, nil
		}
	}
	if a, ok := by[s.hash]; ok {
		return a, nil
	}
	return 0, fmt.Errorf("the time stamp is signed in a way that is not known here (%s): ask another authority", said)
}
