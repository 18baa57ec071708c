package telltale

import (
	"context"
	"time"
)

// Driver types probes into an app and reads what arrives at the other end.
// It is told nothing of arms or words. One goroutine calls it, one call at a
// time. internal/driver/drivertest is this contract as a test suite.
type Driver interface {
	// Describe says what is driven. It is called first and may be repeated.
	Describe(ctx context.Context) (Description, error)
	// Send types one message and waits up to m.Wait for it to arrive. What
	// became of the message is the Receipt, Dropped and Void included. An
	// error means that the driver itself failed: the trial is void, and
	// unless Reset helps, so is every later one.
	Send(ctx context.Context, m Typing) (Receipt, error)
	// Close ends the app. It may be called twice, and after an error.
	Close() error
}

// Resetter is a Driver that can start its app afresh after a failure.
type Resetter interface {
	Reset(ctx context.Context) error
}

// LateReader is a Driver that notices messages which arrive after their
// Receipt said Dropped.
type LateReader interface {
	// Late returns the corrected receipts since the last call, Late set.
	Late(ctx context.Context) ([]Receipt, error)
}

// Witness is a Driver that reads accounts of SideWitness.
type Witness interface {
	// Sightings returns what arrived at witness accounts since the last
	// call. It is called when a probe has settled.
	Sightings(ctx context.Context) ([]Sighting, error)
}

// Sighting is a message that arrived at a witness account.
type Sighting struct {
	// Account that got it, and its address at the service.
	Account string `json:"account"`
	Address string `json:"address,omitempty"`
	// From is whom it seems to come from.
	From string    `json:"from,omitempty"`
	At   time.Time `json:"at"`
	// Body is the message as it was read.
	Body []byte `json:"body"`
}

// Typing is one message as a Driver sees it: a Probe without its purpose.
type Typing struct {
	Probe string        `json:"probe"`
	From  string        `json:"from"`
	To    string        `json:"to"`
	Text  string        `json:"text"`
	Wait  time.Duration `json:"wait"`
	// Place is where the message goes, one of Description.Places; empty for
	// the first of them.
	Place string `json:"place,omitempty"`
}

// Description is what a Driver says of the app it drives.
type Description struct {
	App      App       `json:"app"`
	Accounts []Account `json:"accounts"`
	// ReadBack is true when Receipt.Typed is read from the input field and
	// not just repeated from the request.
	ReadBack bool `json:"read_back"`
	// Places are the ways in which a text can be put, as in "body" and
	// "subject", or names of rooms. The first is the usual one. Empty: one.
	Places []string `json:"places,omitempty"`
	// Limit is the longest text in bytes that can be put; 0 if not known.
	Limit int `json:"limit,omitempty"`
}

// Sensor watches what leaves the app. It never learns of probes or arms.
type Sensor interface {
	// View says what the sensor sees and what it is blind to. It may be
	// called at any time and from any goroutine.
	View() []Coverage
	// Start begins to watch and returns when it does. The returned
	// environment (NAME=value) is given to the driver. It is called once.
	Start(ctx context.Context, r Recorder) (env []string, err error)
	// Stop ends the watch and returns when every flow has been recorded.
	// It may be called twice.
	Stop(ctx context.Context) error
}

// Quieter is a Sensor that knows whether exchanges are still in progress.
type Quieter interface {
	// Quiet waits until no exchange is open and all ended ones have been
	// recorded, or until ctx is done, whichever comes first. Opaque tunnels
	// that stay open do not count.
	Quiet(ctx context.Context)
}

// Recorder keeps what sensors saw. It may be called from many goroutines.
// After an error nothing more can be kept, and the run stops.
type Recorder interface {
	// Keep stores bytes and names them.
	Keep(b []byte) (Digest, error)
	// Record stores a flow; its ID is given by the recorder.
	Record(f Flow) error
}

// Clock tells the time. Tests and replays bring their own.
type Clock func() time.Time
