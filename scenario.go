package telltale

import (
	"encoding/json"
	"time"
)

// Scenario is the question put to an app: what is tested, with which words,
// through which driver, under whose eyes, and within which limits.
// internal/scenario reads it from YAML, fills in defaults and validates it.
type Scenario struct {
	// Name is a short name for the case, used in file names.
	Name string `json:"name"`
	// App as declared; the driver's own description is added at run time.
	App App `json:"app"`
	// Driver types the messages.
	Driver DriverSpec `json:"driver"`
	// Sensors by kind, in the order in which they are started.
	Sensors []SensorSpec `json:"sensors"`
	// Accounts under test and their peers. At least one of each side.
	Accounts []Account `json:"accounts"`
	// Directions to test.
	Directions []Direction `json:"directions"`
	// Words are the candidate texts to test; each is typed on its own.
	Words []string `json:"words"`
	// Controls are words known to be harmless, matched to Words by script,
	// length and frequency. Empty: taken from the built-in neutral words.
	Controls []string `json:"controls,omitempty"`
	// Exclude withdraws words from the neutral list: words the tester
	// suspects, or that suit the app's context badly.
	Exclude []string `json:"exclude,omitempty"`
	// Screen says how words are tried: ScreenEach, or ScreenSurvey. Empty: each
	// for a few words, survey for many.
	Screen ScreenKind `json:"screen,omitempty"`
	// Combine is the largest number of words that a rule is expected to ask
	// for together; 0 means 3. Only a survey looks for combinations.
	Combine int `json:"combine,omitempty"`
	// Places are where words are tried, of those that the driver names;
	// empty for the usual one alone.
	Places []string `json:"places,omitempty"`
	// Trials is the number of blocks each word is tried in at first. More
	// blocks are added, up to MaxTrials, when copies are seen for only some
	// trials of a word (a sampling or noisy app).
	Trials    int `json:"trials"`
	MaxTrials int `json:"max_trials"`
	// Seed lays out the schedule. The same seed gives the same schedule.
	Seed uint64 `json:"seed"`
	// Window is how long after a message a copy may still leave.
	Window time.Duration `json:"window"`
	// Listen is how long the background is watched before anybody types.
	Listen time.Duration `json:"listen"`
	// Channel are the host patterns (as path.Match, on host names) that the
	// message is supposed to pass through. Flows to them are not copies.
	Channel []string `json:"channel"`
	// Scope are the host patterns that active checks may touch. Empty: none.
	Scope []string `json:"scope,omitempty"`
	// Names maps host names to loopback or test addresses ("host:port"); a
	// name that is not listed goes to the system's resolver.
	Names map[string]string `json:"names,omitempty"`
	// Authorities are PEM files of certificate authorities that the app's
	// servers may be signed by, besides those of the system.
	Authorities []string `json:"authorities,omitempty"`
	// Timestamp are the addresses of time-stamping authorities (RFC 3161). Each
	// stamps the plan before the first message, and the findings.
	Timestamp []string `json:"timestamp,omitempty"`
	// Characterise asks of every trigger how its words are compared, and for
	// which accounts: about 20 further messages each.
	Characterise bool `json:"characterise,omitempty"`
	// Alpha is the declared error rate for the whole case, all tests together.
	Alpha float64 `json:"alpha"`
	// Limits end the run.
	Limits Limits `json:"limits"`
}

// ScreenKind is a way to try words.
type ScreenKind string

// The ways to try words.
const (
	// ScreenEach types each word on its own, beside a control word.
	ScreenEach ScreenKind = "each"
	// ScreenSurvey types many words in one message and narrows down what
	// reacts: fewer messages, and combinations of words are found.
	ScreenSurvey ScreenKind = "survey"
)

// DriverSpec says which driver to use and how to start it.
type DriverSpec struct {
	// Kind names a row of the wiring table, as in "exec".
	Kind string `json:"kind"`
	// Command and arguments of an exec driver.
	Command []string `json:"command,omitempty"`
	// Dir is the working directory; empty means the scenario file's own.
	Dir string `json:"dir,omitempty"`
	// Env are extra NAME=value pairs.
	Env []string `json:"env,omitempty"`
	// Boxes says that the driver itself starts the app under test in a
	// sandbox. Otherwise, with the sandbox sensor, all of it runs in one.
	Boxes bool `json:"boxes,omitempty"`
	// Writable are files and directories that it may write in a sandbox.
	Writable []string `json:"writable,omitempty"`
	// Timeout bounds one answer of the driver.
	Timeout time.Duration `json:"timeout"`
	// Options are the driver's own settings, as it documents them.
	Options json.RawMessage `json:"options,omitempty"`
	// Peer is the other end's way of writing and reading where it differs
	// from the app's; nil for the same.
	Peer *EndSpec `json:"peer,omitempty"`
	// AccountsFile names the file with addresses and passwords of the
	// accounts. It stays outside the case: nothing of it is recorded.
	AccountsFile string `json:"accounts_file,omitempty"`
}

// DriverReplay is the kind of driver of a case whose messages were typed before
// telltale came: nobody was blinded, nothing was shuffled, and no message has a
// canary.
const DriverReplay = "replay"

// EndSpec says how one end of a conversation is driven.
type EndSpec struct {
	// Kind names a row of the wiring table of ends, as in "irc".
	Kind string `json:"kind"`
	// Options are its own settings.
	Options json.RawMessage `json:"options,omitempty"`
}

// SensorSpec says which sensor to use.
type SensorSpec struct {
	// Kind names a row of the wiring table, as in "proxy".
	Kind string `json:"kind"`
	// Path is the file that the sensor "file" watches.
	Path string `json:"path,omitempty"`
	// Name is what the end of the flows of a "file" is called, as in
	// "log.example.org"; empty for the file's name.
	Name string `json:"name,omitempty"`
	// QUIC is what the sensor "sandbox" does with QUIC: "refuse", so that
	// apps take TCP, "intercept" or "pass"; empty for "refuse".
	QUIC string `json:"quic,omitempty"`
}

// Limits bound what a run may cost. Zero means no limit of that sort.
type Limits struct {
	// Messages that may be typed in all.
	Messages int `json:"messages,omitempty"`
	// Triggering messages: those that were copied or did not arrive.
	Triggering int `json:"triggering,omitempty"`
	// Duration of the whole run, listening included.
	Duration time.Duration `json:"duration,omitempty"`
	// Requests that an active check may send to one host. At most 20.
	Requests int `json:"requests,omitempty"`
	// Voids in a row after which the run stops (the stop rule).
	Voids int `json:"voids,omitempty"`
	// Pause is the least time between two messages.
	Pause time.Duration `json:"pause,omitempty"`
	// Hours are the local hours in which messages may be typed, as in
	// "08:00-22:00", over midnight too. The run waits through the others.
	Hours string `json:"hours,omitempty"`
}
