package authority

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"slices"
	"strings"
	"time"
)

// maxLeaves bounds the certificates that are kept ready.
const maxLeaves = 2000

// maxNames bounds the names in one certificate: what a server's certificate
// lists is copied, and servers are not trusted.
const maxNames = 200

// For returns the certificate for the names and addresses given, the most
// telling one first. The same list gives the same certificate, as long as it
// is kept. Names that no certificate can hold are left out.
func (a *Authority) For(hosts ...string) (*tls.Certificate, error) {
	return a.keptFor("", hosts, func() (crypto.Signer, error) { return a.leaf, nil })
}

// RSA is For with an RSA key, for apps that take no signatures by ECDSA. The
// authority's own signature on it is one nevertheless.
func (a *Authority) RSA(hosts ...string) (*tls.Certificate, error) {
	return a.keptFor("rsa\x00", hosts, func() (crypto.Signer, error) { return a.rsa() })
}

// keptFor returns a certificate that is kept ready, or issues it with a key.
func (a *Authority) keptFor(kind string, hosts []string, key func() (crypto.Signer, error)) (*tls.Certificate, error) {
	hosts = slices.DeleteFunc(slices.Clone(hosts[:min(len(hosts), maxNames)]), unfit)
	place := kind + strings.Join(hosts, "\x00")
	signer, err := key() // nobody else waits while the first one is made
	if err != nil {
		return nil, fmt.Errorf("certificate for %q: %w", hosts, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.cfg.Clock()
	if leaf := a.leaves[place]; leaf != nil && now.Before(leaf.Leaf.NotAfter) {
		return leaf, nil
	}
	leaf, err := a.issue(hosts, signer)
	if err != nil {
		return nil, fmt.Errorf("certificate for %q: %w", hosts, err)
	}
	if len(a.leaves) >= maxLeaves {
		clear(a.leaves)
	}
	a.leaves[place] = leaf
	return leaf, nil
}

// unfit says that a name is not one of visible ASCII letters, or too long.
func unfit(host string) bool {
	return host == "" || len(host) > 255 || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

func (a *Authority) issue(hosts []string, key crypto.Signer) (*tls.Certificate, error) {
	name := "unnamed"
	if len(hosts) > 0 {
		name = hosts[0][:min(len(hosts[0]), 60)]
	}
	template, err := a.template(name)
	if err != nil {
		return nil, err
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else if !slices.Contains(template.DNSNames, host) {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	if _, old := key.(*rsa.PrivateKey); old {
		template.KeyUsage |= x509.KeyUsageKeyEncipherment // as key exchange without Diffie-Hellman needs
	}
	der, err := x509.CreateCertificate(a.cfg.Random, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key, Leaf: parsed}, nil
}

func (a *Authority) template(name string) (*x509.Certificate, error) {
	serial, err := rand.Int(a.cfg.Random, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	begin := a.cfg.Clock().Add(-24 * time.Hour)
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name, Organization: []string{"telltale"}},
		NotBefore:    begin,
		NotAfter:     begin.AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, nil
}
