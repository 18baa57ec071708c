package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"example.org/telltale/internal/driver/ends"
)

//go:embed agent.js
var agent string

// world is the name of the world in which the agent runs.
const world = "telltale"

// session is one run of the browser with its page.
type session struct {
	e       *End
	hear    func(ends.Event)
	proc    *process
	c       *client
	version string
	script  string

	mu sync.Mutex
	// frame is the page's main frame; context the agent's world in it, 0
	// while a document is loading. changed is closed when it changes.
	frame   string
	context int
	changed chan struct{}
	// ready is true when the chat is open: from then on a new document is an
	// error. broken says what went wrong with the page.
	ready  bool
	broken error
	// opened is whom the last message went to.
	opened string
}

func (e *End) begin(ctx context.Context, hear func(ends.Event)) (*session, error) {
	s := &session{e: e, hear: hear, changed: make(chan struct{})}
	config, err := json.Marshal(map[string]any{
		"messages": e.opts.Messages, "errors": e.opts.Errors, "ended": e.opts.Ended, "shadows": e.opts.Shadows,
	})
	if err != nil {
		return nil, err
	}
	s.script = agent + "(" + string(config) + ");"
	if s.proc, err = e.launch(ctx); err != nil {
		return nil, err
	}
	s.c = newClient(s.proc.link, s.event)
	if err := s.attach(ctx); err != nil {
		return nil, errors.Join(s.explain(err), s.close())
	}
	return s, nil
}

// attach finds the page that the browser has opened, and puts the agent
// beside whatever will be loaded into it.
func (s *session) attach(ctx context.Context) error {
	var version struct{ Product string }
	if err := s.c.call(ctx, "Browser.getVersion", arguments{}, &version); err != nil {
		return err
	}
	s.version = version.Product
	var made struct {
		TargetID string `json:"targetId"`
	}
	if err := s.c.call(ctx, "Target.createTarget", arguments{"url": "about:blank"}, &made); err != nil {
		return err
	}
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	if err := s.c.call(ctx, "Target.attachToTarget", arguments{"targetId": made.TargetID, "flatten": true}, &attached); err != nil {
		return err
	}
	s.c.mu.Lock()
	s.c.session = attached.SessionID
	s.c.mu.Unlock()
	s.mu.Lock()
	s.frame = made.TargetID
	s.mu.Unlock()
	return s.enable(ctx)
}

func (s *session) enable(ctx context.Context) error {
	for _, step := range []struct {
		method string
		params arguments
	}{
		{"Page.enable", nil},
		{"Inspector.enable", nil},
		{"Runtime.enable", nil},
		{"Runtime.addBinding", arguments{"name": "telltaleSay", "executionContextName": world}},
		{"Page.addScriptToEvaluateOnNewDocument", arguments{"source": s.script, "worldName": world, "runImmediately": true}},
		{"Emulation.setFocusEmulationEnabled", arguments{"enabled": true}},
		{"Emulation.setDeviceMetricsOverride", arguments{"width": s.e.opts.Width, "height": s.e.opts.Height, "deviceScaleFactor": 1, "mobile": false}},
	} {
		if step.params == nil {
			step.params = arguments{}
		}
		if err := s.c.call(ctx, step.method, step.params, nil); err != nil {
			return err
		}
	}
	return nil
}

// explain adds what the browser said to an error.
func (s *session) explain(err error) error {
	if said := s.proc.said.String(); said != "" && errors.Is(err, s.c.ended()) {
		return fmt.Errorf("%w; the browser said: %s", err, s.e.scrubbed(said))
	}
	return err
}

func (s *session) close() error {
	s.mu.Lock()
	s.ready = false
	s.mu.Unlock()
	return s.proc.close(s.c)
}

// agentWorld waits for the agent beside the page's document.
func (s *session) agentWorld(ctx context.Context) (int, error) {
	for {
		s.mu.Lock()
		id, changed, broken := s.context, s.changed, s.broken
		s.mu.Unlock()
		switch {
		case broken != nil:
			return 0, broken
		case id != 0:
			return id, nil
		}
		select {
		case <-changed:
		case <-s.c.done:
			return 0, s.c.ended()
		case <-ctx.Done():
			return 0, fmt.Errorf("the page does not load: %w", context.Cause(ctx))
		}
	}
}

// ask evaluates a call of the agent, as in telltale.held("#x"), in the
// document that is there now. Each argument is written as JSON.
func (s *session) ask(ctx context.Context, into any, function string, args ...any) error {
	id, err := s.agentWorld(ctx)
	if err != nil {
		return err
	}
	expression := "telltale." + function + "("
	for i, a := range args {
		b, err := json.Marshal(a)
		if err != nil {
			return err
		}
		if i > 0 {
			expression += ","
		}
		expression += string(b)
	}
	var out struct {
		Result    struct{ Value json.RawMessage }
		Exception *struct {
			Text      string
			Exception struct{ Description string }
		} `json:"exceptionDetails"`
	}
	err = s.c.call(ctx, "Runtime.evaluate", arguments{
		"expression": expression + ")", "contextId": id, "awaitPromise": true, "returnByValue": true, "userGesture": true,
	}, &out)
	switch {
	case err != nil:
		return err
	case out.Exception != nil:
		return fmt.Errorf("looking at the page: %s %s", out.Exception.Text, out.Exception.Exception.Description)
	case into == nil || len(out.Result.Value) == 0:
		return nil
	}
	return json.Unmarshal(out.Result.Value, into)
}

// quiet waits until the page has not changed for a moment, so that whatever
// it has got is shown and told.
func (s *session) quiet(ctx context.Context) error {
	return s.ask(ctx, nil, "quiet", quietSpan.Milliseconds(), s.e.opts.patience().Milliseconds())
}

// quietSpan is how long a page must not change to be called quiet.
const quietSpan = 250 * time.Millisecond

func (o *Options) patience() time.Duration { return time.Duration(o.Patience) }
