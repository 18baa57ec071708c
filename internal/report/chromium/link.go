package chromium

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// maxMessage bounds one message of the browser.
const maxMessage = 64 << 20

// args are parameters of a command.
type args map[string]any

// message is what both sides of the Chrome DevTools Protocol send.
type message struct {
	ID      int64           `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message, Data string
	} `json:"error,omitempty"`
}

// link carries messages over two pipes; each ends with a zero byte.
type link struct {
	out  io.WriteCloser
	in   io.ReadCloser
	buf  *bufio.Reader
	next int64
	// stop ends the watch over the context.
	stop func() bool
}

func newLink(out io.WriteCloser, in io.ReadCloser) *link {
	return &link{out: out, in: in, buf: bufio.NewReaderSize(in, 64<<10)}
}

func (l *link) close() {
	l.stop()
	_, _ = l.out.Close(), l.in.Close()
}

func (l *link) read() (m message, err error) {
	var all []byte
	for {
		part, err := l.buf.ReadSlice(0)
		all = append(all, part...)
		switch {
		case len(all) > maxMessage:
			return m, fmt.Errorf("the browser sent a message of more than %d bytes", maxMessage)
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return m, err
		default:
			return m, json.Unmarshal(all[:len(all)-1], &m)
		}
	}
}

// call sends a command and reads its result into the value that into points to,
// unless that is nil. What the browser tells meanwhile is noted.
func (b *Browser) call(method string, params args, into any) error {
	id, err := b.send(method, params)
	if err != nil {
		return err
	}
	for {
		m, err := b.link.read()
		switch {
		case err != nil:
			return b.ended(err)
		case m.ID != id:
			b.note(m)
		case m.Error != nil:
			return fmt.Errorf("%s: %s %s", method, m.Error.Message, m.Error.Data)
		case into == nil:
			return nil
		default:
			return json.Unmarshal(m.Result, into)
		}
	}
}

// send writes a command and returns its number.
func (b *Browser) send(method string, params args) (int64, error) {
	b.link.next++
	command := message{ID: b.link.next, Session: b.session, Method: method}
	raw, err := json.Marshal(params)
	if err != nil {
		return 0, err
	}
	if params != nil {
		command.Params = raw
	}
	if raw, err = json.Marshal(command); err != nil {
		return 0, err
	}
	if _, err := b.link.out.Write(append(raw, 0)); err != nil {
		return 0, b.ended(err)
	}
	return command.ID, nil
}

// note keeps what the page did. A dialog is closed, or nothing would go on.
func (b *Browser) note(m message) {
	var p struct {
		URL, Message string
		Request      struct{ URL string }
	}
	_ = json.Unmarshal(m.Params, &p) // what cannot be read is noted as empty
	switch m.Method {
	case "Page.loadEventFired":
		b.loads++
	case "Network.requestWillBeSent":
		b.asked = append(b.asked, p.Request.URL)
	case "Network.webSocketCreated":
		b.asked = append(b.asked, p.URL)
	case "Page.windowOpen":
		b.opened = append(b.opened, p.URL)
	case "Page.javascriptDialogOpening":
		b.opened = append(b.opened, "dialog: "+p.Message)
		_, _ = b.send("Page.handleJavaScriptDialog", args{"accept": false})
	}
}

// ended says how the browser ended.
func (b *Browser) ended(err error) error {
	return fmt.Errorf("the browser has ended: %w (%s)", err, strings.TrimSpace(b.said.String()))
}

// tail keeps the last of what the browser says.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// Write keeps the last of it.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-2048):]
	return len(p), nil
}

// String is what was said last.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
