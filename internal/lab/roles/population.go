package roles

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"example.org/telltale/internal/lab/chat"
	"example.org/telltale/internal/lab/guard"
	"example.org/telltale/internal/lab/proc"
	"example.org/telltale/internal/lab/watch"
)

const (
	// talkPause is the mean pause between two messages of the whole crowd.
	talkPause = 400 * time.Millisecond
	// crowdWait bounds how long the crowd may take to log in before READY.
	crowdWait = 8 * time.Second
)

// population runs all scripted users in one process and has them chat until
// ctx ends. Their traffic passes no proxy: they are not under test.
func (l lab) population(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	l.Getenv = func(string) string { return "" }
	crowd := &crowd{lab: l, clients: map[string]*chat.Client{}}
	defer func() {
		cancel()
		err = errors.Join(err, crowd.leave())
	}()
	if err := crowd.enter(ctx); err != nil {
		return err
	}
	if err := proc.SayReady(l.Stdout, ""); err != nil {
		return err
	}
	crowd.talk(ctx, l.source("talk"))
	return nil
}

// crowd are the scripted users.
type crowd struct {
	lab     lab
	clients map[string]*chat.Client
	// filter is shared by all clients whose filter is a process of its own.
	filter net.Listener
	tasks  sync.WaitGroup
}

// enter starts all clients and waits until they are logged in.
func (c *crowd) enter(ctx context.Context) error {
	var ready sync.WaitGroup
	for _, member := range c.lab.plan.Crowd {
		client, err := c.client(ctx, member.Name, member.Monitored)
		if err != nil {
			return fmt.Errorf("scripted user %s: %w", member.Name, err)
		}
		c.clients[member.Name] = client
		ready.Add(1)
		c.tasks.Go(func() { listenFor(client, ready.Done) })
	}
	in := make(chan struct{})
	go func() { ready.Wait(); close(in) }()
	timer := time.NewTimer(crowdWait)
	defer timer.Stop()
	select {
	case <-in:
	case <-timer.C:
		c.lab.Log.Warn("not all scripted users are logged in yet")
	case <-ctx.Done():
	}
	return nil
}

// listenFor reads a client's events until it is closed, which is what shows
// its messages; ready is called once.
func listenFor(client *chat.Client, ready func()) {
	var once sync.Once
	for event := range client.Events() {
		if event.Kind == chat.KindReady {
			once.Do(ready)
		}
	}
	once.Do(ready)
}

func (c *crowd) client(ctx context.Context, name string, monitored bool) (*chat.Client, error) {
	config, err := c.lab.clientConfig(name)
	if err != nil {
		return nil, err
	}
	if monitored {
		watching, err := c.lab.watchConfig(name, config.Dialer)
		if err != nil {
			return nil, err
		}
		if err := c.shareFilter(ctx, watching); err != nil {
			return nil, err
		}
		config.Monitor = watch.Open(watching, c.dialFilter)
	}
	client, err := chat.NewClient(config)
	if err != nil {
		return nil, err
	}
	return client, client.Start(ctx)
}

// shareFilter starts the filter that the whole crowd uses, if its build has
// one: thirty processes more would show nothing new.
func (c *crowd) shareFilter(ctx context.Context, config watch.Config) error {
	if c.filter != nil || config.Build.Scan == "" || !config.Build.Separate {
		return nil
	}
	ln, err := c.lab.anywhere(ctx, c.lab.plan.Crowd[0].Name)
	if err != nil {
		return err
	}
	c.filter = ln
	c.tasks.Go(func() {
		if err := watch.NewFilter(config).Serve(ctx, ln); err != nil {
			c.lab.Log.Error("the crowd's filter ended", "err", err)
		}
	})
	return nil
}

func (c *crowd) dialFilter(ctx context.Context) (net.Conn, error) {
	return guard.Dial(ctx, "tcp", c.filter.Addr().String())
}

// talk has somebody say something every now and then.
func (c *crowd) talk(ctx context.Context, rng *rand.Rand) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		line := c.lab.plan.Talk(rng)
		if _, err := c.clients[line.From].Send(ctx, line.To, line.Text); err != nil {
			c.lab.Log.Debug("not said", "from", line.From, "err", err)
		}
		timer.Reset(time.Duration(rng.ExpFloat64() * float64(talkPause)))
	}
}

// leave closes all clients at the same time.
func (c *crowd) leave() error {
	var closing sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	for _, client := range c.clients {
		closing.Go(func() {
			err := client.Close()
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		})
	}
	closing.Wait()
	c.tasks.Wait()
	return errors.Join(errs...)
}
