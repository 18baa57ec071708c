// Package bench is the engine: one scenario, one driver, its sensors, every
// step recorded in a case.
//
// # Resuming
//
// The engine keeps no state of its own. Every probe has a Key that says which
// question of the plan it answers; before a probe is typed, the case is asked
// for an answer under that key. A resumed run therefore walks the same plan
// from its beginning and types only what has no answer yet. A probe that was
// committed but never settled is void and is asked again under a new ID.
package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/expose"
	"example.org/telltale/internal/peel"
	"example.org/telltale/internal/scenario"
)

// Progress is told how far a run is. It is called from one goroutine.
type Progress interface {
	// Stage begins a part of the run; total steps are expected, 0 if unknown.
	Stage(name string, total int)
	// Step says that n steps are done, of total as far as known by now.
	Step(n, total int)
}

// Config is one run, with everything it needs from outside.
type Config struct {
	// Scenario must be the one that the case was begun with when Resume.
	Scenario telltale.Scenario
	Case     *casefile.Case
	Resume   bool
	Sensors  []telltale.Sensor
	// Driver starts the driver in the environment that the sensors ask for.
	Driver func(env []string) (telltale.Driver, error)
	// Opener peels what was captured.
	Opener *peel.Opener
	// Lists offers responses that may be fetched word lists.
	Lists func(f telltale.Flow, body func(telltale.Digest) ([]byte, error)) []ListCandidate
	// Getter sends the requests of active checks and records them.
	Getter expose.Getter
	// Stamp asks an authority that the scenario names for a time stamp over a
	// checkpoint's file and returns the response.
	Stamp func(ctx context.Context, authority string, checkpoint []byte) ([]byte, error)
	// ReadFile reads an app's file for its keys.
	ReadFile func(path string) ([]byte, error)
	Clock    telltale.Clock
	// Random lays out nothing; it only names things. See Scenario.Seed.
	Random   io.Reader
	Progress Progress
	Log      *slog.Logger
}

// ListCandidate is a body that may be a list of words.
type ListCandidate struct {
	Message int
	Body    []byte
}

// ErrStopped means that the run ended before its plan was done, by a limit,
// the stop rule or a signal. The case is sound and can be resumed.
var ErrStopped = errors.New("the run was stopped")

// engine is a run in progress. It is used by one goroutine.
type engine struct {
	Config
	driver telltale.Driver
	env    []string
	span   telltale.Span
	keys   []peel.Key
	// keyFiles are the files that keys may stand in at any place.
	keyFiles []peel.KeyFile
	wait     time.Duration // how long to wait for an arrival
	// arrivals are how long the latest messages took.
	arrivals []time.Duration
	settle   time.Duration // how long to wait for a copy
	voids    int           // in a row
	// normal is what becomes of harmless messages; set before isolating.
	normal  map[telltale.Direction]telltale.Cell
	began   time.Time
	answers *answers
	follow  *follower
	// habits is what happens to messages whatever they say.
	habits *attribute.Habits
	// usuals are the effects that harmless messages show; see usualLabels.
	usuals map[wayKey]map[string]bool
	// places and limit are the driver's description.
	places []string
	limit  int
}

// Run puts the scenario's question to the app and states the findings in the
// case. With an error wrapping ErrStopped, what was recorded has been
// judged and signed, too.
func Run(ctx context.Context, cfg Config) error {
	e := &engine{Config: cfg, began: cfg.Clock(), wait: firstWait, settle: cfg.Scenario.Window}
	e.answers = newAnswers(cfg.Case.Snapshot(), cfg.Scenario.Window)
	e.follow = newFollower(cfg)
	e.habits = attribute.NewHabits(cfg.Case.Snapshot())
	e.usuals = map[wayKey]map[string]bool{}
	stopped := e.observe(ctx)
	if failed := cfg.Case.Failed(); failed != nil {
		// Everything that went wrong afterwards follows from this.
		return failed
	}
	if stopped != nil && !errors.Is(stopped, ErrStopped) {
		// The record so far is still signed, so that it can be resumed.
		return errors.Join(stopped, e.Case.Checkpoint())
	}
	if err := e.state(); err != nil {
		return errors.Join(stopped, err)
	}
	// A run that was stopped is stamped as well.
	end := oneByOne(
		func() error { return e.stamp(context.WithoutCancel(ctx), stageFindingsStamp) },
		func() error { return e.Case.PutEnd(reason(stopped)) },
	)
	return errors.Join(stopped, end)
}

// reason is why a run ended before its plan did; empty if it did not.
func reason(stopped error) string {
	if stopped == nil {
		return ""
	}
	return stopped.Error()
}

// observe runs everything that needs the app, and the sensors around it.
func (e *engine) observe(ctx context.Context) (err error) {
	if err := oneByOne(e.describe, func() error { return e.stampPlan(ctx) }); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.stopSensors()) }()
	if err := e.startSensors(ctx); err != nil {
		return err
	}
	if err := e.startDriver(ctx); err != nil {
		return err
	}
	defer func() {
		// Whatever the app still holds back is sent when it is closed.
		if cerr := e.driver.Close(); cerr != nil {
			e.Log.Warn("closing the driver", "error", cerr)
		}
	}()
	if err := e.catchUp(ctx); err != nil {
		return err
	}
	return e.stages(ctx)
}

// catchUp opens what an earlier run recorded and did not come to open:
// copies among it are answers, and need not be provoked again.
func (e *engine) catchUp(ctx context.Context) error {
	if !e.Resume {
		return nil
	}
	for _, layer := range e.Case.Snapshot().Layers {
		// A key that took long to find is not looked for again.
		key := keyOf(layer)
		known := func(k peel.Key) bool { return bytes.Equal(k.Bytes, key.Bytes) }
		if key != nil && layer.KeySource != peel.SourceDerived && !slices.ContainsFunc(e.keys, known) {
			e.keys = append(e.keys, *key)
		}
	}
	// What reached a witness meanwhile is an answer as well.
	if err := e.sight(ctx); err != nil {
		return err
	}
	if err := e.follow.open(ctx, e.keys); err != nil {
		return cutShort(ctx, err)
	}
	e.answers = newAnswers(e.Case.Snapshot(), e.Scenario.Window)
	return nil
}

// cutShort marks an error that comes of the end of ctx.
func cutShort(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, ErrStopped) || ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("%w: %w", ErrStopped, context.Cause(ctx))
}

// stages is the plan, in order.
func (e *engine) stages(ctx context.Context) error {
	screen, isolate := e.screen, e.isolate
	if scenario.Surveys(e.Scenario) {
		screen, isolate = e.survey, e.characterise
	}
	plan := []struct {
		name string
		run  func(context.Context) error
	}{
		{"background", e.background},
		{"contact", e.contact},
		{"screen", screen},
		{"isolate", isolate},
		{"follow", e.followUp},
		{"expose", e.expose},
	}
	for _, stage := range plan {
		if err := e.stage(ctx, stage.name, stage.run); err != nil {
			return fmt.Errorf("%s: %w", stage.name, err)
		}
	}
	return nil
}

// stage runs one part between its marks. The end is signed even when the
// part was cut short.
func (e *engine) stage(ctx context.Context, name string, run func(context.Context) error) error {
	if err := e.Case.PutStage(telltale.Stage{Name: name, At: e.Clock()}); err != nil {
		return err
	}
	err := cutShort(ctx, run(ctx))
	if err != nil && !errors.Is(err, ErrStopped) {
		return err
	}
	done := telltale.Stage{Name: name, At: e.Clock(), Done: true}
	if err != nil {
		done.Note = err.Error()
	}
	return errors.Join(err, e.markSpan(), e.Case.PutStage(done))
}
