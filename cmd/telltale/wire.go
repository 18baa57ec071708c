package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"example.org/telltale"
	"example.org/telltale/internal/bench"
	driverexec "example.org/telltale/internal/driver/exec"
	"example.org/telltale/internal/driver/human"
	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/sensor/box"
	"example.org/telltale/internal/sensor/file"
	"example.org/telltale/internal/sensor/gateway"
	"example.org/telltale/internal/sensor/list"
	"example.org/telltale/internal/sensor/proxy"
)

// surroundings is what drivers and sensors of one run are built from.
type surroundings struct {
	app      *app
	scenario telltale.Scenario
	// caDir keeps the case's certificate authority.
	caDir string
	// capture opens a packet file.
	capture func(sensor string) (io.WriteCloser, error)
	stderr  io.Writer
	log     *slog.Logger
}

// drivers is the table of drivers by kind.
func drivers() map[string]func(s surroundings, env []string) (telltale.Driver, error) {
	table := map[string]func(surroundings, []string) (telltale.Driver, error){
		"human": func(s surroundings, _ []string) (telltale.Driver, error) {
			return human.New(human.Config{
				App: s.scenario.App, Accounts: s.scenario.Accounts, Places: s.scenario.Places,
				In: s.app.stdin, Out: s.stderr, Clipboard: terminal(s.stderr), Clock: s.app.clock,
			}), nil
		},
		"exec": func(s surroundings, env []string) (telltale.Driver, error) {
			spec := s.scenario.Driver
			command, err := boxed(spec, env)
			if err != nil {
				return nil, err
			}
			return driverexec.New(driverexec.Config{
				Command: command, Dir: spec.Dir, Env: slices.Concat(spec.Env, env),
				Timeout: spec.Timeout, Clock: s.app.clock, Stderr: s.stderr,
			}), nil
		},
	}
	for kind := range endKinds() {
		table[kind] = func(s surroundings, env []string) (telltale.Driver, error) { return pairedDriver(s, env) }
	}
	return table
}

// sensors is the table of sensors by kind.
func sensors() map[string]func(surroundings, telltale.SensorSpec) (telltale.Sensor, error) {
	return map[string]func(surroundings, telltale.SensorSpec) (telltale.Sensor, error){
		file.Kind: func(s surroundings, spec telltale.SensorSpec) (telltale.Sensor, error) {
			return file.New(file.Config{Path: spec.Path, Name: spec.Name, Clock: s.app.clock})
		},
		"proxy": func(s surroundings, _ telltale.SensorSpec) (telltale.Sensor, error) {
			capture, err := s.capture("proxy")
			if err != nil {
				return nil, err
			}
			p, err := proxy.New(proxy.Config{
				Clock: s.app.clock, Random: s.app.random, Resolve: s.resolve,
				Dir: s.caDir, UpstreamCAs: s.scenario.Authorities, Capture: capture, Log: s.log,
			})
			return &sealed{quietSensor: p, capture: capture}, err
		},
		"sandbox": func(s surroundings, spec telltale.SensorSpec) (telltale.Sensor, error) {
			maps, err := s.maps()
			if err != nil {
				return nil, err
			}
			capture, err := s.capture("sandbox")
			if err != nil {
				return nil, err
			}
			self, err := os.Executable()
			if err != nil {
				return nil, fmt.Errorf("finding this program: %w", err)
			}
			b, err := box.NewSensor(box.SensorConfig{
				Self: []string{"/proc/self/exe", sandboxInit}, Enter: []string{self, "box"},
				CADir: s.caDir, UpstreamCAs: s.scenario.Authorities, Maps: maps, Capture: capture,
				QUIC: gateway.QUIC(spec.QUIC), Clock: s.app.clock, Random: s.app.random,
			})
			return &sealed{quietSensor: b, capture: capture}, err
		},
	}
}

// quietSensor is what all sensors here are.
type quietSensor interface {
	telltale.Sensor
	telltale.Quieter
}

// sealed is a sensor that seals its packet file when it stops.
type sealed struct {
	quietSensor
	capture io.Closer
	once    sync.Once
}

// Stop ends the watch and seals the packet file.
func (s *sealed) Stop(ctx context.Context) error {
	err := s.quietSensor.Stop(ctx)
	s.once.Do(func() { err = errors.Join(err, s.capture.Close()) })
	return err
}

// Failed returns the error that ended the watch, nil while it goes on.
func (s *sealed) Failed() error {
	if f, ok := s.quietSensor.(interface{ Failed() error }); ok {
		return f.Failed()
	}
	return nil
}

// maps are the scenario's names as a gateway wants them.
func (s surroundings) maps() ([]gateway.Map, error) {
	var all []gateway.Map
	for _, name := range slices.Sorted(maps.Keys(s.scenario.Names)) {
		m, err := gateway.ParseMap(name + "=" + s.scenario.Names[name])
		if err != nil {
			return nil, fmt.Errorf("names: %w", err)
		}
		all = append(all, m)
	}
	return all, nil
}

// peelers is the table of peelers.
func peelers() []peel.Peeler { return peel.All() }

// offerLists tells which responses may be fetched word lists.
func offerLists(f telltale.Flow, body func(telltale.Digest) ([]byte, error)) []bench.ListCandidate {
	var out []bench.ListCandidate
	for _, c := range list.Offer(f, body) {
		out = append(out, bench.ListCandidate{Message: c.Message, Body: c.Body})
	}
	return out
}

// resolve gives the address of a host: the scenario's names first, then the
// system's resolver.
func (s surroundings) resolve(_ context.Context, host string, port int) (string, error) {
	if addr, ok := s.scenario.Names[strings.ToLower(host)]; ok {
		return addr, nil
	}
	if strings.HasSuffix(host, ".test") {
		return "", fmt.Errorf("no such name: %s (names under .test stand in the scenario's names)", host)
	}
	return net.JoinHostPort(host, strconv.Itoa(port)), nil
}

// choose takes a row of a table, or names the rows there are.
func choose[T any](what, kind string, table map[string]T) (T, error) {
	row, ok := table[kind]
	if !ok {
		return row, fmt.Errorf("there is no %s %q: have %s", what, kind, strings.Join(slices.Sorted(maps.Keys(table)), ", "))
	}
	return row, nil
}
