package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"example.org/telltale"
	"example.org/telltale/internal/bench"
	driverexec "example.org/telltale/internal/driver/exec"
	"example.org/telltale/internal/peel"
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
	return map[string]func(surroundings, []string) (telltale.Driver, error){
		"exec": func(s surroundings, env []string) (telltale.Driver, error) {
			spec := s.scenario.Driver
			return driverexec.New(driverexec.Config{
				Command: spec.Command, Dir: spec.Dir, Env: slices.Concat(spec.Env, env),
				Timeout: spec.Timeout, Clock: s.app.clock, Stderr: s.stderr,
			}), nil
		},
	}
}

// sensors is the table of sensors by kind.
func sensors() map[string]func(s surroundings) (telltale.Sensor, error) {
	return map[string]func(surroundings) (telltale.Sensor, error){
		"proxy": func(s surroundings) (telltale.Sensor, error) {
			capture, err := s.capture("proxy")
			if err != nil {
				return nil, err
			}
			p, err := proxy.New(proxy.Config{
				Clock: s.app.clock, Random: s.app.random, Resolve: s.resolve,
				Dir: s.caDir, UpstreamCAs: s.scenario.Authorities, Capture: capture, Log: s.log,
			})
			return &recordedProxy{Proxy: p, capture: capture}, err
		},
	}
}

// recordedProxy seals its packet file when it stops.
type recordedProxy struct {
	*proxy.Proxy
	capture io.Closer
	sealed  sync.Once
}

// Stop ends the watch and seals the packet file.
func (p *recordedProxy) Stop(ctx context.Context) error {
	err := p.Proxy.Stop(ctx)
	p.sealed.Do(func() { err = errors.Join(err, p.capture.Close()) })
	return err
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
