// Package sensortest is the contract of telltale.Sensor as a test suite. A
// sensor's own test calls Run; what is special to it, it tests besides.
package sensortest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/telltale"
)

// Harness is what the suite needs of a sensor.
type Harness struct {
	// New makes a sensor that has not been started.
	New func(t *testing.T) telltale.Sensor
	// Client makes an HTTP client that reaches the network as an app under
	// this sensor would, given the environment that Start returned.
	Client func(t *testing.T, env []string) *http.Client
}

// patience bounds waits that end at once when all is well.
const patience = 20 * time.Second

// Run checks the contract.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, Harness){
		"view": view, "start once": startOnce, "flow": oneFlow, "parallel": parallel,
		"stop": stop, "stop with open connections": stopOpen,
		"recorder fails": recorderFails, "quiet": quiet,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, h)
		})
	}
}

// bed is a started sensor with a client and a recorder.
type bed struct {
	sensor   telltale.Sensor
	recorder *Recorder
	client   *http.Client
}

func start(t *testing.T, h Harness, r *Recorder) bed {
	t.Helper()
	b := bed{sensor: h.New(t), recorder: r}
	env, err := b.sensor.Start(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := b.sensor.Stop(ctx); err != nil && r.Fail == nil {
			t.Errorf("stop: %v", err)
		}
	})
	for _, pair := range env {
		if !strings.Contains(pair, "=") {
			t.Errorf("environment %q is not NAME=value", pair)
		}
	}
	b.client = h.Client(t, env)
	return b
}

// stop stops the sensor in good time.
func (b bed) stop(t *testing.T) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return b.sensor.Stop(ctx)
}

// echo answers with what was sent to it.
func echo(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func (b bed) post(t *testing.T, url, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		t.Errorf("post: %v", err)
		return
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); err != nil || string(got) != text {
		t.Errorf("echo of %q is %q, %v", text, got, err)
	}
}

func view(t *testing.T, h Harness) {
	s := h.New(t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			sees := map[bool]int{}
			for _, c := range s.View() {
				sees[c.Sees]++
				if c.Sensor == "" || c.What == "" {
					t.Errorf("coverage %+v says nothing", c)
				}
			}
			if sees[true] == 0 || sees[false] == 0 {
				t.Errorf("a view names what is seen and what is not; got %v", sees)
			}
		})
	}
	group.Wait()
}

func startOnce(t *testing.T, h Harness) {
	b := start(t, h, &Recorder{})
	if _, err := b.sensor.Start(t.Context(), &Recorder{}); err == nil {
		t.Error("a second start: want an error")
	}
}

func oneFlow(t *testing.T, h Harness) {
	b := start(t, h, &Recorder{})
	before := time.Now()
	b.post(t, echo(t)+"/x", "harmless words")
	if err := b.stop(t); err != nil {
		t.Fatal(err)
	}
	after := time.Now()
	flows := b.recorder.Flows()
	if len(flows) != 1 {
		t.Fatalf("%d flows, want 1", len(flows))
	}
	f := flows[0]
	if f.Sensor == "" || f.Host == "" || f.Port == 0 || f.Error != "" || f.BytesOut == 0 || f.BytesIn == 0 {
		t.Errorf("flow %+v lacks something", f)
	}
	out, in := 0, 0
	last := f.Start
	for _, m := range f.Messages {
		if !bytes.Contains(b.recorder.Bytes(m.Bytes), []byte("harmless words")) {
			t.Errorf("message %+v does not hold what was sent", m)
		}
		if m.At.Before(last) || m.Size != int64(len(b.recorder.Bytes(m.Bytes))) || m.Cut {
			t.Errorf("message %+v: size or order of times", m)
		}
		last = m.At
		if m.Out {
			out++
		} else {
			in++
		}
	}
	if out == 0 || in == 0 {
		t.Errorf("%d messages out, %d in", out, in)
	}
	if f.Start.Before(before.Add(-time.Second)) || f.End.Before(last) || f.End.After(after.Add(time.Second)) {
		t.Errorf("from %v to %v, called between %v and %v", f.Start, f.End, before, after)
	}
}

func parallel(t *testing.T, h Harness) {
	b := start(t, h, &Recorder{})
	url := echo(t)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { b.post(t, url, "one of many") })
	}
	group.Wait()
	if q, ok := b.sensor.(telltale.Quieter); ok {
		q.Quiet(t.Context())
	} else if err := b.stop(t); err != nil {
		t.Fatal(err)
	}
	if n := len(b.recorder.Flows()); n != 20 {
		t.Errorf("%d flows, want 20", n)
	}
}

func stop(t *testing.T, h Harness) {
	b := start(t, h, &Recorder{})
	for range 2 {
		if err := b.stop(t); err != nil {
			t.Error(err)
		}
	}
	if err := h.New(t).Stop(t.Context()); err != nil {
		t.Errorf("stop before start: %v", err)
	}
}

// get begins an exchange and does not care what the answer says.
func (b bed) get(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// hanging begins an exchange whose answer never comes.
func (b bed) hanging(t *testing.T) (ended <-chan struct{}) {
	t.Helper()
	asked, never := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		select {
		case <-never:
		case <-r.Context().Done():
		}
	}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = b.get(context.WithoutCancel(t.Context()), server.URL+"/hangs")
	}()
	t.Cleanup(func() {
		close(never)
		server.Close()
	})
	<-asked
	return done
}

func stopOpen(t *testing.T, h Harness) {
	b := start(t, h, &Recorder{})
	ended := b.hanging(t)
	if err := b.stop(t); err != nil {
		t.Fatal(err)
	}
	<-ended
	flows := b.recorder.Flows()
	if len(flows) != 1 || flows[0].Error == "" || flows[0].BytesOut == 0 {
		t.Errorf("flows %+v: want one, with an error and the request", flows)
	}
}

func recorderFails(t *testing.T, h Harness) {
	full := errors.New("disk full")
	b := start(t, h, &Recorder{Fail: full})
	_ = b.get(t.Context(), echo(t)) // the answer may come or not: it cannot be kept
	if q, ok := b.sensor.(telltale.Quieter); ok {
		q.Quiet(t.Context())
	}
	if err := b.stop(t); !errors.Is(err, full) {
		t.Errorf("stop returns %v, want the recorder's error", err)
	}
	if err := b.get(t.Context(), echo(t)); err == nil {
		t.Error("after an error of the recorder requests still pass")
	}
}

func quiet(t *testing.T, h Harness) {
	b := start(t, h, &Recorder{})
	q, ok := b.sensor.(telltale.Quieter)
	if !ok {
		t.Skip("the sensor does not know whether exchanges are open")
	}
	q.Quiet(t.Context())
	b.hanging(t)
	ctx, cancel := context.WithCancel(t.Context())
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		q.Quiet(ctx)
	}()
	select {
	case <-returned:
		t.Error("quiet although an exchange is open")
	default:
	}
	cancel()
	<-returned
	if n := len(b.recorder.Flows()); n != 0 {
		t.Errorf("%d flows recorded while the exchange is open", n)
	}
}
