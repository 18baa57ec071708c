// Package roles is what each process of the lab does: the directory, the
// relay, the web servers, the population, the chat client, and the filter
// process of the oldest one. Every role learns profile, seed and addresses
// from the lab directory, says READY when it can be used, and ends when its
// standard input ends.
package roles

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"

	"example.org/telltale"
	"example.org/telltale/internal/lab/guard"
	"example.org/telltale/internal/lab/labdir"
	"example.org/telltale/internal/lab/proc"
	"example.org/telltale/internal/lab/profile"
)

// Ports that clients ask for. The name map leads to the real ones.
const (
	loginPort = "33033"
	relayPort = "33034"
)

// Env is what a process gets from its surroundings.
type Env struct {
	Dir labdir.Dir
	// Program is the binary to start a filter process with.
	Program string
	// Getenv looks up the proxy and certificate variables.
	Getenv func(string) string
	// Stdin ends the process when it ends; Stdout takes READY.
	Stdin  io.Reader
	Stdout io.Writer
	// Stderr is shared with child processes.
	Stderr io.Writer
	Clock  telltale.Clock
	// Random draws keys, ids and challenges.
	Random io.Reader
	Log    *slog.Logger
}

// lab is what the lab directory says.
type lab struct {
	Env
	state labdir.State
	plan  profile.Plan
	names guard.Names
}

func open(env Env) (lab, error) {
	state, err := env.Dir.Load()
	if err != nil {
		return lab{}, err
	}
	plan, err := state.Plan()
	if err != nil {
		return lab{}, err
	}
	names, err := guard.LoadNames(env.Dir.Names())
	return lab{Env: env, state: state, plan: plan, names: names}, err
}

// Run is the whole life of a role process.
func Run(ctx context.Context, kind labdir.Kind, name string, env Env) error {
	l, err := open(env)
	if err != nil {
		return err
	}
	ctx, cancel := proc.UntilEOF(ctx, env.Stdin)
	defer cancel()
	switch kind {
	case labdir.KindDirectory:
		return l.directory(ctx, name)
	case labdir.KindRelay:
		return l.relay(ctx, name)
	case labdir.KindWeb:
		return l.web(ctx, name)
	case labdir.KindPopulation:
		return l.population(ctx)
	case labdir.KindFilter:
		return l.filter(ctx, name)
	}
	return fmt.Errorf("the lab has no role %q", kind)
}

// data makes and names the folder of a role.
func (l lab) data(name string) (string, error) {
	dir := l.Dir.Data(name)
	return dir, os.MkdirAll(dir, 0o700)
}

// listen binds the address that the name map has for host.
func (l lab) listen(ctx context.Context, host string) (net.Listener, error) {
	addr, err := l.names.Resolve(host)
	if err != nil {
		return nil, err
	}
	return guard.Listen(ctx, "tcp", addr)
}

// source is a random source of a role's own, from the lab's seed.
func (l lab) source(label string) *rand.Rand { return l.plan.Source("role/" + label) }
