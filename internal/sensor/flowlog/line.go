package flowlog

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/sensor/tape"
)

// Flow is one line of the file. docs/flows-json.md is its description for
// those who read it.
type Flow struct {
	ID        string    `json:"id"`
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	Proto     string    `json:"proto"`
	Transport string    `json:"transport"`
	// Src is the app's end, as in "10.0.2.15:40000".
	Src     string  `json:"src"`
	DstIP   string  `json:"dst_ip"`
	DstHost *string `json:"dst_host"`
	DstPort *int    `json:"dst_port"`
	// Process is the name of the socket's owner.
	Process    *string             `json:"process"`
	Visibility telltale.Visibility `json:"visibility"`
	BytesOut   int64               `json:"bytes_out"`
	BytesIn    int64               `json:"bytes_in"`
	RawOut     string              `json:"raw_out"`
	RawIn      string              `json:"raw_in"`

	// What follows is left out where there is nothing to say.

	Server     string   `json:"server,omitempty"`
	PID        int      `json:"pid,omitempty"`
	Command    []string `json:"command,omitempty"`
	Ancestors  []string `json:"ancestors,omitempty"`
	TLS        *TLS     `json:"tls,omitempty"`
	Turns      []Turn   `json:"turns,omitempty"`
	Stream     *Stream  `json:"stream,omitempty"`
	Background bool     `json:"background,omitempty"`
	Error      string   `json:"error,omitempty"`
}

// TLS is what was said in the handshakes.
type TLS struct {
	Version    string `json:"version,omitempty"`
	ALPN       string `json:"alpn,omitempty"`
	ServerName string `json:"server_name,omitempty"`
	// Certificates of the server by their SHA-256, leaf first.
	Certificates []string `json:"certificates,omitempty"`
	// Subject and Issuer of the leaf, as in RFC 2253.
	Subject    string `json:"subject,omitempty"`
	Issuer     string `json:"issuer,omitempty"`
	Unverified string `json:"unverified,omitempty"`
	Refused    bool   `json:"refused,omitempty"`
}

// Turn is where in the two streams another protocol begins.
type Turn struct {
	Proto string `json:"proto"`
	Out   int64  `json:"out"`
	In    int64  `json:"in"`
}

// Stream says that the flow is one stream of a QUIC connection.
type Stream struct {
	// Of is the id of the connection's line.
	Of string `json:"of"`
	// Number is QUIC's.
	Number uint64 `json:"number"`
}

// describe says of a connection what a line says of it.
func describe(c tape.Conn) Flow {
	f := Flow{
		ID: c.ID, Start: c.Start.UTC(), End: c.End.UTC(), Proto: c.Proto, Transport: c.Transport,
		DstHost: some(c.Host), DstPort: some(int(c.Dst.Port())), Process: some(c.Process.Name),
		Visibility: c.Visibility, Server: c.Server, Background: c.Background, Error: c.Error,
		PID: c.Process.PID, Command: c.Process.Command, Ancestors: c.Process.Ancestors,
	}
	if c.Src.IsValid() {
		f.Src = c.Src.String()
	}
	if c.Dst.Addr().IsValid() {
		f.DstIP = c.Dst.Addr().Unmap().String()
	}
	if c.Transport == "icmp" && c.Src.IsValid() {
		f.Src, f.DstPort = c.Src.Addr().String(), nil
	}
	if c.Stream != nil {
		f.Stream = &Stream{Of: c.Stream.Of, Number: c.Stream.Number}
	}
	if c.TLS != nil {
		f.TLS = handshakes(c.TLS)
	}
	return f
}

// some is nil for nothing.
func some[T comparable](v T) *T {
	var nothing T
	if v == nothing {
		return nil
	}
	return &v
}

func handshakes(t *tape.TLS) *TLS {
	out := &TLS{Version: t.Version, ALPN: t.ALPN, ServerName: t.ServerName, Unverified: t.Unverified, Refused: t.Refused}
	for i, der := range t.Certificates {
		sum := sha256.Sum256(der)
		out.Certificates = append(out.Certificates, hex.EncodeToString(sum[:]))
		if leaf, err := x509.ParseCertificate(der); err == nil && i == 0 {
			out.Subject, out.Issuer = leaf.Subject.String(), leaf.Issuer.String()
		}
	}
	return out
}
