package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"example.org/telltale/internal/lab/labdir"
	"example.org/telltale/internal/lab/proc"
)

const (
	// stopGrace is how long a role may take to end by itself.
	stopGrace = 4 * time.Second
	// maxRestarts of one role within restartSpan; after that it stays down.
	maxRestarts = 5
	restartSpan = time.Minute
)

// errStopping means that a role was not started because the lab is ending.
var errStopping = errors.New("the lab is being stopped")

// startAll starts the servers at the same time, then the population, which
// logs in to them.
func (n *Network) startAll(ctx context.Context) error {
	var servers, crowd []string
	for _, role := range n.Roles() {
		if role.Kind == labdir.KindPopulation {
			crowd = append(crowd, role.Name)
		} else {
			servers = append(servers, role.Name)
		}
	}
	if err := n.startTogether(ctx, servers); err != nil {
		return err
	}
	return n.startTogether(ctx, crowd)
}

func (n *Network) startTogether(ctx context.Context, names []string) error {
	errs := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() {
			p, err := n.start(ctx, name)
			if errs[i] = err; err == nil {
				n.watchers.Go(func() { n.keep(name, p) })
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// start starts one role and waits until it is ready.
func (n *Network) start(ctx context.Context, name string) (*proc.Process, error) {
	p, err := n.spawn(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	if _, err := p.AwaitReady(ctx); err != nil {
		p.Stop(0)
		return nil, fmt.Errorf("%s: %w; see %s", name, err, n.dir.Log(name))
	}
	p.Ignore()
	return p, nil
}

// spawn starts the process of a role and notes its number.
func (n *Network) spawn(name string) (*proc.Process, error) {
	log, err := os.OpenFile(n.dir.Log(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down {
		return nil, errStopping
	}
	role := n.role(name)
	p, err := proc.Start(proc.Config{
		Program: n.state.Program, Log: log, OwnGroup: true,
		Args: []string{"lab", "role", string(role.Kind), "--dir", string(n.dir), "--name", name},
	})
	if err != nil {
		return nil, err
	}
	n.procs[name] = p
	role.PID = p.PID()
	return p, n.dir.Save(n.state)
}

// role returns the entry of a role in the state. n.mu is held.
func (n *Network) role(name string) *labdir.Role {
	for i := range n.state.Roles {
		if n.state.Roles[i].Name == name {
			return &n.state.Roles[i]
		}
	}
	return &labdir.Role{Name: name}
}

// keep watches over a role and starts it again when it dies, a few times.
func (n *Network) keep(name string, p *proc.Process) {
	var deaths []time.Time
	for {
		select {
		case <-n.stopping:
			return
		case <-p.Exited():
		}
		now := n.clk()
		for len(deaths) > 0 && now.Sub(deaths[0]) > restartSpan {
			deaths = deaths[1:]
		}
		deaths = append(deaths, now)
		if len(deaths) > maxRestarts {
			n.log.Error("a role dies again and again and is left down", "role", name, "log", n.dir.Log(name))
			return
		}
		n.log.Warn("a role died and is started again", "role", name, "how", p.Ending())
		if p = n.revive(name, len(deaths)); p == nil {
			return
		}
	}
}

// revive starts a dead role again; nil when the lab ends meanwhile or the
// role does not come up any more.
func (n *Network) revive(name string, attempt int) *proc.Process {
	timer := time.NewTimer(time.Duration(attempt-1) * 200 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-n.stopping:
		return nil
	case <-timer.C:
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-n.stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	n.mu.Lock()
	n.role(name).Restarts++
	n.mu.Unlock()
	p, err := n.start(ctx, name)
	if err != nil && !errors.Is(err, errStopping) {
		n.log.Error("a role cannot be started again", "role", name, "err", err)
	}
	if err != nil {
		return nil
	}
	return p
}

// Down stops every process and returns when all have ended. It may be called
// more than once.
func (n *Network) Down() error {
	n.once.Do(func() {
		close(n.stopping)
		n.mu.Lock()
		n.down = true
		procs := n.procs
		n.mu.Unlock()
		var all sync.WaitGroup
		for _, p := range procs {
			all.Go(func() { p.Stop(stopGrace) })
		}
		all.Wait()
		_ = n.control.Close()
		n.watchers.Wait()
		n.forget()
		close(n.done)
	})
	<-n.done
	return nil
}

// forget notes that nothing runs any more.
func (n *Network) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.state.Supervisor, n.state.Control, n.state.Token = 0, "", ""
	for i := range n.state.Roles {
		n.state.Roles[i].PID = 0
	}
	if err := n.dir.Save(n.state); err != nil {
		n.log.Error("state not saved", "err", err)
	}
}
