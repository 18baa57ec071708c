package chat

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// maxLine bounds one line on the wire: a text of MaxText, escaped at its
// worst, sealed and in base64, fits.
const maxLine = 64 << 10

// writeWait bounds one write; on loopback a write that waits has a dead reader.
const writeWait = 5 * time.Second

// request is one line from a client to the directory or the relay.
type request struct {
	// Seq is repeated in the answer.
	Seq int64  `json:"seq,omitempty"`
	Op  string `json:"op"`
	// Name is the own account (login) or the account asked about.
	Name string `json:"name,omitempty"`
	// Key is the Noise static public key; Peer the "host:port" where the
	// client accepts sessions. Both for login.
	Key  []byte `json:"key,omitempty"`
	Peer string `json:"peer,omitempty"`
	// Proof answers the challenge of a login.
	Proof []byte `json:"proof,omitempty"`
	// Frame to forward (push).
	Frame *frame `json:"frame,omitempty"`
	// N is the frame that was taken (ack).
	N int64 `json:"n,omitempty"`
}

// answer is one line from the directory or the relay: the answer to a
// request, or an event (Event set, Seq zero).
type answer struct {
	Seq   int64  `json:"seq,omitempty"`
	Error string `json:"error,omitempty"`
	// Key and Nonce are the challenge of a login.
	Key   []byte `json:"key,omitempty"`
	Nonce []byte `json:"nonce,omitempty"`
	// Account answers a lookup, and a login with the client's own entry.
	Account *entry `json:"account,omitempty"`
	// Contacts answers contacts.
	Contacts []Contact `json:"contacts,omitempty"`
	// Event is "presence" (Contact set) or "frame" (Frame set).
	Event   string   `json:"event,omitempty"`
	Contact *Contact `json:"contact,omitempty"`
	Frame   *frame   `json:"frame,omitempty"`
}

// entry is what the directory says of an account.
type entry struct {
	Name   string `json:"name"`
	Key    []byte `json:"key"`
	Peer   string `json:"peer,omitempty"`
	Relay  string `json:"relay,omitempty"`
	Online bool   `json:"online"`
}

// Contact is an account on somebody's list, and whether it is logged in.
type Contact struct {
	Name   string `json:"name"`
	Online bool   `json:"online"`
}

// frame is what a relay carries: a sealed box, or in the server-side profile
// a body that the relay can read.
type frame struct {
	// N numbers frames within the relay; given by the relay.
	N     int64  `json:"n,omitempty"`
	From  string `json:"from,omitempty"`
	To    string `json:"to"`
	Box   []byte `json:"box,omitempty"`
	Plain *body  `json:"plain,omitempty"`
}

// body is what one client tells another. Kinds: message (Text, At), receipt
// and ack (ID only). A receipt says shown, an ack says taken over.
type body struct {
	Kind string    `json:"kind"`
	ID   string    `json:"id"`
	Text string    `json:"text,omitempty"`
	At   time.Time `json:"at,omitzero"`
}

const (
	bodyMessage = "message"
	bodyReceipt = "receipt"
	bodyAck     = "ack"
)

// parseBody reads and checks what a peer sent.
func parseBody(b []byte) (body, error) {
	var x body
	if err := json.Unmarshal(b, &x); err != nil {
		return body{}, fmt.Errorf("not a chat body: %w", err)
	}
	return x, x.check()
}

func (x body) check() error {
	if id, err := hex.DecodeString(x.ID); err != nil || len(id) != 16 {
		return fmt.Errorf("chat body: id %.40q is not 32 hex digits", x.ID)
	}
	switch x.Kind {
	case bodyMessage:
		return CheckText(x.Text)
	case bodyReceipt, bodyAck:
		return nil
	}
	return fmt.Errorf("chat body: unknown kind %.40q", x.Kind)
}

// parseRequest reads and checks one line from a client.
func parseRequest(line []byte) (request, error) {
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return request{}, fmt.Errorf("not a request: %w", err)
	}
	if r.Frame != nil {
		return r, r.Frame.check()
	}
	return r, nil
}

// parseAnswer reads and checks one line from the directory or a relay.
func parseAnswer(line []byte) (answer, error) {
	var a answer
	if err := json.Unmarshal(line, &a); err != nil {
		return answer{}, fmt.Errorf("not an answer: %w", err)
	}
	switch {
	case a.Frame != nil:
		return a, a.Frame.check()
	case a.Account != nil && len(a.Account.Key) != keySize:
		return a, fmt.Errorf("account %.40q: key of %d bytes, want %d", a.Account.Name, len(a.Account.Key), keySize)
	case a.Account != nil:
		return a, CheckAccount(a.Account.Name)
	case a.Contact != nil:
		return a, CheckAccount(a.Contact.Name)
	}
	return a, nil
}

func (f frame) check() error {
	if err := CheckAccount(f.To); err != nil {
		return err
	}
	if (f.Plain == nil) == (len(f.Box) == 0) {
		return errors.New("frame: want either box or plain")
	}
	if f.Plain != nil {
		return f.Plain.check()
	}
	return nil
}

// lineConn reads and writes JSON lines. One goroutine may read; any may write.
type lineConn struct {
	conn net.Conn
	r    *bufio.Reader
	mu   sync.Mutex // guards writes
}

func newLineConn(conn net.Conn) *lineConn {
	return &lineConn{conn: conn, r: bufio.NewReaderSize(conn, maxLine)}
}

// readLine returns the next line without its end; it is valid until the next
// read. A longer line than maxLine is an error, and so is an unfinished one.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, fmt.Errorf("line is longer than %d bytes", maxLine)
	}
	if err != nil {
		return nil, err
	}
	return line[:len(line)-1], nil
}

func (l *lineConn) request() (request, error) {
	line, err := readLine(l.r)
	if err != nil {
		return request{}, err
	}
	return parseRequest(line)
}

func (l *lineConn) answer() (answer, error) {
	line, err := readLine(l.r)
	if err != nil {
		return answer{}, err
	}
	return parseAnswer(line)
}

// write sends v as one line, in one write.
func (l *lineConn) write(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(b) >= maxLine {
		return fmt.Errorf("line of %d bytes is too long to send", len(b))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return err
	}
	_, err = l.conn.Write(append(b, '\n'))
	return err
}

// refuse tells the client why its request fails, if it still listens: the
// connection ends either way.
func (l *lineConn) refuse(seq int64, why error) {
	_ = l.write(answer{Seq: seq, Error: why.Error()})
}
