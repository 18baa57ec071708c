package bench_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/bench"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/signer"
	"example.org/telltale/internal/verify"
)

// blindSensor ends its watch after some messages, as a proxy does that can
// take no more connections.
type blindSensor struct {
	app  *goodApp
	left int
}

func (s *blindSensor) View() []telltale.Coverage { return nil }

func (s *blindSensor) Start(context.Context, telltale.Recorder) ([]string, error) { return nil, nil }

func (s *blindSensor) Stop(context.Context) error { return s.Failed() }

func (s *blindSensor) Failed() error {
	if s.app.sent < s.left {
		return nil
	}
	return errors.New("too many open files")
}

// goodApp delivers everything.
type goodApp struct{ sent int }

func (a *goodApp) Describe(context.Context) (telltale.Description, error) {
	return telltale.Description{App: telltale.App{Name: "good"}, Accounts: accounts()}, nil
}

func (a *goodApp) Send(_ context.Context, m telltale.Typing) (telltale.Receipt, error) {
	a.sent++
	now := time.Now()
	return telltale.Receipt{Probe: m.Probe, Typed: m.Text, Got: m.Text, Outcome: telltale.Delivered, Sent: now, Settled: now}, nil
}

func (a *goodApp) Close() error { return nil }

func accounts() []telltale.Account {
	return []telltale.Account{{Name: "a", Side: telltale.SideApp}, {Name: "b", Side: telltale.SidePeer}}
}

type silent struct{}

func (silent) Stage(string, int) {}
func (silent) Step(int, int)     {}

// TestNothingIsTypedWithoutASensor: what is typed while nobody watches would
// look as if nothing had left.
func TestNothingIsTypedWithoutASensor(t *testing.T) {
	t.Parallel()
	key, err := signer.New(rand.Reader, "tester")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "case")
	c, err := casefile.Create(dir, casefile.Options{Clock: time.Now, Random: rand.Reader, Signer: key})
	if err != nil {
		t.Fatal(err)
	}
	app := &goodApp{}
	err = bench.Run(t.Context(), bench.Config{
		Scenario: telltale.Scenario{
			Name: "blind", Accounts: accounts(), Directions: []telltale.Direction{telltale.Sent, telltale.Received},
			Words: []string{"one"}, Trials: 2, MaxTrials: 2, Seed: 1, Window: time.Millisecond, Alpha: 0.01,
		},
		Case: c, Sensors: []telltale.Sensor{&blindSensor{app, 5}}, Opener: peel.New(peel.All()),
		Driver: func([]string) (telltale.Driver, error) { return app, nil },
		Lists:  func(telltale.Flow, func(telltale.Digest) ([]byte, error)) []bench.ListCandidate { return nil },
		Clock:  time.Now, Random: rand.Reader, Progress: silent{}, Log: slog.New(slog.DiscardHandler),
	})
	if err == nil || errors.Is(err, bench.ErrStopped) || !strings.Contains(err.Error(), "too many open files") {
		t.Errorf("the run ended with %v, want the sensor's error", err)
	}
	if app.sent != 5 {
		t.Errorf("%d messages were typed, want those 5 that the sensor watched", app.sent)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if check, err := verify.Case(dir, verify.Options{}); err != nil || len(check.Problems) > 0 {
		t.Errorf("the case does not hold: %v, %v", check, err)
	}
}
