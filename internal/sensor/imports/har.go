package imports

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"example.org/telltale/internal/sensor/tape"
)

// harEntry is what of an entry of a HAR file (version 1.2) is used, and what
// Chromium adds.
type harEntry struct {
	Started  string      `json:"startedDateTime"`
	Time     float64     `json:"time"` // milliseconds
	Request  harRequest  `json:"request"`
	Response harResponse `json:"response"`
	Timings  harTimings  `json:"timings"`
	ServerIP string      `json:"serverIPAddress"`
	Messages []struct {
		Type   string  `json:"type"`
		Time   float64 `json:"time"` // seconds since 1970
		Opcode int     `json:"opcode"`
		Data   string  `json:"data"`
	} `json:"_webSocketMessages"`
}

type harRequest struct {
	Method   string     `json:"method"`
	URL      string     `json:"url"`
	Headers  []harField `json:"headers"`
	PostData *struct {
		Text     string `json:"text"`
		Encoding string `json:"encoding"` // of some writers
		Params   []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"params"`
	} `json:"postData"`
}

type harResponse struct {
	Status     int        `json:"status"`
	StatusText string     `json:"statusText"`
	Headers    []harField `json:"headers"`
	Content    struct {
		Size     float64 `json:"size"`
		Text     string  `json:"text"`
		Encoding string  `json:"encoding"`
	} `json:"content"`
	Error string `json:"_error"`
}

type harField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// harTimings are in milliseconds; -1 is for what does not apply.
type harTimings struct {
	Blocked float64 `json:"blocked"`
	DNS     float64 `json:"dns"`
	Connect float64 `json:"connect"`
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
}

// har reads a HAR file, one entry at a time.
func (m *Importer) har(ctx context.Context, r io.Reader) error {
	d := json.NewDecoder(r)
	if err := enter(d, "log", "entries"); err != nil {
		m.note(d.InputOffset(), "no HAR file as far as it can be read: %v", err)
		return nil
	}
	for d.More() && m.err == nil && ctx.Err() == nil {
		at := d.InputOffset()
		var e harEntry
		err := d.Decode(&e)
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &kind):
			m.note(at, "an entry is not as it should be: %v", err)
		case err != nil:
			m.note(d.InputOffset(), "the file is broken: %v", err)
			return nil
		}
		m.harEntry(at, &e)
	}
	if _, err := d.Token(); err != nil && m.err == nil {
		m.note(d.InputOffset(), "the file is broken: %v", err)
	}
	return ctx.Err()
}

// enter goes into nested objects by their keys, to the array at the end.
func enter(d *json.Decoder, keys ...string) error {
	if err := delimiter(d, '{'); err != nil {
		return err
	}
	for i, key := range keys {
		for {
			t, err := d.Token()
			if err != nil {
				return err
			}
			if t == json.Delim('}') {
				return fmt.Errorf("there is no %q", key)
			}
			if t == key {
				break
			}
			if err := pass(d); err != nil {
				return err
			}
		}
		want := json.Delim('{')
		if i == len(keys)-1 {
			want = '['
		}
		if err := delimiter(d, want); err != nil {
			return err
		}
	}
	return nil
}

func delimiter(d *json.Decoder, want json.Delim) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	if t != want {
		return fmt.Errorf("%v where %v should be", t, want)
	}
	return nil
}

// pass steps over one value.
func pass(d *json.Decoder) error {
	depth := 0
	for {
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

func (m *Importer) harEntry(at int64, e *harEntry) {
	x := &exchange{at: at, method: e.Request.Method, status: e.Response.Status, reason: e.Response.StatusText, failed: e.Response.Error, decoded: true, answeredDecoded: true}
	err := x.address(e.Request.URL)
	known := x.scheme == "http" || x.scheme == "https" || x.scheme == "ws" || x.scheme == "wss"
	switch {
	case err == nil && x.scheme != "" && !known:
		m.note(at, "an entry of %.20q, which went over no network", x.scheme)
		return
	case err != nil || !known || x.method == "" || x.host == "":
		m.note(at, "an entry without a request that can be read")
		return
	}
	x.server = endpoint(e.ServerIP, x.port)
	x.fields, x.answered = harFields(e.Request.Headers), harFields(e.Response.Headers)
	started, err := time.Parse(time.RFC3339, e.Started)
	if err != nil {
		m.note(at, "an entry without a time that can be read")
	}
	x.times(started, e)
	x.body = m.harBody(at, e)
	x.answer = m.harText(at, e.Response.Content.Text, e.Response.Content.Encoding)
	if len(x.answer) == 0 && e.Response.Content.Size > 0 && x.method != "HEAD" {
		m.note(at, "the body of an answer (%.0f octets) is not in the file", e.Response.Content.Size)
	}
	if x.status < 100 || x.status > 999 {
		x.status = 0
		if x.failed == "" {
			x.failed = "no answer"
		}
	}
	if x.scheme == "https" || x.scheme == "wss" {
		x.tls = &tape.TLS{ServerName: x.host}
	}
	for _, w := range e.Messages {
		x.messages = append(x.messages, m.harMessage(at, w.Type == "send", w.Time, w.Opcode, w.Data))
	}
	m.hand(x)
}

// times tells when the request was sent and the answer came.
func (x *exchange) times(started time.Time, e *harEntry) {
	after := func(parts ...float64) time.Time {
		sum := 0.0
		for _, p := range parts {
			if p > 0 && p < 1e9 {
				sum += p
			}
		}
		return started.Add(time.Duration(sum * float64(time.Millisecond)))
	}
	t := e.Timings
	x.asked = after(t.Blocked, t.DNS, t.Connect)
	x.told = after(t.Blocked, t.DNS, t.Connect, t.Send, t.Wait)
	x.toldAll = after(e.Time)
}

func (m *Importer) harBody(at int64, e *harEntry) []byte {
	post := e.Request.PostData
	if post == nil {
		return nil
	}
	if post.Text == "" && len(post.Params) > 0 {
		m.note(at, "a request's body is in the file only as its parameters; it is left out")
		return nil
	}
	return m.harText(at, post.Text, post.Encoding)
}

func (m *Importer) harText(at int64, text, encoding string) []byte {
	if encoding != "base64" {
		return []byte(text)
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		m.note(at, "a body that says to be base64 and is not")
		return []byte(text)
	}
	return b
}

func (m *Importer) harMessage(at int64, out bool, seconds float64, opcode int, data string) message {
	if seconds < 0 || seconds > 1<<36 {
		seconds = 0
	}
	one := message{out: out, at: time.UnixMicro(int64(seconds * 1e6)).UTC(), opcode: byte(opcode & 15), b: []byte(data)}
	if opcode == 2 { // binary, written in base64
		one.b = m.harText(at, data, "base64")
	}
	return one
}

func harFields(all []harField) []field {
	out := make([]field, 0, len(all))
	for _, f := range all {
		out = append(out, field{f.Name, f.Value})
	}
	return out
}
