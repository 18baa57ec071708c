// Package labdir is the layout of a lab directory: everything that one lab
// network keeps on disk, and the one file through which its processes learn
// what they are part of.
//
//	state.json     profile, seed, processes and their addresses
//	names.json     host names under .test and their loopback addresses
//	truth.json     the findings that an investigation must yield
//	scenario.yaml  the question to put, for `telltale audit`
//	client.dat     the resource file of the app under test
//	lab-ca.pem     the certificate authority of the lab's HTTPS servers, if any
//	lab-ca.key     and its key
//	logs/          what each process wrote to standard error
//	data/          what each process keeps over a restart
package labdir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/replace"
)

// Dir is the path of a lab directory.
type Dir string

// State returns the path of the state file.
func (d Dir) State() string { return d.path("state.json") }

// Names returns the path of the name map.
func (d Dir) Names() string { return d.path("names.json") }

// Truth returns the path of the truth.
func (d Dir) Truth() string { return d.path("truth.json") }

// Scenario returns the path of the scenario.
func (d Dir) Scenario() string { return d.path("scenario.yaml") }

// ClientData returns the path of the app's resource file.
func (d Dir) ClientData() string { return d.path("client.dat") }

// CA returns the path of the certificates that the lab's servers are
// checked against.
func (d Dir) CA() string { return d.path("lab-ca.pem") }

// CAKey returns the path of the authority's key.
func (d Dir) CAKey() string { return d.path("lab-ca.key") }

// Log returns the path of the log of a process.
func (d Dir) Log(name string) string { return filepath.Join(string(d), "logs", name+".log") }

// Data returns the folder that a process keeps its files in.
func (d Dir) Data(name string) string { return filepath.Join(string(d), "data", name) }

func (d Dir) path(name string) string { return filepath.Join(string(d), name) }

// Format is the version of the state file.
const Format = 1

// State says what runs in a lab directory.
type State struct {
	Format  int    `json:"format"`
	Profile string `json:"profile"`
	Seed    uint64 `json:"seed"`
	// Oddities that the list server was asked to show.
	Oddities []string `json:"oddities,omitempty"`
	// Program is the binary that every process runs.
	Program string `json:"program"`
	// Supervisor is the process that started the others.
	Supervisor int `json:"supervisor"`
	// Control is where the supervisor takes the request to stop, with Token.
	Control string `json:"control"`
	Token   string `json:"token"`
	Roles   []Role `json:"roles"`
}

// Role is one process of the lab.
type Role struct {
	// Name is unique: a host name, or "population".
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// Addr is the process's own loopback "IP:port"; empty for the population.
	Addr string `json:"addr,omitempty"`
	PID  int    `json:"pid,omitempty"`
	// Restarts counts how often it had to be started again.
	Restarts int `json:"restarts,omitempty"`
}

// Kind says what a process does.
type Kind string

// The kinds. A filter is started by a client and not by the supervisor.
const (
	KindDirectory  Kind = "directory"
	KindRelay      Kind = "relay"
	KindWeb        Kind = "web"
	KindPopulation Kind = "population"
	KindFilter     Kind = "filter"
)

// ErrEmpty means that a directory holds no lab.
var ErrEmpty = errors.New("there is no lab in this directory; start one with `telltale lab up PROFILE`")

// Load reads the state file.
func (d Dir) Load() (State, error) {
	const most = 1 << 20
	f, err := os.Open(d.State())
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, fmt.Errorf("%s: %w", string(d), ErrEmpty)
	}
	if err != nil {
		return State{}, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return State{}, err
	}
	return ParseState(d.State(), b)
}

// ParseState reads a state file; path is named in errors.
func ParseState(path string, b []byte) (State, error) {
	var s State
	if err := json.Unmarshal(b, &s); err != nil {
		return State{}, fmt.Errorf("%s: %w; delete the directory and start the lab again", path, err)
	}
	if s.Format != Format {
		return State{}, fmt.Errorf("%s: format %d, this program writes %d; delete the directory and start the lab again", path, s.Format, Format)
	}
	return s, nil
}

// Save writes the state file; readers see the old one or the new one.
func (d Dir) Save(s State) error {
	s.Format = Format
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return replace.File(d.State(), append(b, '\n'))
}

// Plan is the plan that the lab was started with.
func (s State) Plan() (profile.Plan, error) {
	p, err := profile.Get(s.Profile)
	if err != nil {
		return profile.Plan{}, err
	}
	return profile.NewPlan(p, s.Seed), nil
}
