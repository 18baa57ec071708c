package drivertest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/driver/drivertest"
)

// fake is a driver of an app that exists in memory. Its hooks make it bad.
type fake struct {
	describes int
	sends     int
	closes    int
	resets    int

	describe func(n int, d *telltale.Description) error
	send     func(n int, m telltale.Typing, r *telltale.Receipt) error
	lateness func() []telltale.Receipt
	reset    func() error
	closing  func(n int) error
}

func (f *fake) Describe(context.Context) (telltale.Description, error) {
	f.describes++
	d := telltale.Description{
		App:      telltale.App{Name: "memory"},
		Accounts: []telltale.Account{{Name: "ann", Side: telltale.SideApp}, {Name: "ben", Side: telltale.SidePeer}},
		ReadBack: true,
	}
	if f.describe != nil {
		err := f.describe(f.describes, &d)
		return d, err
	}
	return d, nil
}

func (f *fake) Send(_ context.Context, m telltale.Typing) (telltale.Receipt, error) {
	f.sends++
	now := time.Unix(int64(f.sends), 0)
	r := telltale.Receipt{Probe: m.Probe, Typed: m.Text, Outcome: telltale.Delivered, Got: m.Text, Sent: now, Settled: now}
	if f.closes > 0 {
		r = telltale.Receipt{Probe: m.Probe, Outcome: telltale.Void, Reason: "closed", Sent: now, Settled: now}
	} else if m.To != "ann" && m.To != "ben" {
		return r, errors.New("no such account")
	}
	if f.send != nil {
		err := f.send(f.sends, m, &r)
		return r, err
	}
	return r, nil
}

func (f *fake) Reset(context.Context) error {
	f.resets++
	if f.reset != nil {
		return f.reset()
	}
	return nil
}

func (f *fake) Late(context.Context) ([]telltale.Receipt, error) {
	if f.lateness != nil {
		return f.lateness(), nil
	}
	return nil, nil
}

func (f *fake) Close() error {
	f.closes++
	if f.closing != nil {
		return f.closing(f.closes)
	}
	return nil
}

func TestGoodDriverPasses(t *testing.T) {
	t.Parallel()
	f := &fake{}
	results := drivertest.Check(t.Context(), f, drivertest.Options{})
	if !drivertest.Passed(results) {
		t.Errorf("a good driver failed: %+v", results)
	}
	if len(results) < 25 || f.closes != 2 || f.resets != 2 {
		t.Errorf("%d checks, %d closes, %d resets: the suite skipped something", len(results), f.closes, f.resets)
	}
	if drivertest.Passed(nil) {
		t.Error("no result at all counts as passed")
	}
}

func TestVoidIsHonestForDifficultTexts(t *testing.T) {
	t.Parallel()
	f := &fake{send: func(_ int, m telltale.Typing, r *telltale.Receipt) error {
		if strings.ContainsAny(m.Text, "🌞") || len(m.Text) > 500 {
			*r = telltale.Receipt{Probe: m.Probe, Outcome: telltale.Void, Reason: "cannot type this", Sent: r.Sent, Settled: r.Settled}
		}
		return nil
	}}
	if results := drivertest.Check(t.Context(), f, drivertest.Options{}); !drivertest.Passed(results) {
		t.Errorf("an honest driver failed: %+v", results)
	}
}

// TestBadDriversFail breaks one rule each and names the check that must notice.
func TestBadDriversFail(t *testing.T) {
	t.Parallel()
	onSend := func(f func(n int, m telltale.Typing, r *telltale.Receipt) error) *fake { return &fake{send: f} }
	cases := []struct {
		name string
		bad  *fake
		want string
	}{
		{"cannot describe", &fake{describe: func(int, *telltale.Description) error { return errors.New("no") }}, "describe: answers"},
		{"no name", &fake{describe: func(_ int, d *telltale.Description) error { d.App.Name = ""; return nil }}, "describe: names the app"},
		{"changes its mind", &fake{describe: func(n int, d *telltale.Description) error {
			d.ReadBack = n == 1
			return nil
		}}, "describe: twice the same"},
		{"drops Han", onSend(func(_ int, m telltale.Typing, r *telltale.Receipt) error {
			if strings.Contains(m.Text, "明") {
				r.Outcome, r.Got = telltale.Dropped, ""
			}
			return nil
		}), "send: Han characters, app to peer"},
		{"trims", onSend(func(_ int, _ telltale.Typing, r *telltale.Receipt) error {
			r.Typed = strings.TrimSpace(r.Typed)
			return nil
		}), "send: spaces, app to peer"},
		{"alters and says delivered", onSend(func(_ int, _ telltale.Typing, r *telltale.Receipt) error {
			r.Got = strings.ReplaceAll(r.Got, "🍵", "?")
			return nil
		}), "send: emoji, peer to app"},
		{"void without reason", onSend(func(n int, _ telltale.Typing, r *telltale.Receipt) error {
			if n == 3 {
				r.Outcome = telltale.Void
			}
			return nil
		}), "send: Han characters, app to peer"},
		{"always void", onSend(func(_ int, _ telltale.Typing, r *telltale.Receipt) error {
			r.Outcome, r.Reason = telltale.Void, "no window"
			return nil
		}), "send: Latin letters, app to peer"},
		{"unknown outcome", onSend(func(_ int, _ telltale.Typing, r *telltale.Receipt) error { r.Outcome = "ok"; return nil }), "send: Latin letters, app to peer"},
		{"wrong probe", onSend(func(_ int, _ telltale.Typing, r *telltale.Receipt) error { r.Probe = "x"; return nil }), "send: Latin letters, app to peer"},
		{"no times", onSend(func(_ int, _ telltale.Typing, r *telltale.Receipt) error { r.Sent = time.Time{}; return nil }), "send: Latin letters, app to peer"},
		{"times reversed", onSend(func(_ int, _ telltale.Typing, r *telltale.Receipt) error {
			r.Settled = r.Sent.Add(-time.Second)
			return nil
		}), "send: Latin letters, app to peer"},
		{"times go back", onSend(func(n int, _ telltale.Typing, r *telltale.Receipt) error {
			r.Sent = time.Unix(int64(1000-n), 0)
			r.Settled = r.Sent
			return nil
		}), "send: Latin letters, peer to app"},
		{"repeats an old arrival", onSend(func(_ int, m telltale.Typing, r *telltale.Receipt) error {
			if m.Probe == "s1" {
				r.Outcome, r.Got = telltale.Dropped, ""
			}
			return nil
		}), "send: the same text, time 2 of 3"},
		{"late strangers", &fake{lateness: func() []telltale.Receipt {
			return []telltale.Receipt{{Probe: "p77", Late: true}}
		}}, "late: receipts are marked and belong to probes"},
		{"late unmarked", &fake{lateness: func() []telltale.Receipt {
			return []telltale.Receipt{{Probe: "s1"}}
		}}, "late: receipts are marked and belong to probes"},
		{"cannot reset", &fake{reset: func() error { return errors.New("no") }}, "reset: succeeds"},
		{"close fails", &fake{closing: func(n int) error {
			if n == 2 {
				return errors.New("already closed")
			}
			return nil
		}}, "close: a second time"},
		{"sends after close", onSend(func(_ int, _ telltale.Typing, r *telltale.Receipt) error {
			r.Outcome = telltale.Delivered
			return nil
		}), "close: nothing is sent afterwards"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			results := drivertest.Check(t.Context(), c.bad, drivertest.Options{})
			if drivertest.Passed(results) {
				t.Fatal("a bad driver passed")
			}
			for _, r := range results {
				if !r.OK && r.Name == c.want {
					return
				}
			}
			t.Errorf("check %q passed: %+v", c.want, results)
		})
	}
}

func TestStrangerMustNotCountAsDropped(t *testing.T) {
	t.Parallel()
	results := drivertest.Check(t.Context(), credulous{&fake{}}, drivertest.Options{})
	for _, r := range results {
		if r.Name == "send: to an unknown account" && !r.OK {
			return
		}
	}
	t.Errorf("a driver that drops messages to nobody passed: %+v", results)
}

// credulous sends to anybody.
type credulous struct{ *fake }

func (c credulous) Send(ctx context.Context, m telltale.Typing) (telltale.Receipt, error) {
	r, err := c.fake.Send(ctx, m)
	if err != nil {
		r.Outcome, r.Got, err = telltale.Dropped, "", nil
	}
	return r, err
}

func TestOneSidedDescriptionFails(t *testing.T) {
	t.Parallel()
	results := drivertest.Check(t.Context(), lonely{&fake{}}, drivertest.Options{})
	if drivertest.Passed(results) || results[3].Name != "describe: accounts of both sides" || results[3].OK {
		t.Errorf("a driver without peers passed: %+v", results)
	}
}

// lonely knows one account only.
type lonely struct{ *fake }

func (lonely) Describe(context.Context) (telltale.Description, error) {
	return telltale.Description{App: telltale.App{Name: "x"}, Accounts: []telltale.Account{{Name: "ann", Side: telltale.SideApp}}}, nil
}

func TestDriverThatNeverReturnsEndsTheSuite(t *testing.T) {
	t.Parallel()
	forever := make(chan struct{})
	t.Cleanup(func() { close(forever) })
	f := &fake{send: func(int, telltale.Typing, *telltale.Receipt) error { <-forever; return nil }}
	results := drivertest.Check(t.Context(), f, drivertest.Options{Wait: time.Millisecond, Patience: time.Millisecond})
	if drivertest.Passed(results) {
		t.Error("a driver that hangs passed")
	}
}
