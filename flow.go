package telltale

import "time"

// Visibility says how much of a flow's content a sensor could read.
type Visibility string

// The visibilities.
const (
	// Clear: nothing on the wire hid the bytes.
	Clear Visibility = "clear"
	// Intercepted: the bytes were encrypted and the sensor took that off.
	Intercepted Visibility = "intercepted"
	// Opaque: only endpoints, sizes and times are known. They testify too.
	Opaque Visibility = "opaque"
)

// Flow is one exchange that a sensor saw: an HTTP request with its answer,
// or a tunnelled connection. Failed exchanges are flows as well.
type Flow struct {
	// ID is unique in the case, as in "f000042", given by the recorder.
	ID string `json:"id"`
	// Sensor that saw it.
	Sensor string `json:"sensor"`
	// Conn groups the flows of one connection of the app.
	Conn string `json:"conn,omitempty"`
	// Protocol as in "http", "https", "tcp", "tls".
	Protocol string `json:"protocol"`
	// Client and Server are "address:port" as the sensor saw them.
	Client string `json:"client,omitempty"`
	Server string `json:"server,omitempty"`
	// Host is the name the app asked for, without port; Port as it asked.
	Host string `json:"host"`
	Port int    `json:"port,omitempty"`
	// Process is the name of the program that owned the socket, if known.
	Process    string     `json:"process,omitempty"`
	Visibility Visibility `json:"visibility"`
	// Start is when the first byte left the app; End when the exchange ended.
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	// Messages in order. Empty for a flow that failed before any byte.
	Messages []Message `json:"messages,omitempty"`
	// BytesOut and BytesIn count the stream as the app sent and received it.
	BytesOut int64 `json:"bytes_out"`
	BytesIn  int64 `json:"bytes_in"`
	// Error is what went wrong, in words: refused, reset, no such name.
	Error string `json:"error,omitempty"`
	// Certificate is what the server proved its name with; nil if there was no
	// TLS, or its handshake could not be read.
	Certificate *Certificate `json:"certificate,omitempty"`
}

// Certificate is what a server showed (X.509, RFC 5280).
type Certificate struct {
	// SHA256 of its DER, in hex.
	SHA256 string `json:"sha256"`
	// Subject and Issuer are distinguished names (RFC 2253), Names what it is
	// for. All are empty if it could not be read.
	Subject string   `json:"subject,omitempty"`
	Issuer  string   `json:"issuer,omitempty"`
	Names   []string `json:"names,omitempty"`
	// From and To are when it is valid.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// Doubt is why it would not be trusted; empty if it was verified.
	Doubt string `json:"doubt,omitempty"`
}

// Leg tells between whom bytes passed.
type Leg string

// The legs.
const (
	// LegApp is between the app and the sensor: what the app really sent.
	LegApp Leg = "app"
	// LegServer is between the sensor and the server.
	LegServer Leg = "server"
)

// Message is one run of bytes in one direction of a flow, encryption taken
// off where the flow is intercepted. For HTTP it is a whole request or
// response: head, blank line and body, exactly as on the wire.
type Message struct {
	Leg Leg `json:"leg"`
	// Out is true for bytes that left the app.
	Out   bool      `json:"out"`
	At    time.Time `json:"at"`
	Size  int64     `json:"size"`
	Bytes Digest    `json:"bytes,omitempty"`
	// Cut says that Size bytes passed but only the first part was kept.
	Cut bool `json:"cut,omitempty"`
}

// Layer is one peeled coat of a flow's bytes, kept because something of
// interest was found under it: copies, a list, or ciphertext that nothing
// opened.
type Layer struct {
	// Flow and Message (index into Flow.Messages) that were opened.
	Flow    string `json:"flow"`
	Message int    `json:"message"`
	// Path of coats, outermost first, as in ["http", "query:r", "hex", "des-ecb", "gb18030"].
	Path []string `json:"path"`
	// Offset of the outermost coat's bytes in the message.
	Offset int `json:"offset"`
	// Score in 0..1: how sure peel is of the path.
	Score float64 `json:"score"`
	// Key used by the ciphers of the path, in hex, and where it came from,
	// as in "app-file:client.dat" or "http:a1.tom.test/log/key.txt".
	Key       string `json:"key,omitempty"`
	KeySource string `json:"key_source,omitempty"`
	// Bytes after the last coat came off, and what each coat left behind
	// (Steps[i] is what stood before Path[i] was taken off).
	Bytes Digest   `json:"bytes,omitempty"`
	Steps []Digest `json:"steps,omitempty"`
	// Probes whose canary or typed text is in Bytes.
	Probes []string `json:"probes,omitempty"`
	// List is set when Bytes look like a list of words, one a line.
	List []string `json:"list,omitempty"`
}

// Sealed reports whether the layer is one that could not be opened: what was
// left of a message that looks like ciphertext.
func (l *Layer) Sealed() bool { return len(l.Probes) == 0 && len(l.List) == 0 }

// Coverage is one thing a sensor could or could not see.
type Coverage struct {
	Sensor string `json:"sensor"`
	// Sees is true for what was watched, false for a blind spot.
	Sees bool   `json:"sees"`
	What string `json:"what"`
}
