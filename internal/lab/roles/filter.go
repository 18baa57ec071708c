package roles

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"example.org/telltale/internal/lab/guard"
	"example.org/telltale/internal/lab/labdir"
	"example.org/telltale/internal/lab/proc"
	"example.org/telltale/internal/lab/watch"
)

// filter is the role of the filter process that a client of 2006 starts. It
// has the client's environment, so its requests pass the same proxy.
func (l lab) filter(ctx context.Context, account string) error {
	dir, err := l.data("clients")
	if err != nil {
		return err
	}
	dialer, err := l.dialer(account, dir)
	if err != nil {
		return err
	}
	config, err := l.watchConfig(account, dialer)
	if err != nil {
		return err
	}
	ln, err := l.anywhere(ctx, account)
	if err != nil {
		return err
	}
	if err := proc.SayReady(l.Stdout, ln.Addr().String()); err != nil {
		return errors.Join(err, ln.Close())
	}
	return watch.NewFilter(config).Serve(ctx, ln)
}

// anywhere listens on a free port of the account's own loopback address.
func (l lab) anywhere(ctx context.Context, account string) (net.Listener, error) {
	addr, err := l.names.Resolve(account + ".peer.test")
	if err != nil {
		return nil, err
	}
	ip, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	return guard.Listen(ctx, "tcp", net.JoinHostPort(ip, "0"))
}

const (
	filterWait  = 10 * time.Second
	filterGrace = 2 * time.Second
)

// filterProcess is the filter process as its client sees it: started with
// it, and again when it died.
type filterProcess struct {
	lab     lab
	account string

	mu   sync.Mutex
	addr string
	proc *proc.Process
}

// start starts the process and waits until it can be asked.
func (f *filterProcess) start(ctx context.Context) error {
	p, err := proc.Start(proc.Config{
		Program: f.lab.Program, Log: f.lab.Stderr,
		Args: []string{"lab", "role", string(labdir.KindFilter), "--dir", string(f.lab.Dir), "--name", f.account},
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, filterWait)
	defer cancel()
	addr, err := p.AwaitReady(ctx)
	if err != nil {
		p.Stop(0)
		return err
	}
	p.Ignore()
	f.proc, f.addr = p, addr
	return nil
}

// dial connects to the process; one that died is replaced first.
func (f *filterProcess) dial(ctx context.Context) (net.Conn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.proc != nil {
		select {
		case <-f.proc.Exited():
			f.proc = nil
		default:
		}
	}
	if f.proc == nil {
		if err := f.start(ctx); err != nil {
			return nil, err
		}
	}
	return guard.Dial(ctx, "tcp", f.addr)
}

func (f *filterProcess) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.proc != nil {
		f.proc.Stop(filterGrace)
	}
}
