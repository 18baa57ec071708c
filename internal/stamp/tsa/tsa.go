// Package tsa is a time-stamping authority (RFC 3161) for tests and
// demonstrations: it answers on loopback, is vouched for by a root of its own,
// and tells the time of whatever clock it is given. Its stamps prove nothing to
// anybody who did not choose to trust it.
package tsa

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"time"

	"github.com/digitorus/timestamp"

	"example.org/telltale"
)

// Options are what an authority needs from outside.
type Options struct {
	Clock  telltale.Clock
	Random io.Reader
	// Name in the certificate; empty for "Test time stamps".
	Name string
	// Usage in the certificate; nil for that of time stamps alone.
	Usage []x509.ExtKeyUsage
}

// Authority stamps whatever it is asked to.
type Authority struct {
	clock telltale.Clock
	root  *x509.Certificate
	leaf  *x509.Certificate
	key   *ecdsa.PrivateKey
}

// New makes an authority with a root of its own.
func New(opts Options) (*Authority, error) {
	if opts.Name == "" {
		opts.Name = "Test time stamps"
	}
	if opts.Usage == nil {
		opts.Usage = []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}
	}
	root, rootKey, err := certify(opts, template(1, opts.Name+" root", true), nil, nil)
	if err != nil {
		return nil, fmt.Errorf("making a time-stamping authority: %w", err)
	}
	leaf := template(2, opts.Name, false)
	extension, err := usage(opts.Usage)
	if err != nil {
		return nil, fmt.Errorf("making a time-stamping authority: %w", err)
	}
	leaf.ExtraExtensions = []pkix.Extension{extension}
	cert, key, err := certify(opts, leaf, root, rootKey)
	if err != nil {
		return nil, fmt.Errorf("making a time-stamping authority: %w", err)
	}
	return &Authority{clock: opts.Clock, root: root, leaf: cert, key: key}, nil
}

// template is a certificate that is good at any time that a test may think of.
func template(serial int64, name string, root bool) *x509.Certificate {
	t := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name, Organization: []string{"telltale tests"}},
		NotBefore: time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true, IsCA: root,
	}
	if root {
		t.KeyUsage = x509.KeyUsageCertSign
	}
	return t
}

// usage is the extension that a time-stamping certificate must have, marked
// critical (RFC 3161, 2.3); crypto/x509 would not mark it.
func usage(kinds []x509.ExtKeyUsage) (pkix.Extension, error) {
	ids := []asn1.ObjectIdentifier{}
	for _, k := range kinds {
		switch k {
		case x509.ExtKeyUsageTimeStamping:
			ids = append(ids, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8})
		case x509.ExtKeyUsageServerAuth:
			ids = append(ids, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 1})
		default:
			return pkix.Extension{}, fmt.Errorf("usage %d is not among those that are made here", k)
		}
	}
	der, err := asn1.Marshal(ids)
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: der}, err
}

// certify makes a key and has its certificate signed; without a parent by
// itself.
func certify(opts Options, t, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), opts.Random)
	if err != nil {
		return nil, nil, err
	}
	if parent == nil {
		parent, parentKey = t, key
	}
	der, err := x509.CreateCertificate(opts.Random, t, parent, &key.PublicKey, parentKey)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, err
}

// Root is the certificate that vouches for the authority.
func (a *Authority) Root() *x509.Certificate { return a.root }

// Pool holds the root alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.root)
	return pool
}

// PEM is the root as programs take it.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.root.Raw})
}

// Answer stamps what a request (DER of TimeStampReq) asks for and returns the
// TimeStampResp.
func (a *Authority) Answer(request []byte) ([]byte, error) {
	req, err := timestamp.ParseRequest(request)
	if err != nil {
		return timestamp.CreateErrorResponse(timestamp.Rejection, timestamp.BadDataFormat)
	}
	stamp := &timestamp.Timestamp{
		HashAlgorithm: req.HashAlgorithm, HashedMessage: req.HashedMessage, Nonce: req.Nonce,
		Time: a.clock().UTC().Truncate(time.Second), Accuracy: time.Second, Policy: asn1.ObjectIdentifier{1, 2, 3, 4, 1},
		AddTSACertificate: req.Certificates,
	}
	return stamp.CreateResponseWithOpts(a.leaf, a.key, crypto.SHA256)
}

// mostRequest bounds a request, in bytes.
const mostRequest = 1 << 16

// ServeHTTP answers as RFC 3161, 3.4 says.
func (a *Authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, mostRequest))
	if err != nil || r.Method != http.MethodPost {
		http.Error(w, "post a time-stamp query", http.StatusBadRequest)
		return
	}
	answer, err := a.Answer(body)
	if err != nil {
		http.Error(w, "the stamp cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/timestamp-reply")
	_, _ = w.Write(answer)
}
