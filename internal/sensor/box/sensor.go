package box

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/environ"
	"example.org/telltale/internal/sandbox"
	"example.org/telltale/internal/sensor/authority"
	"example.org/telltale/internal/sensor/gateway"
	"example.org/telltale/internal/sensor/views"
)

// Name is the sensor's name in flows and coverage.
const Name = "sandbox"

// SensorConfig says how the sensor works.
type SensorConfig struct {
	// Self runs sandbox.Init, see Config. Enter is the command by which this
	// very program calls Enter; the socket's path follows it.
	Self, Enter []string
	// CADir keeps the case's authority.
	CADir string
	// UpstreamCAs are PEM files of authorities trusted for servers, besides
	// the system's.
	UpstreamCAs []string
	Maps        []gateway.Map
	// QUIC is gateway.RefuseQUIC if empty.
	QUIC gateway.QUIC
	// Capture gets the packets as pcapng; nil means nobody.
	Capture io.Writer
	Clock   telltale.Clock
	Random  io.Reader
}

// Sensor is a telltale.Sensor and Quieter that watches programs in sandboxes.
type Sensor struct {
	cfg     SensorConfig
	dir     string
	views   *views.Views
	box     *Box
	packets *Packets
	door    *door

	stop    sync.Once
	stopped error
}

var (
	_ telltale.Sensor  = (*Sensor)(nil)
	_ telltale.Quieter = (*Sensor)(nil)
)

// NewSensor makes a sensor; nothing listens yet. The error says why programs
// cannot be sandboxed here.
func NewSensor(c SensorConfig) (*Sensor, error) {
	if err := sandbox.Check(); err != nil {
		return nil, err
	}
	return &Sensor{cfg: c}, nil
}

// View tells what a sandbox sees, and what goes past it.
func (s *Sensor) View() []telltale.Coverage { return View(s.cfg.QUIC) }

// View is what any sandbox sees, and what goes past it.
func View(quic gateway.QUIC) []telltale.Coverage {
	var all []telltale.Coverage
	for _, what := range []string{
		"every IP packet that leaves the sandbox: TCP and UDP over IPv4 and IPv6, name lookups, ICMP",
		"the octets of every connection, TLS taken off where the program accepts an authority of the run",
		"attempts that were refused, or that nobody answered",
		"helpers and daemons that the program started, until the last of them ended",
	} {
		all = append(all, telltale.Coverage{Sensor: Name, Sees: true, What: what})
	}
	for _, what := range []string{
		"content of TLS connections whose certificates the program pins: passed unopened after the first refusal",
		"content that the program itself encrypts",
		"what programs outside the sandbox do on its behalf: none of their sockets can be reached from inside",
		"what the program would do if it could tell that it is in a sandbox",
	} {
		all = append(all, telltale.Coverage{Sensor: Name, What: what})
	}
	return append(all, viewOfQUIC(quic))
}

// viewOfQUIC says what becomes of QUIC.
func viewOfQUIC(quic gateway.QUIC) telltale.Coverage {
	switch quic {
	case gateway.InterceptQUIC:
		return telltale.Coverage{Sensor: Name, Sees: true, What: "the streams and datagrams of QUIC connections (HTTP/3), opened where the program accepts an authority of the run"}
	case gateway.PassQUIC:
		return telltale.Coverage{Sensor: Name, What: "content of QUIC connections (HTTP/3): passed unopened"}
	}
	return telltale.Coverage{Sensor: Name, What: "what the program would send over QUIC (HTTP/3) and over nothing else: QUIC is refused, so that programs take TCP"}
}

// Start opens the door by which programs get into sandboxes, and returns the
// variable that leads to it.
func (s *Sensor) Start(ctx context.Context, r telltale.Recorder) (env []string, err error) {
	if s.dir != "" {
		return nil, errors.New("sandbox: started twice; make a new one with NewSensor")
	}
	if s.dir, err = os.MkdirTemp("", "telltale-"); err != nil {
		return nil, fmt.Errorf("sandbox: a directory for the run: %w", err)
	}
	if err := s.prepare(r); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	if s.door, err = openDoor(ctx, s.dir, s.run); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	command, err := environ.WithCommand(append(slices.Clone(s.cfg.Enter), s.door.path()))
	return []string{command}, err
}

// prepare makes the box and what keeps its flows.
func (s *Sensor) prepare(r telltale.Recorder) error {
	ca, err := authority.Load(authority.Config{Dir: s.cfg.CADir, Clock: s.cfg.Clock, Random: s.cfg.Random})
	if err != nil {
		return err
	}
	roots, err := authority.LoadRoots(s.cfg.UpstreamCAs)
	if err != nil {
		return err
	}
	if s.cfg.Capture != nil {
		if s.packets, err = NewPackets(s.cfg.Capture, nil, 0); err != nil {
			return err
		}
	}
	s.views = views.New(views.Config{Recorder: r, Sensor: Name, Clock: s.cfg.Clock})
	s.box, err = New(Config{
		Self: s.cfg.Self, Dir: s.dir, Authority: ca, Roots: roots, Sink: s.views, Packets: s.packets,
		Maps: s.cfg.Maps, QUIC: s.cfg.QUIC, Clock: s.cfg.Clock, Linger: time.Second, Hidden: []string{s.cfg.CADir},
	})
	return err
}

// run is the door's runner.
func (s *Sensor) run(ctx context.Context, o Order, files [3]*os.File) (int, error) {
	exit, err := s.box.Run(ctx, Program{
		Args: o.Args, Env: o.Env, Dir: o.Dir, Stdin: files[0], Stdout: files[1], Stderr: files[2], Writable: o.Writable,
	})
	return exit.Status(), err
}

// Quiet waits until no exchange is in progress and all ended ones have been
// recorded, or until ctx is done.
func (s *Sensor) Quiet(ctx context.Context) {
	s.box.Settle(ctx)
	s.views.Quiet(ctx)
}

// Failed returns the error that made recording impossible, nil if none did.
func (s *Sensor) Failed() error { return s.box.Failed() }

// Stop ends all programs and records what they sent.
func (s *Sensor) Stop(context.Context) error {
	s.stop.Do(func() {
		if s.door == nil {
			return
		}
		s.door.close()
		s.stopped = errors.Join(s.views.Finish(), s.box.Failed())
		if s.packets != nil {
			s.stopped = errors.Join(s.stopped, s.packets.Close())
		}
		s.stopped = errors.Join(s.stopped, os.RemoveAll(s.dir))
	})
	return s.stopped
}
