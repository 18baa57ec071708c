package rfc3161

import (
	"bytes"
	"crypto"
	_ "crypto/sha1"   // certificates are named by it in older stamps
	_ "crypto/sha256" // what stamps are over and signed with
	_ "crypto/sha512" // likewise
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// signedData is SignedData of CMS with one signer, as far as it is looked at.
type signedData struct {
	content []byte
	certs   []*x509.Certificate
	cert    *x509.Certificate
	// hash and algorithm of the signature.
	hash      crypto.Hash
	algorithm asn1.ObjectIdentifier
	signature []byte
	// attributes that are signed: whole, as a SET, and by type.
	attributes []byte
	values     map[string]cryptobyte.String
}

// parseSigned reads SignedData (RFC 5652, 5.1).
func parseSigned(in cryptobyte.String) (*signedData, error) {
	s := &signedData{}
	var version int
	var algorithms, encap, explicit, content, certs, crls, infos, info cryptobyte.String
	var kind asn1.ObjectIdentifier
	var hasCerts, hasCRLs bool
	if !in.ReadASN1Integer(&version) || !in.ReadASN1(&algorithms, tag.SET) ||
		!in.ReadASN1(&encap, tag.SEQUENCE) || !encap.ReadASN1ObjectIdentifier(&kind) ||
		!encap.ReadASN1(&explicit, tag0) || !encap.Empty() || !explicit.ReadASN1(&content, tag.OCTET_STRING) || !explicit.Empty() ||
		!in.ReadOptionalASN1(&certs, &hasCerts, tag0) || !in.ReadOptionalASN1(&crls, &hasCRLs, tag1) ||
		!in.ReadASN1(&infos, tag.SET) || !in.Empty() || !infos.ReadASN1(&info, tag.SEQUENCE) || !infos.Empty() {
		return nil, errSigned
	}
	if kind.String() != oidTSTInfo {
		return nil, errInfo
	}
	s.content = content
	if err := s.readCertificates(certs); err != nil {
		return nil, err
	}
	return s, s.readSigner(info)
}

// mostCertificates bounds the certificates in a stamp.
const mostCertificates = 32

func (s *signedData) readCertificates(in cryptobyte.String) error {
	for !in.Empty() {
		var der cryptobyte.String
		if !in.ReadASN1Element(&der, tag.SEQUENCE) || len(s.certs) == mostCertificates {
			return errSigned
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return fmt.Errorf("a certificate in the time stamp cannot be read: %w", err)
		}
		s.certs = append(s.certs, cert)
	}
	return nil
}

// readSigner reads SignerInfo (RFC 5652, 5.3).
func (s *signedData) readSigner(in cryptobyte.String) error {
	var version int
	var id, digest, attributes, algorithm, signature, unsigned cryptobyte.String
	var idTag tag.Tag
	var hash asn1.ObjectIdentifier
	var has bool
	if !in.ReadASN1Integer(&version) || !in.ReadAnyASN1Element(&id, &idTag) ||
		!in.ReadASN1(&digest, tag.SEQUENCE) || !digest.ReadASN1ObjectIdentifier(&hash) ||
		!in.ReadASN1Element(&attributes, tag0) ||
		!in.ReadASN1(&algorithm, tag.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&s.algorithm) ||
		!in.ReadASN1(&signature, tag.OCTET_STRING) || !in.ReadOptionalASN1(&unsigned, &has, tag1) || !in.Empty() {
		return errSigned
	}
	s.signature = signature
	var err error
	if s.hash, err = hashOf(hash); err != nil {
		return err
	}
	if s.cert = s.find(id, idTag); s.cert == nil {
		return errors.New("the time stamp does not hold the certificate that it is signed with: the authority must be asked for it")
	}
	return s.readAttributes(attributes)
}

// find is the certificate of the signer, by issuer and number or by the key's
// identifier.
func (s *signedData) find(id cryptobyte.String, idTag tag.Tag) *x509.Certificate {
	var body, issuer, number, key cryptobyte.String
	named := idTag == tag.SEQUENCE && id.ReadASN1(&body, tag.SEQUENCE) &&
		body.ReadASN1Element(&issuer, tag.SEQUENCE) && body.ReadASN1Element(&number, tag.INTEGER) && body.Empty()
	keyed := idTag == tag.Tag(0).ContextSpecific() && id.ReadASN1(&key, idTag)
	for _, c := range s.certs {
		serial, err := asn1.Marshal(c.SerialNumber)
		switch {
		case named && err == nil && bytes.Equal(c.RawIssuer, issuer) && bytes.Equal(serial, number):
			return c
		case keyed && len(key) > 0 && bytes.Equal(c.SubjectKeyId, key):
			return c
		}
	}
	return nil
}

// readAttributes reads the signed attributes, each of which has one value. What
// is signed is their encoding as a SET.
func (s *signedData) readAttributes(element cryptobyte.String) error {
	s.attributes = bytes.Clone(element)
	s.attributes[0] = byte(tag.SET)
	s.values = map[string]cryptobyte.String{}
	var in cryptobyte.String
	if !element.ReadASN1(&in, tag0) {
		return errSigned
	}
	for !in.Empty() {
		var attribute, values, value cryptobyte.String
		var kind asn1.ObjectIdentifier
		var any tag.Tag
		if !in.ReadASN1(&attribute, tag.SEQUENCE) || !attribute.ReadASN1ObjectIdentifier(&kind) ||
			!attribute.ReadASN1(&values, tag.SET) || !attribute.Empty() {
			return errSigned
		}
		if _, twice := s.values[kind.String()]; twice || !values.ReadAnyASN1Element(&value, &any) || !values.Empty() {
			return errSigned
		}
		s.values[kind.String()] = value
	}
	return nil
}

// hashOf knows the hash functions that stamps are made with today.
func hashOf(oid asn1.ObjectIdentifier) (crypto.Hash, error) {
	switch oid.String() {
	case "2.16.840.1.101.3.4.2.1":
		return crypto.SHA256, nil
	case "2.16.840.1.101.3.4.2.2":
		return crypto.SHA384, nil
	case "2.16.840.1.101.3.4.2.3":
		return crypto.SHA512, nil
	}
	return 0, fmt.Errorf("the time stamp uses the hash function %s: want SHA-256, SHA-384 or SHA-512", oid)
}
