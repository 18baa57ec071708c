package bench_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/bench"
)

// TestFaultyDriver has a driver do one call in three wrongly. What it did
// wrongly is void, is put again, and never counts.
func TestFaultyDriver(t *testing.T) {
	t.Parallel()
	fail := errors.New("the window is gone")
	for _, tt := range []struct {
		name   string
		reason string // of the void trials
		resets bool
		wrong  func(ctx context.Context, m telltale.Typing, typed typist) (telltale.Receipt, error)
	}{
		{"errs", "the window is gone", true, func(context.Context, telltale.Typing, typist) (telltale.Receipt, error) {
			return telltale.Receipt{}, fail
		}},
		{"errs after typing", "the window is gone", true, func(_ context.Context, m telltale.Typing, typed typist) (telltale.Receipt, error) {
			return typed(m), fail
		}},
		{"void", "no focus", false, func(_ context.Context, m telltale.Typing, _ typist) (telltale.Receipt, error) {
			now := time.Now()
			return telltale.Receipt{Probe: m.Probe, Outcome: telltale.Void, Reason: "no focus", Sent: now, Settled: now}, nil
		}},
		{"types another text", "the input field held", false, func(_ context.Context, m telltale.Typing, typed typist) (telltale.Receipt, error) {
			m.Text = m.Text[1:]
			return typed(m), nil
		}},
		{"answers for another probe", "p000001", false, func(_ context.Context, m telltale.Typing, typed typist) (telltale.Receipt, error) {
			r := typed(m)
			r.Probe = "p000001"
			return r, nil
		}},
		{"no such outcome", "maybe", false, func(_ context.Context, m telltale.Typing, typed typist) (telltale.Receipt, error) {
			r := typed(m)
			r.Outcome = "maybe"
			return r, nil
		}},
		{"no outcome", "outcome", false, func(_ context.Context, m telltale.Typing, typed typist) (telltale.Receipt, error) {
			r := typed(m)
			r.Outcome = ""
			return r, nil
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t, filter(), question(filtered...))
				wrongly := 0
				b.world.behave = func(ctx context.Context, n int, m telltale.Typing, typed typist) (telltale.Receipt, error) {
					if n%3 != 2 {
						return typed(m), nil
					}
					wrongly++
					return tt.wrong(ctx, m, typed)
				}
				rec := b.finish()
				voids := 0
				for _, r := range rec.Receipts {
					if r.Outcome != telltale.Void {
						continue
					}
					voids++
					if !strings.Contains(r.Reason, tt.reason) {
						t.Errorf("%s is void because %q", r.Probe, r.Reason)
					}
				}
				if voids != wrongly || voids == 0 {
					t.Errorf("%d trials are void, want %d", voids, wrongly)
				}
				if got := b.world.resets > 0; got != tt.resets {
					t.Errorf("the driver was reset %d times", b.world.resets)
				}
				sound := newBed(t, filter(), question(filtered...)).finish()
				if got, want := strings.Join(counted(t, rec), "\n"), strings.Join(counted(t, sound), "\n"); got != want {
					t.Errorf("counted:\n%s\nwant:\n%s", got, want)
				}
				if got, want := strings.Join(claims(rec), "\n"), strings.Join(claims(sound), "\n"); got != want {
					t.Errorf("found:\n%s\nwant:\n%s", got, want)
				}
			})
		})
	}
}

// TestHangingDriver answers no more until its context ends.
func TestHangingDriver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, filter(), question(filtered...))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Hour, cancel)
		b.world.behave = func(ctx context.Context, n int, m telltale.Typing, typed typist) (telltale.Receipt, error) {
			if n == 30 {
				<-ctx.Done()
				return telltale.Receipt{}, ctx.Err()
			}
			return typed(m), nil
		}
		if err := b.run(ctx); !errors.Is(err, bench.ErrStopped) {
			t.Errorf("the run ended with %v", err)
		}
		rec := b.sound()
		if last := rec.Receipts[len(rec.Receipts)-1]; len(rec.Probes) != 30 || last.Outcome != telltale.Void {
			t.Errorf("%d probes, the last one %s", len(rec.Probes), last.Outcome)
		}
		if b.world.closes != 1 || b.world.stops != 1 || b.world.resets != 0 {
			t.Errorf("closed %d times, stopped %d times, reset %d times", b.world.closes, b.world.stops, b.world.resets)
		}
	})
}

// TestUselessDriver ends the run before more is tried in vain.
func TestUselessDriver(t *testing.T) {
	t.Parallel()
	gone := errors.New("no such window")
	for _, tt := range []struct {
		name  string
		world *world
		calls int
		want  string
	}{
		{"never answers", &world{behave: func(context.Context, int, telltale.Typing, typist) (telltale.Receipt, error) {
			return telltale.Receipt{}, gone
		}}, 5, "no such window"},
		{"stops to answer", &world{behave: func(_ context.Context, n int, m telltale.Typing, typed typist) (telltale.Receipt, error) {
			if n > 20 {
				return telltale.Receipt{}, gone
			}
			return typed(m), nil
		}}, 25, "mend the driver"},
		{"does not describe its app", &world{undescribed: gone}, 0, "no such window"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t, tt.world, question(filtered...))
				err := b.run(t.Context())
				if err == nil || errors.Is(err, bench.ErrStopped) || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("the run ended with %v, want %q", err, tt.want)
				}
				if tt.world.calls != tt.calls {
					t.Errorf("%d messages were tried, want %d", tt.world.calls, tt.calls)
				}
				if rec := b.sound(); len(rec.Findings) > 0 {
					t.Errorf("stated %q", claims(rec))
				}
				if tt.world.closes != 1 || tt.world.stops != 1 {
					t.Errorf("closed %d times, stopped %d times", tt.world.closes, tt.world.stops)
				}
			})
		})
	}
}

// TestAlteredMessages: what arrives changed was kept from its reader.
func TestAlteredMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, &world{}, question(filtered...))
		b.world.behave = func(_ context.Context, _ int, m telltale.Typing, typed typist) (telltale.Receipt, error) {
			r := typed(m)
			r.Got = strings.ReplaceAll(r.Got, "kkword", "***")
			return r, nil
		}
		rec := b.finish()
		last := rec.LastReceipts()
		for _, p := range rec.Probes {
			want := telltale.Delivered
			if strings.Contains(p.Text, "kkword") {
				want = telltale.Altered
			}
			if last[p.ID].Outcome != want {
				t.Errorf("%q was %s, want %s", p.Text, last[p.ID].Outcome, want)
			}
		}
		if !supported(rec, telltale.KindSuppression) || len(rec.Isolations) != 1 || !rec.Isolations[0].Exact {
			t.Errorf("found %q, isolated %+v", claims(rec), rec.Isolations)
		}
	})
}

// TestDriverWithAnotherClock: times that cannot be are not believed, or every
// answer would lie outside the time that was watched.
func TestDriverWithAnotherClock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-time.Hour, -10 * time.Millisecond, time.Hour, 1 << 60} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t, filter(), question(filtered...))
				start := time.Now()
				b.world.behave = func(_ context.Context, _ int, m telltale.Typing, typed typist) (telltale.Receipt, error) {
					r := typed(m)
					r.Sent, r.Settled = r.Sent.Add(skew), r.Settled.Add(skew)
					return r, nil
				}
				rec := b.finish()
				if len(rec.Isolations) != 1 || !rec.Isolations[0].Exact {
					t.Errorf("isolations: %+v", rec.Isolations)
				}
				if got := len(counted(t, rec)); got != len(rec.Probes) {
					t.Errorf("%d of %d probes count", got, len(rec.Probes))
				}
				if took := time.Since(start); took > time.Hour {
					t.Errorf("the run waited %v in vain", took)
				}
			})
		})
	}
}
