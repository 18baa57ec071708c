package intercept

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/quic-go/quic-go"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
)

// What one connection may hold for ends that do not read, and how many
// streams each end may have open at once.
const (
	quicStream  = 1 << 20
	quicWindow  = 2 << 20
	quicStreams = 256
	// quicIdle is when a connection ends on which nothing passes; most ends
	// want less.
	quicIdle = 5 * time.Minute
	// quicAlive is how often servers hear of us.
	quicAlive = 10 * time.Second
)

// quicConfig is that of both legs. Early data is turned down: the app sends
// it again inside the connection.
func (i *Interceptor) quicConfig() *quic.Config {
	return &quic.Config{
		HandshakeIdleTimeout: i.cfg.Limits.Handshake, MaxIdleTimeout: quicIdle,
		MaxStreamReceiveWindow: quicStream, MaxConnectionReceiveWindow: quicWindow,
		MaxIncomingStreams: quicStreams, MaxIncomingUniStreams: quicStreams,
		EnableDatagrams: true,
	}
}

// quicConfigOfServer keeps the leg to the server alive for as long as the
// app's is: what an app does to keep its own comes no further than here.
func (i *Interceptor) quicConfigOfServer() *quic.Config {
	c := i.quicConfig()
	c.KeepAlivePeriod = quicAlive
	return c
}

// quicServer is the QUIC with the server.
type quicServer struct {
	*quic.Conn
	socket    net.Conn
	transport *quic.Transport
	dialogue
}

func (s *quicServer) close() {
	if s.Conn != nil {
		_ = s.CloseWithError(0, "")
	}
	_ = s.transport.Close()
	_ = s.socket.Close()
}

// hello answers the app's hello: it begins the connection with the server
// and shows the app a certificate for it. The app waits.
func (q *quicCall) hello(hello *tls.ClientHelloInfo) (config *tls.Config, err error) {
	err = errUnopened // to a second hello there is no answer
	q.once.Do(func() {
		defer close(q.decided)
		config, err = q.decide(hello)
	})
	return config, err
}

func (q *quicCall) decide(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	q.edit(func(info *tape.Conn) {
		info.TLS = &tape.TLS{ServerName: hello.ServerName}
		if info.Host == "" {
			info.Host = hello.ServerName
		}
		name := hello.ServerName
		if name == "" {
			name = info.Host
		}
		q.place = "quic|" + name + "|" + info.Dst.String()
	})
	if reason := q.i.closed.reason(q.place); reason != "" && !q.i.cfg.Strict {
		q.pass(reason)
		return nil, errUnopened
	}
	server, err := q.dial(hello)
	if err != nil {
		return nil, q.serverRefused(server, err)
	}
	q.mu.Lock()
	q.server = server
	q.mu.Unlock()
	config, err := q.answer(hello, server)
	if err != nil {
		q.fail("QUIC with the app failed: " + err.Error())
		return nil, err
	}
	q.gate.open.Store(true)
	return config, nil
}

// errUnopened ends a handshake with the app that it does not see.
var errUnopened = errors.New("intercept: the connection is not opened")

// dial begins the connection with the server, with the app's server name and
// its whole list of protocols.
func (q *quicCall) dial(hello *tls.ClientHelloInfo) (*quicServer, error) {
	ctx, cancel := context.WithTimeout(q.ctx, q.i.cfg.Limits.Handshake)
	defer cancel()
	conn, err := q.up.Dial(ctx)
	if err != nil {
		return nil, err
	}
	s := &quicServer{socket: conn, transport: &quic.Transport{Conn: socket{conn}}}
	s.Conn, err = s.transport.Dial(ctx, conn.RemoteAddr(), &tls.Config{
		ServerName: hello.ServerName, NextProtos: hello.SupportedProtos, MinVersion: tls.VersionTLS13,
		InsecureSkipVerify: true, // judged below: the app is to decide
		ClientSessionCache: q.i.quicTickets, KeyLogWriter: q.i.cfg.KeyLog, Time: q.i.cfg.Clock,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return s.certificate(q.i.cfg.ClientCertificate, q.name(hello.ServerName)), nil
		},
	}, q.i.quicConfigOfServer())
	if err == nil && s.empty {
		err = q.insists(s)
	}
	if err != nil {
		s.close()
		return s, err
	}
	q.met(s, hello.ServerName)
	return s, nil
}

// met notes who the server is.
func (q *quicCall) met(s *quicServer, name string) {
	state := s.ConnectionState().TLS
	s.protocol, s.chain = state.NegotiatedProtocol, state.PeerCertificates
	s.unverified = q.i.judge(s.chain, name)
	q.edit(func(info *tape.Conn) {
		info.TLS.Unverified = s.unverified
		for _, cert := range s.chain {
			info.TLS.Certificates = append(info.TLS.Certificates, cert.Raw)
		}
	})
}

// name is the server as the user would call it.
func (q *quicCall) name(serverName string) string {
	info := q.known()
	switch {
	case serverName != "":
		return serverName
	case info.Host != "":
		return info.Host
	}
	return info.Dst.Addr().Unmap().String()
}

// insists finds out whether a server that got no certificate goes on. It
// says so only after the handshake.
func (q *quicCall) insists(s *quicServer) error {
	patience := time.NewTimer(q.i.cfg.Limits.Asked)
	defer patience.Stop()
	select {
	case <-s.Context().Done():
		return fmt.Errorf("%w: %w", errWantsCertificate, context.Cause(s.Context()))
	case <-patience.C:
		return nil
	case <-q.ctx.Done():
		return q.ctx.Err()
	}
}

// serverRefused deals with a server with which QUIC did not come about: what
// the app would have met without us, it shall meet.
func (q *quicCall) serverRefused(s *quicServer, err error) error {
	reason := "QUIC with the server failed: " + quicWords(err)
	switch {
	case q.ctx.Err() != nil:
		q.fail("still open when the watch ended")
	case isTimeout(err): // as silent as the server
		q.fail(reason)
	case q.i.cfg.Strict:
		q.gate.open.Store(true)
		q.fail(reason)
	default:
		var transport *quic.TransportError
		if s != nil && s.empty && (errors.Is(err, errWantsCertificate) || errors.As(err, &transport) && transport.Remote) {
			reason = errWantsCertificate.Error()
			q.i.closed.close(q.place, reason, 1) // other reasons may pass
		}
		if errors.Is(err, syscall.ECONNREFUSED) {
			reason = "QUIC refused by the server"
		}
		q.pass(reason)
	}
	return errUnopened
}

// answer is how the app is met: with the server's protocol, and a certificate
// that the app trusts as much as it would trust the server's.
func (q *quicCall) answer(hello *tls.ClientHelloInfo, s *quicServer) (*tls.Config, error) {
	leaf, err := q.leaf(hello.ServerName, s)
	if err != nil {
		return nil, err
	}
	q.edit(func(info *tape.Conn) {
		info.Proto, info.Visibility = "quic", telltale.Intercepted
		if s.protocol == "h3" || strings.HasPrefix(s.protocol, "h3-") {
			info.Proto = "h3"
		}
		info.TLS.Version, info.TLS.ALPN = "1.3", s.protocol
		if name := info.TLS.ServerName; name != "" && s.unverified == "" && !q.up.Mapped {
			info.Host = name
		}
	})
	c := &tls.Config{
		Certificates: []tls.Certificate{*leaf}, NextProtos: []string{s.protocol}, MinVersion: tls.VersionTLS13,
		KeyLogWriter: q.i.keyLog, Time: q.i.cfg.Clock, CurvePreferences: curves(),
	}
	c.SetSessionTicketKeys([][32]byte{q.i.quicKey})
	return c, nil
}

// leaf is the certificate for the name in the hello, or for what the server's
// certificate is for.
func (q *quicCall) leaf(name string, s *quicServer) (*tls.Certificate, error) {
	from := q.i.cfg.Authority
	if s.unverified != "" && !q.up.Mapped {
		from = q.i.suspect
	}
	if name != "" {
		return from.For(name)
	}
	info, hosts := q.known(), slices.Clone(s.names())
	if q.up.Mapped || len(hosts) == 0 {
		hosts = append(hosts, info.Dst.Addr().Unmap().String())
	}
	if q.up.Mapped && info.Host != "" {
		hosts = append(hosts, info.Host)
	}
	return from.For(hosts...)
}
