package zoo

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/smtp"
	"os"
	"strings"
	"time"

	"github.com/quic-go/quic-go"
)

// attempts is how often a program tries again that was refused.
const attempts = 4

// secured connects, with TLS, sends the token and wants it back.
func secured(token, addr string, config *tls.Config) error {
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", addr, config)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	return echo(c, c, token)
}

// insist tries again, as apps do.
func insist(try func() error) error {
	var errs []error
	for range attempts {
		err := try()
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// pin trusts one certificate alone, by its SHA-256 in hex.
func pin(sum string) *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
		if got := sha256.Sum256(raw[0]); hex.EncodeToString(got[:]) != sum {
			return errors.New("this is not the certificate that is pinned")
		}
		return nil
	}}
}

// pinned trusts one certificate alone.
func pinned(token, where string) error {
	addr, sum, _ := strings.Cut(where, "#")
	return insist(func() error { return secured(token, addr, pin(sum)) })
}

// pinnedWithKeys is pinned, and writes its keys where it is asked to.
func pinnedWithKeys(token, where string) error {
	file, err := os.OpenFile(os.Getenv("SSLKEYLOGFILE"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	addr, sum, _ := strings.Cut(where, "#")
	config := pin(sum)
	config.KeyLogWriter = file
	return insist(func() error { return secured(token, addr, config) })
}

// ownRoots brings its own authority and looks at no other.
func ownRoots(token, where string) error {
	addr, pool, err := rootsIn(where)
	if err != nil {
		return err
	}
	return insist(func() error { return secured(token, addr, &tls.Config{RootCAs: pool}) })
}

// rootsIn reads ADDR#CERTIFICATE.
func rootsIn(where string) (addr string, pool *x509.CertPool, err error) {
	addr, root, err := certificateIn(where)
	if err != nil {
		return "", nil, err
	}
	pool = x509.NewCertPool()
	pool.AddCert(root)
	return addr, pool, nil
}

func certificateIn(where string) (addr string, cert *x509.Certificate, err error) {
	addr, text, _ := strings.Cut(where, "#")
	der, err := base64.URLEncoding.DecodeString(text)
	if err != nil {
		return "", nil, err
	}
	cert, err = x509.ParseCertificate(der)
	return addr, cert, err
}

// clientCertificate shows one of its own to a server that demands it, and
// whose authority it knows besides those of the system.
func clientCertificate(token, where string) error {
	addr, pool, err := rootsIn(where)
	if err != nil {
		return err
	}
	cert, err := selfSigned("a client")
	if err != nil {
		return err
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, RootCAs: pool}
	return insist(func() error { return secured(token, addr, config) })
}

// oddALPN asks for a protocol that only the two ends know.
func oddALPN(token, addr string) error {
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", addr, &tls.Config{NextProtos: []string{"zoo/1"}})
	if err != nil {
		return err
	}
	defer c.Close()
	if got := c.ConnectionState().NegotiatedProtocol; got != "zoo/1" {
		return fmt.Errorf("the protocol agreed on is %q", got)
	}
	return echo(c, c, token)
}

func resume(token, addr string) error   { return resumed(token, addr, tls.VersionTLS13) }
func resume12(token, addr string) error { return resumed(token, addr, tls.VersionTLS12) }

// resumed connects twice, the second time with the session of the first. A
// session of TLS 1.2 need not be resumed.
func resumed(token, addr string, version uint16) error {
	config := &tls.Config{MaxVersion: version, ClientSessionCache: tls.NewLRUClientSessionCache(4)}
	for i, text := range []string{"first " + token, "second " + token} {
		c, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", addr, config)
		if err != nil {
			return err
		}
		err = echo(c, c, text)
		if err == nil && i == 1 && version == tls.VersionTLS13 && !c.ConnectionState().DidResume {
			err = errors.New("the session was not resumed")
		}
		c.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// mail sends a message by SMTP with STARTTLS.
func mail(token, addr string) error {
	c, err := smtp.Dial(addr)
	if err != nil {
		return err
	}
	defer c.Close()
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return c.StartTLS(&tls.Config{ServerName: host}) },
		func() error { return c.Mail("zoo@mail.test") },
		func() error { return c.Rcpt("keeper@mail.test") },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, "Subject: zoo\r\n\r\n"+token+"\r\n"); err != nil {
		return err
	}
	return errors.Join(w.Close(), c.Quit())
}

// quicFirst tries QUIC for a moment and then takes TCP, as browsers do.
func quicFirst(token, addr string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c, err := quic.DialAddr(ctx, addr, &tls.Config{NextProtos: []string{"h3"}}, nil)
	if err == nil {
		return errors.Join(errors.New("QUIC was let through"), c.CloseWithError(0, ""))
	}
	return get(token, "https://"+addr+"/")
}

// selfSigned makes a certificate that nobody knows.
func selfSigned(names ...string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: names[0]}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	cert := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	cert.Leaf, err = x509.ParseCertificate(bytes.Clone(der))
	return cert, err
}
