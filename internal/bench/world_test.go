package bench_test

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.org/telltale"
)

const (
	collector = "collector.test"
	// pace is how long a message takes to arrive.
	pace = 20 * time.Millisecond
)

// rule sets a filter off: a text that holds all of these and none of those.
type rule struct{ all, without []string }

func (r rule) hit(text string) bool {
	return !slices.ContainsFunc(r.all, func(w string) bool { return !strings.Contains(text, w) }) &&
		!slices.ContainsFunc(r.without, func(w string) bool { return strings.Contains(text, w) })
}

// world is an app and all that surrounds it: its driver, the sensor at its
// line, and the collector. It is made for one test.
type world struct {
	rules []rule
	drops bool
	// copies tells whether the nth hit is copied; nil: never.
	copies func(n int) bool
	// watched is an account all of whose messages are copied.
	watched string
	// lag is how long after the arrival a copy leaves.
	lag time.Duration
	// seal writes a copy into the query; nil: hex.
	seal func(text string) string
	// path of uploads; empty: /log/up.
	path string
	// behave stands between the engine and the driver, if set. n counts the
	// calls from 1; typed is what the driver would do.
	behave func(ctx context.Context, n int, m telltale.Typing, typed typist) (telltale.Receipt, error)
	// accounts that the driver has; nil: accounts().
	accounts []telltale.Account
	// started is called when the sensor has begun to watch, if set.
	started func()
	// undescribed, if set, is all that the driver says of itself.
	undescribed error

	recorder            telltale.Recorder
	leaving             []chan struct{}
	calls, hits, resets int
	stops, closes       int
	sent                []telltale.Typing
	late                []telltale.Receipt
}

type typist func(telltale.Typing) telltale.Receipt

func always(int) bool { return true }

// appDriver is the driver of a world.
type appDriver struct{ *world }

func (d appDriver) Describe(context.Context) (telltale.Description, error) {
	have := d.accounts
	if have == nil {
		have = accounts()
	}
	return telltale.Description{App: telltale.App{Name: "chat", Version: "1"}, Accounts: have, ReadBack: true}, d.undescribed
}

func (d appDriver) Send(ctx context.Context, m telltale.Typing) (telltale.Receipt, error) {
	d.calls++
	typed := func(m telltale.Typing) telltale.Receipt { return d.typed(ctx, m) }
	if d.behave == nil {
		return typed(m), nil
	}
	return d.behave(ctx, d.calls, m, typed)
}

func (d appDriver) Late(context.Context) ([]telltale.Receipt, error) {
	late := d.late
	d.late = nil
	return late, nil
}

func (d appDriver) Reset(context.Context) error { d.resets++; return nil }

func (d appDriver) Close() error { d.closes++; return nil }

// typed is what the app does with a message.
func (w *world) typed(ctx context.Context, m telltale.Typing) telltale.Receipt {
	r := telltale.Receipt{Probe: m.Probe, Typed: m.Text, Got: m.Text, Outcome: telltale.Delivered, Sent: time.Now()}
	w.sent = append(w.sent, m)
	hit := slices.ContainsFunc(w.rules, func(r rule) bool { return r.hit(m.Text) })
	took := pace
	if hit && w.drops {
		r.Outcome, r.Got, took = telltale.Dropped, "", m.Wait
	}
	if hit {
		w.hits++
	}
	if hit && w.copies != nil && w.copies(w.hits) || w.watched != "" && (m.From == w.watched || m.To == w.watched) {
		w.leave(m)
	}
	pass(ctx, took)
	r.Settled = time.Now()
	return r
}

// pass lets the time of the bubble go by.
func pass(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// leave has a copy of a message leave the app after the lag.
func (w *world) leave(m telltale.Typing) {
	done := make(chan struct{})
	w.leaving = append(w.leaving, done)
	recorder := w.recorder
	time.AfterFunc(w.lag, func() {
		defer close(done)
		// A recorder that takes no more ends the run by itself.
		_ = upload(recorder, w.address(m.Text))
	})
}

func (w *world) address(text string) string {
	path := cmp.Or(w.path, "/log/up")
	if w.seal != nil {
		return path + "?r=" + w.seal(text)
	}
	return path + "?r=" + hex.EncodeToString([]byte(text))
}

// upload is a request as a sensor records it.
func upload(to telltale.Recorder, target string) error {
	now := time.Now()
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, collector)
	digest, err := to.Keep(request)
	if err != nil {
		return err
	}
	return to.Record(telltale.Flow{
		Sensor: "line", Protocol: "http", Host: collector, Port: 80, Visibility: telltale.Clear,
		Start: now, End: now, BytesOut: int64(len(request)),
		Messages: []telltale.Message{{Leg: telltale.LegApp, Out: true, At: now, Size: int64(len(request)), Bytes: digest}},
	})
}

// lineSensor is the sensor of a world.
type lineSensor struct{ *world }

func (s lineSensor) View() []telltale.Coverage {
	return []telltale.Coverage{{Sensor: "line", Sees: true, What: "everything"}}
}

func (s lineSensor) Start(_ context.Context, r telltale.Recorder) ([]string, error) {
	s.recorder = r
	if s.started != nil {
		s.started()
	}
	return []string{"LINE=1"}, nil
}

// Quiet waits for the copies that are on their way.
func (s lineSensor) Quiet(ctx context.Context) {
	for _, done := range s.leaving {
		select {
		case <-done:
		case <-ctx.Done():
			return
		}
	}
}

func (s lineSensor) Stop(ctx context.Context) error {
	s.stops++
	s.Quiet(ctx)
	return nil
}
