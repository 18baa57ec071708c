package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/telltale"
)

// stopGrace is how long sensors may take to record what is still open.
const stopGrace = 10 * time.Second

func (e *engine) startSensors(ctx context.Context) error {
	e.Progress.Stage("start", 0)
	var coverage []telltale.Coverage
	for i, sensor := range e.Sensors {
		env, err := sensor.Start(ctx, e.Case)
		if err != nil {
			e.Sensors = e.Sensors[:i] // those to be stopped
			return fmt.Errorf("starting a sensor: %w", err)
		}
		e.env = append(e.env, env...)
		coverage = append(coverage, sensor.View()...)
	}
	e.span = telltale.Span{From: e.Clock()}
	return oneByOne(func() error { return e.Case.PutCoverage(coverage) }, e.Case.SealFiles)
}

func (e *engine) stopSensors() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
	defer cancel()
	var errs []error
	for _, sensor := range e.Sensors {
		if err := sensor.Stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stopping a sensor: %w", err))
		}
	}
	return errors.Join(errs...)
}

// sensorsFailed tells why a sensor has ended its watch. What is typed then
// would look as if nothing had left.
func (e *engine) sensorsFailed() error {
	for _, sensor := range e.Sensors {
		if s, ok := sensor.(interface{ Failed() error }); ok {
			if err := s.Failed(); err != nil {
				return fmt.Errorf("a sensor has ended its watch: %w", err)
			}
		}
	}
	return nil
}

// markSpan records that all sensors have watched up to now. A negative
// counts only within what was marked.
func (e *engine) markSpan() error {
	now := e.Clock()
	if err := e.sensorsFailed(); err != nil {
		return err
	}
	e.span.To = now
	return e.Case.PutSpan(e.span)
}

// startDriver starts the app and takes down what is tested.
func (e *engine) startDriver(ctx context.Context) error {
	driver, err := e.Driver(e.env)
	if err != nil {
		return fmt.Errorf("starting the driver: %w", err)
	}
	description, err := driver.Describe(ctx)
	if err != nil {
		return errors.Join(fmt.Errorf("the driver does not describe its app: %w", err), driver.Close())
	}
	description.App.Places = description.Places
	app, err := e.describeApp(description.App)
	if err == nil {
		err = missingAccount(e.Scenario.Accounts, description.Accounts)
	}
	if err == nil {
		err = e.sameApp(app)
	}
	if err != nil {
		return errors.Join(err, driver.Close())
	}
	e.driver, e.places, e.limit = driver, description.Places, description.Limit
	return nil
}

// sameApp records the app, or on a resumed run checks that it is the one
// that the case is about.
func (e *engine) sameApp(app telltale.App) error {
	was := e.Case.Snapshot().App
	if was.Name == "" {
		return e.Case.PutApp(app)
	}
	if was.Name != app.Name || was.Version != app.Version {
		return fmt.Errorf("the case is about %s %s, the driver now drives %s %s: begin a new case", was.Name, was.Version, app.Name, app.Version)
	}
	for i, f := range app.Files {
		if i < len(was.Files) && was.Files[i].Digest != f.Digest {
			return fmt.Errorf("%s has changed since the case was begun: begin a new case", f.Path)
		}
	}
	return nil
}

func missingAccount(want, have []telltale.Account) error {
	for _, w := range want {
		found := false
		for _, h := range have {
			found = found || h == w
		}
		if !found {
			return fmt.Errorf("the scenario needs the account %q on the %s side, the driver does not have it", w.Name, w.Side)
		}
	}
	return nil
}
