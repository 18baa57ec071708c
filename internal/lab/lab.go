// Package lab runs the lab network: the monitored messenger of 2005 to 2013
// as real processes on loopback, with a truth that says what an investigation
// must find. It exists so that detectors can be tested, and so that people can
// learn on something that harms nobody.
//
// # Containment
//
// Every socket is made by package guard, which refuses all but loopback
// addresses and names under .test. Users, addresses and telephone numbers are
// synthetic. Monitored clients say so in every window. Nothing is installed,
// nothing is hidden, and no process outlives the supervisor.
//
// # Processes
//
// [Up] is the supervisor. It lays out a directory (package labdir) and starts
// one process for each role (package roles) by running its own program again;
// [Process] is what those do. A role that dies is started again at the same
// address with its state. The driver of an investigation is such a process
// too (package adapter).
package lab

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/lab/labdir"
	"example.org/telltale/internal/lab/proc"
	"example.org/telltale/internal/lab/profile"
	"example.org/telltale/internal/lab/roles"
)

// Options say which lab to run, and where.
type Options struct {
	// Profile by name, as in profile.All.
	Profile string
	Seed    uint64
	// Dir is the lab directory: new, empty, or that of an earlier lab.
	Dir string
	// Program is the binary that runs the roles; empty means this one. It
	// must hand the arguments after "lab" to Process.
	Program string
	// Oddities of the list server by name, as in roles.Oddities.
	Oddities []string
	// Sensor is the kind that the scenario of the lab names: "proxy" if empty,
	// or "sandbox".
	Sensor string
	// Log takes a line for everything out of the ordinary. May be nil.
	Log io.Writer
	// Clock and Random may be nil: the system's.
	Clock  telltale.Clock
	Random io.Reader
}

// Network is a running lab.
type Network struct {
	dir  labdir.Dir
	plan profile.Plan
	log  *slog.Logger
	clk  telltale.Clock

	control net.Listener
	once    sync.Once
	// stopping is closed when Down begins, done when it has ended.
	stopping chan struct{}
	done     chan struct{}
	watchers sync.WaitGroup

	mu    sync.Mutex
	state labdir.State
	procs map[string]*proc.Process
	down  bool
}

// Profiles are the labs there are, in the order in which they are shown.
func Profiles() []profile.Profile { return profile.All() }

// startWait bounds the start of one role.
const startWait = 30 * time.Second

// Up starts a lab and returns when every role can be used; ctx bounds the
// start only. A lab that runs in the same directory with the same profile,
// seed and oddities is taken over: it ends, and this one goes on with its
// data. Another one must be stopped first.
func Up(ctx context.Context, o Options) (*Network, error) {
	o, plan, err := o.complete()
	if err != nil {
		return nil, err
	}
	dir := labdir.Dir(o.Dir)
	if err := prepare(ctx, dir, o); err != nil {
		return nil, err
	}
	n := &Network{
		dir: dir, plan: plan, clk: o.Clock, procs: map[string]*proc.Process{},
		stopping: make(chan struct{}), done: make(chan struct{}),
		log: slog.New(slog.NewTextHandler(o.Log, nil)),
	}
	if err := n.layOut(ctx, o); err != nil {
		return nil, err
	}
	n.watchers.Go(n.obey)
	n.watchers.Add(1) // roles are still being added
	err = n.startAll(ctx)
	n.watchers.Done()
	if err != nil {
		return nil, errors.Join(err, n.Down())
	}
	return n, nil
}

// complete fills in what was left open and checks the rest.
func (o Options) complete() (Options, profile.Plan, error) {
	p, err := profile.Get(o.Profile)
	if err != nil {
		return o, profile.Plan{}, err
	}
	if _, err := roles.ParseOddities(o.Oddities); err != nil {
		return o, profile.Plan{}, err
	}
	if o.Dir == "" {
		return o, profile.Plan{}, errors.New("a lab needs a directory: set Dir")
	}
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return o, profile.Plan{}, err
	}
	if o.Program == "" {
		if o.Program, err = os.Executable(); err != nil {
			return o, profile.Plan{}, fmt.Errorf("the program's own path is not known: %w", err)
		}
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	return o, profile.NewPlan(p, o.Seed), nil
}

// Dir is the lab directory.
func (n *Network) Dir() labdir.Dir { return n.dir }

// Plan is what the lab follows.
func (n *Network) Plan() profile.Plan { return n.plan }

// CAFile is the certificate file of the lab's HTTPS servers; empty if the
// profile has none. A proxy in front of the app must trust it.
func (n *Network) CAFile() string {
	if !hasTLS(n.plan) {
		return ""
	}
	return n.dir.CA()
}

// Scenario is the path of the question to put to this lab.
func (n *Network) Scenario() string { return n.dir.Scenario() }

// Roles are the processes as they are now.
func (n *Network) Roles() []labdir.Role {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.state.Roles)
}

// Done is closed when the lab has been stopped, by Down or from outside.
func (n *Network) Done() <-chan struct{} { return n.done }
