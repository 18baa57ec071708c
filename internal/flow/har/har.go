// Package har writes HTTP exchanges as an HTTP Archive, version 1.2
// (http://www.softwareishard.com/blog/har-12-spec/), the format that browsers
// and proxies exchange. The same flows make the same octets.
//
// An archive holds less than a case: bodies without their content coding, no
// octets of heads, and nothing that is not HTTP or WebSocket. What is not in
// the specification has a name that begins with "_".
package har

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"example.org/telltale"
)

// Creator is the program that writes.
type Creator struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Blob returns octets that a flow names.
type Blob func(telltale.Digest) ([]byte, error)

// Write writes the HTTP exchanges among the flows, in their order, and
// returns how many flows are none and were left out. One entry at a time is
// in memory.
func Write(w io.Writer, c Creator, flows []telltale.Flow, blob Blob) (left int, err error) {
	out := bufio.NewWriter(w)
	creator, err := json.Marshal(c)
	if err != nil {
		return 0, fmt.Errorf("har: %w", err)
	}
	fmt.Fprintf(out, "{\"log\":{\"version\":\"1.2\",\"creator\":%s,\"entries\":[", creator)
	p := &writer{blob: blob, out: json.NewEncoder(out)}
	p.out.SetEscapeHTML(false)
	sockets, taken := p.sockets(flows)
	for i := range flows {
		if taken[i] {
			continue
		}
		e, ok, err := p.entry(&flows[i])
		if err != nil {
			return left, fmt.Errorf("har: flow %s: %w", flows[i].ID, err)
		}
		if !ok {
			left++
			continue
		}
		for _, more := range sockets[i] {
			if err := p.attach(e, &flows[more]); err != nil {
				return left, fmt.Errorf("har: flow %s: %w", flows[more].ID, err)
			}
		}
		if p.written++; p.written > 1 {
			_ = out.WriteByte(',') // Flush tells
		}
		_ = out.WriteByte('\n')
		if err := p.out.Encode(e); err != nil {
			return left, fmt.Errorf("har: flow %s: %w", flows[i].ID, err)
		}
	}
	_, _ = out.WriteString("]}}\n")
	if err := out.Flush(); err != nil {
		return left, fmt.Errorf("har: %w", err)
	}
	return left, nil
}

type writer struct {
	blob    Blob
	out     *json.Encoder
	written int
}

type entry struct {
	Started    string          `json:"startedDateTime"`
	Time       float64         `json:"time"` // milliseconds
	Request    request         `json:"request"`
	Response   response        `json:"response"`
	Cache      struct{}        `json:"cache"`
	Timings    timings         `json:"timings"`
	ServerIP   string          `json:"serverIPAddress,omitempty"`
	Connection string          `json:"connection,omitempty"`
	Messages   []socketMessage `json:"_webSocketMessages,omitempty"`
	Resource   string          `json:"_resourceType,omitempty"`
	Flow       string          `json:"_flow,omitempty"`
	Process    string          `json:"_process,omitempty"`
}

type request struct {
	Method      string    `json:"method"`
	URL         string    `json:"url"`
	Version     string    `json:"httpVersion"`
	Cookies     []cookie  `json:"cookies"`
	Headers     []field   `json:"headers"`
	Query       []field   `json:"queryString"`
	Post        *postData `json:"postData,omitempty"`
	HeadersSize int       `json:"headersSize"`
	BodySize    int64     `json:"bodySize"`
	Comment     string    `json:"comment,omitempty"`
}

type postData struct {
	Type string `json:"mimeType"`
	Text string `json:"text"`
	// Encoding is "base64" for what is not text; the specification has it
	// for answers only.
	Encoding string `json:"encoding,omitempty"`
}

type response struct {
	Status      int      `json:"status"`
	StatusText  string   `json:"statusText"`
	Version     string   `json:"httpVersion"`
	Cookies     []cookie `json:"cookies"`
	Headers     []field  `json:"headers"`
	Content     content  `json:"content"`
	Redirect    string   `json:"redirectURL"`
	HeadersSize int      `json:"headersSize"`
	BodySize    int64    `json:"bodySize"`
	Comment     string   `json:"comment,omitempty"`
	Error       string   `json:"_error,omitempty"`
}

type content struct {
	Size     int    `json:"size"`
	Type     string `json:"mimeType"`
	Text     string `json:"text,omitempty"`
	Encoding string `json:"encoding,omitempty"`
	Comment  string `json:"comment,omitempty"`
}

type field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type cookie struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Path     string `json:"path,omitempty"`
	Domain   string `json:"domain,omitempty"`
	HTTPOnly bool   `json:"httpOnly,omitempty"`
	Secure   bool   `json:"secure,omitempty"`
}

// timings are in milliseconds; -1 is for what is not known.
type timings struct {
	Blocked float64 `json:"blocked"`
	DNS     float64 `json:"dns"`
	Connect float64 `json:"connect"`
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
	SSL     float64 `json:"ssl"`
}

// socketMessage is as Chromium writes them.
type socketMessage struct {
	Type   string  `json:"type"` // "send" or "receive"
	Time   float64 `json:"time"` // seconds since 1970
	Opcode int     `json:"opcode"`
	Data   string  `json:"data"` // base64 if the opcode is 2
}
