// Package drivertest is the contract of [telltale.Driver] as a test suite. It
// runs without package testing, so that `telltale driver test` can hold
// anybody's adapter against it, and it types harmless texts only.
//
// A driver may fail to type a text; then it must say so with the outcome
// void. What it may never do is claim something that is not so: a driver
// that says "delivered" of a message that was not, or "dropped" of one that
// was never sent, makes every finding false.
package drivertest

import (
	"context"
	"fmt"
	"time"

	"example.org/telltale"
)

// Options say how to test. Zero values are usable.
type Options struct {
	// Wait is how long each message may take to arrive; zero means 5 s.
	Wait time.Duration
	// Patience bounds each call beyond Wait; zero means 60 s. A call that
	// does not return by then fails the check and ends the suite.
	Patience time.Duration
}

// Result is the outcome of one check.
type Result struct {
	// Name of the check, as in "send: Han characters".
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	// Detail says what was wrong, or what is worth knowing although the
	// check passed.
	Detail string `json:"detail,omitempty"`
}

// Passed reports whether every check is OK, and that there are any.
func Passed(results []Result) bool {
	for _, r := range results {
		if !r.OK {
			return false
		}
	}
	return len(results) > 0
}

// Check holds d against the contract. It calls Close in the end, whatever
// happens. Checks that make no sense after a failed one are left out.
func Check(ctx context.Context, d telltale.Driver, o Options) []Result {
	if o.Wait <= 0 {
		o.Wait = 5 * time.Second
	}
	if o.Patience <= 0 {
		o.Patience = time.Minute
	}
	s := &suite{ctx: ctx, d: d, o: o, sent: map[string]string{}}
	if s.describe() {
		s.send()
		s.again()
		s.unknownAccount()
		s.late()
		s.reset()
	}
	s.close()
	return s.results
}

// suite is one run of the checks.
type suite struct {
	ctx context.Context
	d   telltale.Driver
	o   Options

	results []Result
	// app and peer are an account of each side.
	app, peer string
	// sent maps the probes typed so far to their texts; last is the time of
	// the newest receipt.
	sent map[string]string
	last time.Time
	// stuck is set when a call has not returned: nothing more can be asked.
	stuck bool
}

// check records one result: wrong is what is wrong, or empty.
func (s *suite) check(name, wrong string) bool {
	s.results = append(s.results, Result{Name: name, OK: wrong == "", Detail: wrong})
	return wrong == ""
}

// note adds what is worth knowing to the last result.
func (s *suite) note(detail string) {
	if last := &s.results[len(s.results)-1]; last.Detail == "" {
		last.Detail = detail
	}
}

// call runs one call of the driver within Patience and extra.
func (s *suite) call(extra time.Duration, f func(context.Context) error) error {
	if s.stuck {
		return fmt.Errorf("not asked, because an earlier call never returned")
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.o.Patience+extra)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	// A driver is allowed some time to notice that ctx is done.
	late := time.NewTimer(s.o.Patience + extra + min(s.o.Patience, 5*time.Second))
	defer late.Stop()
	select {
	case err := <-done:
		return err
	case <-late.C:
		s.stuck = true
		return fmt.Errorf("the call has not returned after %v, though its context was done", s.o.Patience+extra)
	}
}
