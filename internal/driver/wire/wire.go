// Package wire connects the ends that speak a protocol over TCP to their
// services: where to dial, with or without TLS, whom to believe, and whether
// a password may be said there. Protocols embed [Settings] in their options.
package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.org/telltale/internal/driver/ends"
)

// Dial opens a connection, as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, addr string) (net.Conn, error)

// The values of Settings.TLS.
const (
	// Auto takes what the port asks for.
	Auto = ""
	// Off speaks in the clear.
	Off = "off"
	// StartTLS begins in the clear and changes to TLS before anything is said.
	StartTLS = "starttls"
	// Direct begins with TLS.
	Direct = "direct"
)

// Settings say how a service is reached. All but Server may be left out.
type Settings struct {
	// Server is host:port, or a host, as in "irc.example.org".
	Server string `json:"server,omitempty"`
	// TLS is "off", "starttls" or "direct"; empty: what the port asks for.
	TLS string `json:"tls,omitempty"`
	// CA is a PEM file of authorities that the server's certificate may be
	// signed by, besides those of the system.
	CA string `json:"ca,omitempty"`
	// ServerName is the name that the certificate has to bear, if not the
	// server's own.
	ServerName string `json:"server_name,omitempty"`
	// Unverified takes any certificate. On the loopback interface, where
	// nobody is in between, any is taken unless CA is set.
	Unverified bool `json:"unverified,omitempty"`
	// Certificate and Key are PEM files of the account's own certificate.
	Certificate string `json:"certificate,omitempty"`
	Key         string `json:"key,omitempty"`
	// Plain allows to log in without TLS beyond the loopback interface.
	Plain bool `json:"plain,omitempty"`
}

// Ports are a protocol's own.
type Ports struct {
	// Default is the port if none is given.
	Default string
	// Direct are the ports where TLS comes first.
	Direct []string
	// Else is the TLS of all other ports.
	Else string
}

// Plan is a way to reach a service.
type Plan struct {
	// Addr to dial, with its port.
	Addr string
	// TLS is Off, StartTLS or Direct.
	TLS string
	// Loopback says that the service is on this machine.
	Loopback bool
	// Plain says that passwords may be sent without TLS.
	Plain  bool
	config *tls.Config
}

// Check finds settings that cannot be, without looking at any file. Its errors
// are [ends.OptionError]s.
func (s Settings) Check() error {
	switch s.TLS {
	case Auto, Off, StartTLS, Direct:
	default:
		return &ends.OptionError{Path: "tls", What: fmt.Sprintf("%q is not known", s.TLS), Fix: "write off, starttls or direct"}
	}
	if s.Server != "" {
		_, _, err := s.split("0")
		return err
	}
	return nil
}

// Plan reads the settings. name is what the certificate has to bear if
// ServerName does not say; empty means the host's name.
func (s Settings) Plan(name string, ports Ports) (Plan, error) {
	if err := s.Check(); err != nil {
		return Plan{}, err
	}
	host, port, err := s.split(ports.Default)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Addr: net.JoinHostPort(host, port), TLS: s.TLS, Loopback: loopback(host)}
	p.Plain = s.Plain || p.Loopback
	if p.TLS == Auto {
		p.TLS = ports.Else
		if slices.Contains(ports.Direct, port) {
			p.TLS = Direct
		}
	}
	if p.config, err = s.config(p.Loopback); err != nil {
		return Plan{}, err
	}
	for _, n := range []string{s.ServerName, name, host} {
		if p.config.ServerName == "" {
			p.config.ServerName = n
		}
	}
	return p, nil
}

func (s Settings) split(port string) (string, string, error) {
	if s.Server == "" {
		return "", "", &ends.OptionError{Path: "server", What: "no server is named", Fix: "write HOST:PORT"}
	}
	if h, p, err := net.SplitHostPort(s.Server); err == nil {
		return h, p, nil
	}
	host := strings.Trim(s.Server, "[]")
	if strings.Contains(host, ":") && net.ParseIP(host) == nil {
		return "", "", &ends.OptionError{Path: "server", What: fmt.Sprintf("%q is no host and port", s.Server), Fix: "write HOST:PORT"}
	}
	return host, port, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

func (s Settings) config(loopback bool) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: s.Unverified || (loopback && s.CA == "")}
	if s.CA != "" {
		pem, err := os.ReadFile(s.CA)
		if err != nil {
			return nil, fmt.Errorf("ca: %w", err)
		}
		if c.RootCAs, err = x509.SystemCertPool(); err != nil {
			c.RootCAs = x509.NewCertPool()
		}
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca: %s holds no certificate in PEM", s.CA)
		}
	}
	if s.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(s.Certificate, s.Key)
		if err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// Connect dials, and begins TLS if it comes first.
func (p Plan) Connect(ctx context.Context, dial Dial) (net.Conn, error) {
	conn, err := dial(ctx, "tcp", p.Addr)
	if err != nil {
		return nil, fmt.Errorf("cannot reach %s: %w", p.Addr, err)
	}
	if p.TLS != Direct {
		return conn, nil
	}
	return p.Secure(ctx, conn)
}

// Secure begins TLS on a connection. It closes the connection on an error.
func (p Plan) Secure(ctx context.Context, conn net.Conn) (*tls.Conn, error) {
	secure := tls.Client(conn, p.config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // the handshake's error is the one to tell
		return nil, fmt.Errorf("TLS with %s: %w%s", p.Addr, err, hint(err))
	}
	return secure, nil
}

func hint(err error) string {
	var unknown *tls.CertificateVerificationError
	if errors.As(err, &unknown) {
		return " (name its authority under ca, or set unverified: true)"
	}
	return ""
}

const (
	// accepting is how long a service may take to accept a connection.
	accepting = 10 * time.Second
	// dying is how long a service that has crashed may still seem to.
	dying = time.Second
)

// down are words of a server that goes down by itself.
var down = regexp.MustCompile(`(?i)system-shutdown|(server|service) (is )?(shut|going down|terminat|restart)|shutting down`)

// Gone reports whether a session ended because the service is not there any
// more, and not because of the account: it says so in its last words, or a new
// connection fails or ends at once. greeting is what a client says first; a
// service that is there answers it.
func (p Plan) Gone(dial Dial, words, greeting string) bool {
	if down.MatchString(words) {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), accepting)
	defer cancel()
	conn, err := dial(ctx, "tcp", p.Addr)
	if err != nil {
		return true
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(dying)) // without deadlines, there is only the answer to wait for
	if p.TLS != Direct {
		_, _ = io.WriteString(conn, greeting) // what comes of it shows in reading
	}
	n, err := conn.Read(make([]byte, 1))
	return n == 0 && err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

// Secret reports whether a password may be sent over the connection as it is.
func (p Plan) Secret(conn net.Conn) bool {
	_, secure := conn.(*tls.Conn)
	return secure || p.Plain
}
