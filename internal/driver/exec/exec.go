// Package exec drives an app through a process that speaks the driver
// protocol: JSON lines on its standard input and output, one answer to each
// request. It is how anybody extends telltale without its Go API. The
// protocol is described in docs/driver-protocol.md; the messages are
// [telltale.DriverRequest] and [telltale.DriverResponse].
//
// The process is not trusted to behave. Lines and waits are bounded, and a
// process that dies, hangs or talks nonsense gives an [Error] that names the
// command, the line of its output and what stood there.
package exec

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"example.org/telltale"
)

// Defaults of Config.
const (
	// DefaultTimeout bounds one answer when Config.Timeout is zero.
	DefaultTimeout = 30 * time.Second
	// closeGrace is how long a closed process may take to end by itself.
	closeGrace = 3 * time.Second
)

// Config says which process to start and how patient to be with it.
type Config struct {
	// Command and its arguments. The first is looked up in PATH.
	Command []string
	// Dir is the working directory; empty means the current one.
	Dir string
	// Env are NAME=value pairs added to telltale's own environment.
	Env []string
	// Timeout bounds one answer; a send may take its own Wait longer.
	// Zero means DefaultTimeout.
	Timeout time.Duration
	// Clock stamps receipts of drivers that give no times. Nil: time.Now.
	Clock telltale.Clock
	// Stderr receives the standard error of the process as it comes. May
	// be nil. The last lines are kept for error messages in any case.
	Stderr io.Writer
}

// Driver is a telltale.Driver, Resetter and LateReader. The process is
// started by the first call that needs it. As the contract says, one
// goroutine uses a Driver; only Close may come from another.
type Driver struct {
	cfg Config

	mu     sync.Mutex
	proc   *process
	closed bool
	// failure is why the process cannot be asked any more; Reset clears it.
	failure error
	late    []telltale.Receipt
}

var (
	_ telltale.Driver     = (*Driver)(nil)
	_ telltale.Resetter   = (*Driver)(nil)
	_ telltale.LateReader = (*Driver)(nil)
)

// ErrClosed is returned by calls after Close.
var ErrClosed = errors.New("the driver is closed")

// New prepares a driver; nothing is started yet.
func New(cfg Config) *Driver {
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	return &Driver{cfg: cfg}
}

// Describe starts the process if need be and asks it what it drives.
func (d *Driver) Describe(ctx context.Context) (telltale.Description, error) {
	got, err := d.ask(ctx, telltale.DriverRequest{Op: "describe", Version: telltale.ProtocolVersion}, 0)
	if err != nil {
		return telltale.Description{}, err
	}
	if err := checkDescription(got.response); err != nil {
		return telltale.Description{}, d.fail(got, err)
	}
	return *got.response.Description, nil
}

// Send has one message typed. The answer may take m.Wait and the timeout.
func (d *Driver) Send(ctx context.Context, m telltale.Typing) (telltale.Receipt, error) {
	body := telltale.DriverSend{Probe: m.Probe, From: m.From, To: m.To, Text: m.Text, Place: m.Place, WaitMS: m.Wait.Milliseconds()}
	began := d.cfg.Clock()
	got, err := d.ask(ctx, telltale.DriverRequest{Op: "send", Send: &body}, m.Wait)
	if err != nil {
		return telltale.Receipt{}, err
	}
	if err := checkReceipt(got.response.Receipt, m.Probe); err != nil {
		return telltale.Receipt{}, d.fail(got, err)
	}
	receipt := *got.response.Receipt
	if receipt.Sent.IsZero() {
		receipt.Sent = began
	}
	if receipt.Settled.IsZero() {
		receipt.Settled = d.cfg.Clock()
	}
	return receipt, nil
}

// Reset starts the app afresh. A healthy process is asked to do it; one that
// has failed, or cannot, is killed and replaced.
func (d *Driver) Reset(ctx context.Context) error {
	if d.healthy() {
		if _, err := d.ask(ctx, telltale.DriverRequest{Op: "reset"}, 0); err == nil {
			return nil
		}
	}
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return ErrClosed
	}
	old := d.proc
	d.proc, d.failure = nil, nil
	d.mu.Unlock()
	if old != nil {
		old.kill()
		<-old.exited
	}
	_, err := d.Describe(ctx)
	return err
}

// Late returns the receipts that arrived as events since the last call.
func (d *Driver) Late(context.Context) ([]telltale.Receipt, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	late := d.late
	d.late = nil
	return late, nil
}

// Close asks the process to end, closes its standard input and, after a
// grace of three seconds, kills it and whatever it started.
func (d *Driver) Close() error {
	d.mu.Lock()
	proc := d.proc
	d.closed, d.proc = true, nil
	d.mu.Unlock()
	if proc != nil {
		proc.close(closeGrace)
	}
	return nil
}

// healthy reports whether there is a process that can be asked.
func (d *Driver) healthy() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.closed && d.failure == nil && d.proc != nil && d.proc.alive()
}

// keepLate stores an event, dropping the oldest when nobody collects them.
func (d *Driver) keepLate(r telltale.Receipt) {
	const most = 10000
	r.Late = true
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.late) == most {
		d.late = d.late[1:]
	}
	d.late = append(d.late, r)
}
