package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/expose"
)

// fetchTimeout bounds one request of the active checks.
const fetchTimeout = 10 * time.Second

// maxFetch bounds what one request may bring.
const maxFetch = 4 << 20

// Fetcher sends GET requests and records each as a flow of the sensor
// "expose", with the bytes as they were on the wire.
type Fetcher struct {
	Case *casefile.Case
	// Resolve gives the address ("host:port") of a name.
	Resolve func(ctx context.Context, host string, port int) (string, error)
	Clock   telltale.Clock
}

var _ expose.Getter = (*Fetcher)(nil)

// Get sends one request on a connection of its own and follows nothing. A
// server that refuses or fails is an error and a flow.
func (f *Fetcher) Get(ctx context.Context, address string) (expose.Reply, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.Host == "" {
		return expose.Reply{}, fmt.Errorf("%.200q is not an http address", address)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	tape := &tape{}
	start := f.Clock()
	reply, err := f.exchange(ctx, u, tape)
	flow, ferr := f.flow(u, tape, start, err)
	if ferr != nil {
		return reply, ferr
	}
	id, rerr := f.Case.RecordFlow(flow)
	reply.Flow = id
	return reply, errors.Join(err, rerr)
}

func (f *Fetcher) exchange(ctx context.Context, u *url.URL, tape *tape) (expose.Reply, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return expose.Reply{}, fmt.Errorf("asking %s: %w", u.Host, err)
	}
	req.Header.Set("User-Agent", "telltale/"+telltale.Version)
	transport := &http.Transport{
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			addr, err := f.Resolve(ctx, u.Hostname(), portOf(u))
			if err != nil {
				return nil, err
			}
			conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &tapedConn{Conn: conn, tape: tape}, nil
		},
	}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return expose.Reply{}, fmt.Errorf("asking %s: %w", u.Host, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxFetch))
	if err != nil {
		return expose.Reply{}, fmt.Errorf("reading the answer of %s: %w", u.Host, err)
	}
	return expose.Reply{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

func portOf(u *url.URL) int {
	if port, err := strconv.Atoi(u.Port()); err == nil {
		return port
	}
	return 80
}

func (f *Fetcher) flow(u *url.URL, tape *tape, start time.Time, failed error) (telltale.Flow, error) {
	out, in := tape.bytes()
	flow := telltale.Flow{
		Sensor: sensorExpose, Protocol: "http", Host: u.Hostname(), Port: portOf(u),
		Visibility: telltale.Clear, Start: start, End: f.Clock(),
		BytesOut: int64(len(out)), BytesIn: int64(len(in)),
	}
	if failed != nil {
		flow.Error = failed.Error()
	}
	for _, side := range []struct {
		b   []byte
		out bool
		at  time.Time
	}{{out, true, start}, {in, false, flow.End}} {
		if len(side.b) == 0 {
			continue
		}
		digest, err := f.Case.Keep(side.b)
		if err != nil {
			return flow, err
		}
		flow.Messages = append(flow.Messages, telltale.Message{
			Leg: telltale.LegServer, Out: side.out, At: side.at, Size: int64(len(side.b)), Bytes: digest,
		})
	}
	return flow, nil
}

// tape keeps what passes over a connection.
type tape struct {
	mu      sync.Mutex
	out, in bytes.Buffer
}

func (t *tape) bytes() (out, in []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.out.Bytes()), bytes.Clone(t.in.Bytes())
}

func (t *tape) put(to *bytes.Buffer, b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	to.Write(b[:min(len(b), maxFetch+(64<<10)-to.Len())])
}

type tapedConn struct {
	net.Conn
	tape *tape
}

func (c *tapedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.tape.put(&c.tape.in, b[:n])
	return n, err
}

func (c *tapedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.tape.put(&c.tape.out, b[:n])
	return n, err
}
