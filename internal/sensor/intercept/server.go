package intercept

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/sensor/tape"
)

// dialogue is the TLS with the server.
type dialogue struct {
	conn     *tls.Conn
	top      *wire
	protocol string
	chain    []*x509.Certificate
	// unverified is why the server would not be trusted.
	unverified string
	// asked: the server wanted a certificate; empty: there was none to show.
	asked, empty bool
}

var errWantsCertificate = errors.New("the server wants a certificate of the app, and there is none to show")

// openServer speaks TLS with the server, with the name and the protocols of
// the app's hello.
func (c *connection) openServer(hello flow.Hello) (*dialogue, error) {
	d := &dialogue{}
	d.conn = tls.Client(c.server.top, &tls.Config{
		ServerName: hello.ServerName, NextProtos: hello.ALPN, MinVersion: tls.VersionTLS10,
		CipherSuites: suites(), CurvePreferences: curves(), Time: c.i.cfg.Clock,
		InsecureSkipVerify: true, // judged below: the app is to decide
		ClientSessionCache: c.i.tickets, KeyLogWriter: c.i.cfg.KeyLog,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return d.certificate(c.i.cfg.ClientCertificate, c.name(hello)), nil
		},
		Renegotiation: tls.RenegotiateFreelyAsClient, DynamicRecordSizingDisabled: true,
	})
	_ = c.server.top.SetDeadline(time.Now().Add(c.i.cfg.Limits.Handshake))
	if err := d.conn.HandshakeContext(c.ctx); err != nil {
		return d, err
	}
	_ = c.server.top.SetDeadline(time.Time{})
	d.top = &wire{Conn: d.conn}
	state := d.conn.ConnectionState()
	d.protocol, d.chain = state.NegotiatedProtocol, state.PeerCertificates
	d.unverified = c.i.judge(d.chain, hello.ServerName)
	c.edit(func(info *tape.Conn) {
		info.TLS.Unverified = d.unverified
		for _, cert := range d.chain {
			info.TLS.Certificates = append(info.TLS.Certificates, cert.Raw)
		}
	})
	if d.empty && state.Version >= tls.VersionTLS13 {
		return d, c.insists(d)
	}
	return d, nil
}

// name is the server as the user would call it.
func (c *connection) name(hello flow.Hello) string {
	if hello.ServerName != "" {
		return hello.ServerName
	}
	if c.info.Host != "" {
		return c.info.Host
	}
	return c.info.Dst.Addr().Unmap().String()
}

// certificate answers the server's wish for one.
func (d *dialogue) certificate(find func(string) *tls.Certificate, host string) *tls.Certificate {
	d.asked = true
	if find != nil {
		if cert := find(host); cert != nil {
			return cert
		}
	}
	d.empty = true
	return &tls.Certificate{}
}

// insists finds out whether a server that got no certificate goes on. In TLS
// 1.3 it says so only after the handshake; one that goes on sends tickets.
func (c *connection) insists(d *dialogue) error {
	const ticket = 64 // more than an alert
	const look = 50 * time.Millisecond
	before := c.server.bottom.taken.Load()
	buf := make([]byte, smallBuffer)
	defer c.server.bottom.SetReadDeadline(time.Time{}) //nolint:errcheck // a closed connection shows when it is read
	for end := time.Now().Add(c.i.cfg.Limits.Asked); time.Now().Before(end); {
		_ = c.server.bottom.SetReadDeadline(time.Now().Add(look))
		n, err := d.conn.Read(buf)
		if n > 0 {
			d.top.unread(buf[:n])
			return nil
		}
		if !isTimeout(err) {
			return fmt.Errorf("%w: %w", errWantsCertificate, err)
		}
		if c.server.bottom.taken.Load()-before >= ticket {
			return nil
		}
	}
	return nil
}

// names are the names and addresses that the server's certificate is for.
func (d *dialogue) names() []string {
	if len(d.chain) == 0 {
		return nil
	}
	leaf := d.chain[0]
	all := append([]string(nil), leaf.DNSNames...)
	for _, ip := range leaf.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 && leaf.Subject.CommonName != "" {
		all = append(all, leaf.Subject.CommonName)
	}
	return all
}

// serverRefused deals with a server with which TLS did not come about: what
// the app would have met without us, it shall meet. It reports whether octets
// are to be passed on.
func (c *connection) serverRefused(d *dialogue, err error) bool {
	reason := "TLS with the server failed: " + describe(err)
	alert, alerted := alertOf(err)
	if d.empty && (alerted || errors.Is(err, errWantsCertificate)) {
		reason = errWantsCertificate.Error()
		c.i.closed.close(c.place, reason, 1) // other reasons may pass
	}
	if !isTimeout(err) && c.redial() {
		c.opaque("passed unopened: " + reason)
		return true
	}
	c.note(reason)
	if c.ctx.Err() == nil {
		c.alert(alert)
	}
	return false
}

// alert tells the app, in the server's place, that there will be no TLS.
func (c *connection) alert(alert uint8) {
	if alert == 0 {
		alert = alertHandshakeFailure
	}
	_ = c.app.top.SetWriteDeadline(time.Now().Add(c.i.cfg.Limits.Linger))
	_, _ = c.app.top.Write([]byte{21, 3, 3, 0, 2, 2, alert}) // it may be gone
	_ = c.app.bottom.CloseWrite()
}

// sessions keeps what is needed to resume with servers. If all secrets are to
// be logged, sessions of TLS 1.2 are not kept: resumed, they log none.
func sessions(logged bool) tls.ClientSessionCache {
	cache := tls.NewLRUClientSessionCache(1024)
	if logged {
		return newest{cache}
	}
	return cache
}

type newest struct{ tls.ClientSessionCache }

func (n newest) Put(key string, s *tls.ClientSessionState) {
	if s != nil {
		if _, state, err := s.ResumptionState(); err == nil && state != nil {
			if b, err := state.Bytes(); err == nil && !bytes.HasPrefix(b, []byte{3, 4}) {
				return
			}
		}
	}
	n.ClientSessionCache.Put(key, s)
}
