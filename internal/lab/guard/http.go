package guard

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

// HTTPClient returns a client that reaches hosts under .test only, redirects
// included. With a proxy it asks in absolute form for http and by CONNECT for
// https. It speaks HTTP/1.1, adds no Accept-Encoding, and bounds every wait.
// Each call makes a client with connections of its own: keep it.
func (d Dialer) HTTPClient() *http.Client {
	return &http.Client{
		Transport:     d.roundTripper(),
		CheckRedirect: checkRedirect,
		Timeout:       15 * time.Second,
	}
}

func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 5 {
		return errors.New("more than 5 redirects")
	}
	return CheckName(req.URL.Hostname())
}

func (d Dialer) roundTripper() http.RoundTripper {
	roots, err := d.roots()
	if err != nil {
		return failed{err}
	}
	t := &http.Transport{
		DialContext:           d.dialAddr,
		TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		DisableCompression:    true,
		MaxIdleConnsPerHost:   4,
		MaxConnsPerHost:       16,
		IdleConnTimeout:       30 * time.Second,
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: 10 * time.Second,
		// Not nil, so that no HTTP/2 is negotiated.
		TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{},
	}
	if d.Proxy != "" {
		if err := Check(d.Proxy); err != nil {
			return failed{fmt.Errorf("proxy: %w", err)}
		}
		t.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: d.Proxy})
	}
	return testOnly{t}
}

// dialAddr serves net/http, which asks for the proxy's address or for a
// server's name.
func (d Dialer) dialAddr(ctx context.Context, network, addr string) (net.Conn, error) {
	if d.Proxy != "" {
		return Dial(ctx, network, d.Proxy)
	}
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("port of %q: %w", addr, err)
	}
	return d.DialName(ctx, host, port)
}

func (d Dialer) roots() (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if d.CAFile == "" {
		return pool, nil
	}
	pem, err := os.ReadFile(d.CAFile)
	if err != nil {
		return nil, fmt.Errorf("CA file: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("CA file %s holds no certificate in PEM form", d.CAFile)
	}
	return pool, nil
}

// testOnly refuses requests to hosts outside .test before anything is sent.
type testOnly struct{ next *http.Transport }

func (t testOnly) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := CheckName(req.URL.Hostname()); err != nil {
		return nil, errors.Join(err, closeBody(req))
	}
	return t.next.RoundTrip(req)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (t testOnly) CloseIdleConnections() { t.next.CloseIdleConnections() }

// failed answers every request with the reason why the client could not be made.
type failed struct{ err error }

func (f failed) RoundTrip(req *http.Request) (*http.Response, error) {
	return nil, errors.Join(f.err, closeBody(req))
}

func closeBody(req *http.Request) error {
	if req.Body == nil {
		return nil
	}
	return req.Body.Close()
}
