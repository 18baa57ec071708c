package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"example.org/telltale/internal/driver/ends"
)

// stream is a service that sends by itself.
type stream struct {
	end  *End
	stop context.CancelFunc
	done sync.WaitGroup
	// socket is nil for server-sent events.
	socket *websocket.Conn
	values map[string]string
	// mute says that the service answers no pings.
	mute bool
	// up is whether events come; gap that there was a time when they did not.
	mu      sync.Mutex
	up, gap bool
	// back is signalled when they come again.
	back chan struct{}
}

// listen opens the stream and hears it until it is closed.
func (e *End) listen(ctx context.Context) error {
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	s := &stream{end: e, stop: stop, values: e.values(), up: true, back: make(chan struct{}, 1)}
	var err error
	if e.rules.read.stream == "websocket" {
		err = s.dial(ctx, inner)
	} else {
		err = s.subscribe(ctx, inner)
	}
	if err != nil {
		stop()
		return err
	}
	e.mu.Lock()
	e.stream = s
	e.mu.Unlock()
	return nil
}

func (s *stream) close() {
	s.stop()
	if s.socket != nil {
		_ = s.socket.CloseNow() // the service is not waited for
	}
	s.done.Wait()
}

// dial opens a WebSocket. ctx bounds the opening, inner the listening.
func (s *stream) dial(ctx, inner context.Context) error {
	q := s.end.rules.read
	req, err := q.build(ctx, s.values, s.end.rules.headers)
	if err != nil {
		return err
	}
	open, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, resp, err := websocket.Dial(open, req.URL.String(), &websocket.DialOptions{HTTPClient: s.end.client, HTTPHeader: req.Header})
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close() // what it says is in the error
	}
	if err != nil {
		return fmt.Errorf("opening the WebSocket: %w", bareError(err))
	}
	conn.SetReadLimit(mostBytes)
	s.socket = conn
	for _, t := range q.say {
		if err := conn.Write(open, websocket.MessageText, []byte(t.fill(s.values, "raw"))); err != nil {
			return fmt.Errorf("speaking through the WebSocket: %w", err)
		}
	}
	s.done.Go(func() { s.frames(inner) })
	// A service that answers has set up what it does for this client. One
	// that never does is not asked again.
	short, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := conn.Ping(short); err != nil {
		s.mute = true
		s.end.cfg.Log.Info("the WebSocket does not answer pings", "error", err)
	}
	return nil
}

// frames hears what comes through the WebSocket.
func (s *stream) frames(ctx context.Context) {
	for {
		_, data, err := s.socket.Read(ctx)
		if err != nil {
			if ctx.Err() == nil {
				s.end.event(ends.Event{Kind: ends.Ended, Reason: "the WebSocket was closed: " + clip(err.Error())})
			}
			return
		}
		s.heard(string(data))
	}
}

// heard takes in one frame or event. One that is no message, or cannot be
// read as one, is passed over.
func (s *stream) heard(data string) {
	items, err := s.end.rules.read.extract(found{raw: data}, &response{header: http.Header{}, body: data})
	if err != nil {
		s.end.cfg.Log.Debug("an event that is no message", "error", err)
		return
	}
	for _, it := range items {
		s.end.report(&page{}, "", it)
	}
}

// probe asks whether the WebSocket stands: its answer comes behind whatever
// was sent before.
func (s *stream) probe(ctx context.Context) error {
	if s.mute {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if s.socket == nil {
		return s.whole(ctx)
	}
	return s.socket.Ping(ctx)
}

// whole reports, as an error, that events may have been missed since it was
// asked last. It waits until they come again.
func (s *stream) whole(ctx context.Context) error {
	for {
		s.mu.Lock()
		up, gap := s.up, s.gap
		if up {
			s.gap = false
		}
		s.mu.Unlock()
		switch {
		case up && gap:
			return errors.New("the stream of events was interrupted: some may have been missed")
		case up:
			return nil
		}
		select {
		case <-s.back:
		case <-ctx.Done():
			return fmt.Errorf("the stream of events is interrupted: %w", context.Cause(ctx))
		}
	}
}

// set notes whether events come.
func (s *stream) set(up bool) {
	s.mu.Lock()
	s.up, s.gap = up, true
	s.mu.Unlock()
	select {
	case s.back <- struct{}{}:
	default: // nobody has taken the last signal
	}
}

// say sends a text through the WebSocket.
func (e *End) say(ctx context.Context, q *request, values map[string]string) error {
	e.mu.Lock()
	s := e.stream
	e.mu.Unlock()
	if s == nil || s.socket == nil {
		return errors.New("the WebSocket is not open")
	}
	body, _, err := q.content(values)
	if err != nil {
		return err
	}
	return s.socket.Write(ctx, websocket.MessageText, body)
}

// subscribe asks for server-sent events.
func (s *stream) subscribe(ctx, inner context.Context) error {
	r, err := s.events(ctx, inner, "")
	if err != nil {
		return err
	}
	s.done.Go(func() {
		for r != nil {
			last, pause := s.follow(inner, r)
			s.set(false)
			r = s.again(inner, last, pause) //nolint:bodyclose // follow closes it
		}
	})
	return nil
}

// events makes the request for events. ctx bounds the wait for its answer.
func (s *stream) events(ctx, inner context.Context, last string) (*http.Response, error) {
	cut, cancel := context.WithCancel(inner)
	stop := context.AfterFunc(ctx, cancel)
	defer stop()
	req, err := s.end.rules.read.build(cut, s.values, s.end.rules.headers)
	if err != nil {
		cancel()
		return nil, err
	}
	req.Header.Set("Accept", "text/event-stream")
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	r, err := s.end.client.Do(req)
	if err == nil && (r.StatusCode != http.StatusOK || !strings.Contains(r.Header.Get("Content-Type"), "event-stream")) {
		_ = r.Body.Close() // it is not what was asked for
		err = &notEvents{fmt.Sprintf("HTTP %d %s", r.StatusCode, r.Header.Get("Content-Type"))}
	}
	if err != nil {
		cancel()
		return nil, bareError(err)
	}
	context.AfterFunc(inner, cancel)
	return r, nil
}

// notEvents is an answer other than a stream.
type notEvents struct{ said string }

func (n *notEvents) Error() string { return "no stream of events: " + n.said }

// again opens the stream anew after it has ended, as browsers do: that a
// server ends it after a time is usual. Being refused then is not.
func (s *stream) again(ctx context.Context, last string, pause time.Duration) *http.Response {
	said := false
	for {
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		r, err := s.events(ctx, ctx, last)
		var not *notEvents
		switch {
		case err == nil:
			s.set(true)
			return r
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &not) && !said:
			said = true
			s.end.event(ends.Event{Kind: ends.Barred, Reason: not.said})
		}
		pause = min(2*max(pause, time.Second), time.Minute)
	}
}
