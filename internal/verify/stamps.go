package verify

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"

	"example.org/telltale/internal/casefile/format"
)

// Stamp is a time stamp over a checkpoint.
type Stamp struct {
	File string    `json:"file"`
	Size int64     `json:"size"`
	At   time.Time `json:"at"`
	// By is the name in the signer's certificate.
	By string `json:"by"`
	// Trusted: the certificate leads to one of Options.Roots.
	Trusted bool `json:"trusted"`
	// Sealed: the case was signed again after it was put in.
	Sealed bool `json:"sealed"`
}

var stampFile = regexp.MustCompile(`^stamps/([0-9]{8,18})-[0-9]{1,9}\.tsr$`)

// stamps checks the time stamps (RFC 3161).
func (c *check) stamps() {
	for _, file := range c.order {
		if path.Dir(file) != format.StampDir || unfinished(file) {
			continue
		}
		s, err := c.stamp(file)
		if err != nil {
			c.problem(file, 0, "%v", err)
			continue
		}
		_, s.Sealed = c.book.sealed[file]
		c.res.Stamps = append(c.res.Stamps, s)
		if !s.Trusted {
			c.note(file, 0, "existed at %s says %s, whose certificate nobody vouches for here", s.At.Format(time.RFC3339), s.By)
		}
	}
}

func (c *check) stamp(file string) (Stamp, error) {
	m := stampFile.FindStringSubmatch(file)
	if m == nil {
		return Stamp{}, errors.New("does not belong to a case: want stamps/NUMBER-N.tsr")
	}
	der, err := c.small(file)
	if err != nil {
		return Stamp{}, err
	}
	size, _ := strconv.ParseInt(m[1], 10, 64) // 18 digits at most
	checkpoint, err := c.small(checkpointName(size))
	if err != nil {
		return Stamp{}, fmt.Errorf("there is no checkpoint to it: %s: %w", checkpointName(size), err)
	}
	ts, signer, err := parseStamp(der)
	if err != nil {
		return Stamp{}, err
	}
	if want := sha256.Sum256(checkpoint); ts.HashAlgorithm != crypto.SHA256 || !bytes.Equal(ts.HashedMessage, want[:]) {
		return Stamp{}, fmt.Errorf("is over something else than %s", checkpointName(size))
	}
	s := Stamp{File: file, Size: size, At: ts.Time.UTC(), By: signer.Subject.String()}
	if c.opts.Roots == nil {
		return s, nil
	}
	if err := vouched(signer, ts, c.opts.Roots); err != nil {
		return Stamp{}, fmt.Errorf("is signed by %.100s, whom the authorities that you named do not vouch for: %w", s.By, err)
	}
	s.Trusted = true
	return s, nil
}

// parseStamp reads a response and checks the signature against the signer's
// own certificate, which must be in it and be one for time stamps.
func parseStamp(der []byte) (ts *timestamp.Timestamp, signer *x509.Certificate, err error) {
	// The parser below is not ours and the bytes are anybody's.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("is no time stamp: %v", r)
		}
	}()
	ts, err = timestamp.ParseResponse(der)
	if err != nil {
		return nil, nil, fmt.Errorf("is no time stamp that holds: %w", err)
	}
	p7, err := pkcs7.Parse(ts.RawToken)
	if err != nil {
		return nil, nil, fmt.Errorf("is no time stamp: %w", err)
	}
	if signer = p7.GetOnlySigner(); signer == nil {
		return nil, nil, errors.New("does not hold the certificate of exactly one signer")
	}
	for _, use := range signer.ExtKeyUsage {
		if use == x509.ExtKeyUsageTimeStamping {
			return ts, signer, nil
		}
	}
	return nil, nil, fmt.Errorf("is signed by %.100s, whose certificate is not for time stamps", signer.Subject)
}

// vouched checks the chain, as it was at the time of the stamp.
func vouched(signer *x509.Certificate, ts *timestamp.Timestamp, roots *x509.CertPool) error {
	between := x509.NewCertPool()
	for _, cert := range ts.Certificates {
		between.AddCert(cert)
	}
	_, err := signer.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: ts.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	})
	return err
}
