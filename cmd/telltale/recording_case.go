package main

import (
	"context"
	"errors"
	"runtime"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/sensor/views"
)

// caseRecord keeps a run as a case. A nil one keeps nothing.
type caseRecord struct {
	*casefile.Case
	app   *app
	views *views.Views
	span  telltale.Span
}

// openCase begins the case, if one was asked for.
func (r *recording) openCase(sensor string) (*caseRecord, error) {
	if r.keep.caseDir == "" {
		return nil, nil
	}
	key, err := r.app.signingKey()
	if err != nil {
		return nil, err
	}
	c, err := casefile.Create(r.keep.caseDir, casefile.Options{Clock: r.app.clock, Random: r.app.random, Signer: key})
	if err != nil {
		return nil, err
	}
	record := &caseRecord{Case: c, app: r.app}
	record.views = views.New(views.Config{Recorder: c, Sensor: sensor, Clock: r.app.clock})
	r.sinks = append(r.sinks, record.views)
	r.later(record.end)
	return record, nil
}

// begin writes down what is run, and under whose eyes.
func (c *caseRecord) begin(command []string, sensor string, view []telltale.Coverage) error {
	if c == nil {
		return nil
	}
	app := telltale.App{Name: title(command), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	err := errors.Join(
		c.PutScenario(telltale.Scenario{
			Name: "run", App: app,
			Driver:  telltale.DriverSpec{Kind: "none", Command: command},
			Sensors: []telltale.SensorSpec{{Kind: sensor}},
		}),
		c.PutApp(app), c.PutCoverage(view),
	)
	c.span.From = c.app.clock()
	return err
}

// end writes down how long was watched, signs, and writes the reports. It is
// called when the packet file has been closed.
func (c *caseRecord) end() error {
	c.span.To = c.app.clock()
	err := c.views.Finish()
	if err == nil && !c.span.From.IsZero() {
		err = c.PutSpan(c.span)
	}
	if err == nil && !c.span.From.IsZero() {
		err = c.PutEnd("")
	}
	if err == nil {
		err = finishCase(context.Background(), c.Case)
	}
	return errors.Join(err, c.Close())
}
