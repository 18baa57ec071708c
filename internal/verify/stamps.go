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

	"example.org/telltale/internal/casefile/format"
	"example.org/telltale/internal/rfc3161"
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
	if want := sha256.Sum256(checkpoint); ts.Hash != crypto.SHA256 || !bytes.Equal(ts.Digest, want[:]) {
		return Stamp{}, fmt.Errorf("is over something else than %s", checkpointName(size))
	}
	s := Stamp{File: file, Size: size, At: ts.Time, By: signer.Subject.String()}
	if c.opts.Roots == nil {
		return s, nil
	}
	if err := vouched(ts, c.opts.Roots); err != nil {
		return Stamp{}, fmt.Errorf("is signed by %.100s, whom the authorities that you named do not vouch for: %w", s.By, err)
	}
	s.Trusted = true
	return s, nil
}

// parseStamp reads a response and checks the signature against the signer's
// own certificate, which must be in it and be one for time stamps.
func parseStamp(der []byte) (*rfc3161.Token, *x509.Certificate, error) {
	ts, err := rfc3161.Parse(der)
	if err != nil {
		return nil, nil, err
	}
	return ts, ts.Signer, nil
}

// vouched checks the chain, as it was at the time of the stamp.
func vouched(ts *rfc3161.Token, roots *x509.CertPool) error {
	between := x509.NewCertPool()
	for _, cert := range ts.Certificates {
		between.AddCert(cert)
	}
	_, err := ts.Signer.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: ts.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
	})
	return err
}
