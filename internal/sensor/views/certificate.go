package views

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"strings"
	"sync"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
)

// Bounds on what is said of a certificate.
const (
	longestName = 300
	mostNames   = 20
	// mostShown bounds the memory for certificates that were read before.
	mostShown = 1000
)

// shown are the certificates that servers have shown so far: most connections
// of an app bring one that is known.
type shown struct {
	mu   sync.Mutex
	read map[[sha256.Size]byte]telltale.Certificate
}

// of is the server's own certificate; nil if none is known.
func (s *shown) of(t *tape.TLS) *telltale.Certificate {
	if t == nil || len(t.Certificates) == 0 {
		return nil
	}
	sum := sha256.Sum256(t.Certificates[0])
	s.mu.Lock()
	defer s.mu.Unlock()
	c, known := s.read[sum]
	if !known {
		c = readCertificate(t.Certificates[0], sum)
		if s.read == nil || len(s.read) >= mostShown {
			s.read = map[[sha256.Size]byte]telltale.Certificate{}
		}
		s.read[sum] = c
	}
	c.Doubt = within(t.Unverified)
	return &c
}

// readCertificate takes down what people ask of a certificate. One that cannot
// be read has a digest all the same.
func readCertificate(der []byte, sum [sha256.Size]byte) telltale.Certificate {
	c := telltale.Certificate{SHA256: hex.EncodeToString(sum[:])}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return c
	}
	c.Subject, c.Issuer = within(leaf.Subject.String()), within(leaf.Issuer.String())
	c.From, c.To = leaf.NotBefore.UTC(), leaf.NotAfter.UTC()
	names := leaf.DNSNames
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	for _, name := range names[:min(len(names), mostNames)] {
		c.Names = append(c.Names, within(name))
	}
	return c
}

// within cuts what a server may have made too long.
func within(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= longestName {
		return s
	}
	return strings.ToValidUTF8(s[:longestName], "") + "…"
}
