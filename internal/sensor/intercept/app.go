package intercept

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"example.org/telltale/internal/flow"
	"example.org/telltale/internal/sensor/authority"
	"example.org/telltale/internal/sensor/intercept/oneround"
	"example.org/telltale/internal/sensor/tape"
)

// handshake is one with the app.
type handshake struct {
	config  *tls.Config
	conn    net.Conn
	version uint16
}

// perConnection gives each of the app's connections its own configuration,
// while all share the keys of their tickets.
func perConnection(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	w, ok := hello.Conn.(*wire)
	if !ok || w.app == nil {
		return nil, errors.New("intercept: a handshake that nobody began")
	}
	return w.app.config, nil
}

// openApp plays the server to the app: with its protocol, and a certificate
// that the app trusts as much as it would trust the server's.
func (c *connection) openApp(hello flow.Hello, server *dialogue) (*handshake, error) {
	from, hosts := c.issuer(hello, server)
	leaf, err := from.For(hosts...)
	if err != nil {
		return nil, err
	}
	w := c.app.top
	_ = w.SetDeadline(time.Now().Add(c.i.cfg.Limits.Handshake))
	if hello.EarlyData && hello.Version >= tls.VersionTLS13 {
		conn, err := oneround.Serve(w, oneround.Config{Certificate: leaf, Protocol: server.protocol, KeyLog: c.i.keyLog})
		if err != nil {
			return nil, err
		}
		return &handshake{conn: conn, version: tls.VersionTLS13}, w.SetDeadline(time.Time{})
	}
	h := &handshake{config: &tls.Config{
		GetCertificate: takes(leaf, func() (*tls.Certificate, error) { return from.RSA(hosts...) }),
		MinVersion:     tls.VersionTLS10, CipherSuites: suites(),
		CurvePreferences: curves(), KeyLogWriter: c.i.keyLog, Time: c.i.cfg.Clock,
		// A session of TLS 1.2 that is resumed leaves no secret in the key
		// log, and could not be read in the capture.
		SessionTicketsDisabled:      hello.Version < tls.VersionTLS13,
		DynamicRecordSizingDisabled: true,
	}}
	if server.protocol != "" {
		h.config.NextProtos = []string{server.protocol}
	}
	w.app = h
	conn := tls.Server(w, c.i.base)
	if err := conn.HandshakeContext(c.ctx); err != nil {
		return nil, err
	}
	h.conn, h.version = conn, conn.ConnectionState().Version
	return h, w.SetDeadline(time.Time{})
}

// takes shows an app the certificate that it can check: with an RSA key if it
// offers nothing by which it could be shown that we own one for ECDSA.
func takes(leaf *tls.Certificate, rsa func() (*tls.Certificate, error)) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if hello.SupportsCertificate(leaf) == nil {
			return leaf, nil
		}
		other, err := rsa()
		if err != nil || hello.SupportsCertificate(other) != nil {
			return leaf, err // what the app does not like is something else
		}
		return other, nil
	}
}

// issuer is who issues the certificate that the app is shown, and for what:
// the name in the hello, or what the server's certificate is for.
func (c *connection) issuer(hello flow.Hello, server *dialogue) (from *authority.Authority, hosts []string) {
	from = c.i.cfg.Authority
	if server.unverified != "" && !c.up.Mapped {
		from = c.i.suspect
	}
	if hello.ServerName != "" {
		return from, []string{hello.ServerName}
	}
	hosts = server.names()
	if c.up.Mapped || len(hosts) == 0 {
		hosts = append(hosts, c.info.Dst.Addr().Unmap().String())
	}
	if c.up.Mapped && c.info.Host != "" {
		hosts = append(hosts, c.info.Host)
	}
	return from, hosts
}

// appRefused ends a connection whose app did not go along.
func (c *connection) appRefused(err error) {
	if c.ctx.Err() != nil {
		return
	}
	alert, alerted := alertOf(err)
	switch {
	case alerted && alert == alertECHRequired:
		c.note("the app wants its hello encrypted (ECH), which the sensor cannot do; it may try again without")
	case alerted:
		c.refused("the app has refused the sensor's certificate for this host", err, 1)
	case isTimeout(err):
		c.note("the app did not end its TLS handshake: " + describe(err))
	case isClosed(err):
		c.refused("the app has broken off the handshakes with the sensor for this host", err, inHandshake)
	default:
		c.i.closed.close(c.place, "the sensor cannot speak this app's TLS", 1)
		c.note(fmt.Sprintf("TLS with the app failed: %v", err))
	}
	c.server.bottom.abort()
}

// refused remembers, after so many times, that the app does not want our
// certificate.
func (c *connection) refused(reason string, err error, times int) {
	c.edit(func(info *tape.Conn) { info.TLS.Refused = true })
	c.note(fmt.Sprintf("the app refused the sensor's certificate: %s", describe(err)))
	if c.i.closed.close(c.place, reason, times) && !c.i.cfg.Strict {
		c.i.cfg.Log.Warn("connections pass unopened from now on", "place", c.place, "reason", reason)
	}
}

func version(v uint16) string {
	if v < tls.VersionTLS10 {
		return ""
	}
	return fmt.Sprintf("1.%d", v-tls.VersionTLS10)
}

// suites are all cipher suites there are, weak ones too: apps are watched
// here, not saved.
func suites() []uint16 {
	var all []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		all = append(all, s.ID)
	}
	return all
}

// curves leaves out the hybrids with ML-KEM: they cost both ends more than
// the rest of the handshake, and every peer has one of these.
func curves() []tls.CurveID {
	return []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}
}
