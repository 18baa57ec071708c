package report

import (
	"time"

	"example.org/telltale"
)

// mostFiles bounds the app's files in a report.
const mostFiles = 12

func (x *index) subject() Subject {
	app := x.app()
	s := Subject{App: x.appName(), Platform: app.Platform, Vantage: app.Vantage}
	for _, f := range app.Files[:min(len(app.Files), mostFiles)] {
		s.Files = append(s.Files, AppFile{Path: cut(f.Path, 120), Size: Count(f.Size), Digest: string(f.Digest)})
	}
	s.MoreFiles = Count(len(app.Files) - len(s.Files))
	from, to := x.extent()
	s.Began = moment(from)
	if to.After(from) {
		s.Took = span(to.Sub(from))
	}
	return s
}

// app as described by the driver, or else as the scenario declares it.
func (x *index) app() telltale.App {
	if x.rec.App.Name != "" {
		return x.rec.App
	}
	return x.rec.Scenario.App
}

// appName is name and version, cut.
func (x *index) appName() string {
	a := x.app()
	name := a.Name
	if name == "" {
		name = x.Say("unnamed")
	}
	if a.Version != "" {
		name += " " + a.Version
	}
	return short(name, 60)
}

// appTitle is the name alone, for headlines.
func (x *index) appTitle() string {
	if name := x.app().Name; name != "" {
		return short(name, 40)
	}
	return x.Say("unnamed")
}

// extent is the time from the first to the last thing recorded.
func (x *index) extent() (from, to time.Time) {
	see := func(t time.Time) {
		if t.IsZero() {
			return
		}
		if from.IsZero() || t.Before(from) {
			from = t
		}
		if t.After(to) {
			to = t
		}
	}
	for _, s := range x.rec.Stages {
		see(s.At)
	}
	for _, s := range x.rec.Listening {
		see(s.From)
		see(s.To)
	}
	for i := range x.rec.Flows {
		see(x.rec.Flows[i].Start)
		see(x.rec.Flows[i].End)
	}
	for i := range x.rec.Receipts {
		see(x.rec.Receipts[i].Sent)
		see(x.rec.Receipts[i].Settled)
	}
	return from, to
}
