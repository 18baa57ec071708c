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

// TestLimits stops a run by each limit. The case is judged and signed, and
// goes on where it stopped once the limit is raised.
func TestLimits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		limits telltale.Limits
		want   string
		check  func(t *testing.T, w *world)
	}{
		{"messages", telltale.Limits{Messages: 40}, "limit of 40 messages", func(t *testing.T, w *world) {
			if len(w.sent) != 40 {
				t.Errorf("%d messages were typed", len(w.sent))
			}
		}},
		{"triggering", telltale.Limits{Triggering: 4}, "limit of 4 triggering", func(t *testing.T, w *world) {
			if w.hits != 4 {
				t.Errorf("%d messages triggered", w.hits)
			}
		}},
		{"duration", telltale.Limits{Duration: time.Second}, "limit of 1s", func(t *testing.T, w *world) {
			if len(w.sent) == 0 || len(w.sent) > int(time.Second/pace) {
				t.Errorf("%d messages were typed in a second, each takes %v", len(w.sent), pace)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t, filter(), question(filtered...))
				b.scenario.Limits = tt.limits
				err := b.run(t.Context())
				if !errors.Is(err, bench.ErrStopped) || !strings.Contains(err.Error(), tt.want) {
					t.Fatalf("the run ended with %v", err)
				}
				tt.check(t, b.world)
				rec := b.sound()
				last := rec.Stages[len(rec.Stages)-1]
				if last.Name != "state" || !last.Done || len(rec.Observations) == 0 {
					t.Errorf("the last stage is %+v, with %d observations", last, len(rec.Observations))
				}
				counted(t, rec)
				typed := len(b.world.sent)
				if err := b.run(t.Context()); tt.limits.Duration == 0 && (!errors.Is(err, bench.ErrStopped) || len(b.world.sent) != typed) {
					t.Errorf("resumed under the same limit it ended with %v, after %d more messages", err, len(b.world.sent)-typed)
				}
			})
		})
	}
}

// TestLimitOfVoids counts those in a row only.
func TestLimitOfVoids(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, &world{}, question(filtered...))
		b.scenario.Limits.Voids = 2
		b.world.behave = func(_ context.Context, n int, m telltale.Typing, typed typist) (telltale.Receipt, error) {
			r := typed(m)
			if n%2 == 0 {
				r.Outcome, r.Reason = telltale.Void, "no focus"
			}
			return r, nil
		}
		if rec := b.finish(); len(rec.Findings) > 0 {
			t.Errorf("stated %q", claims(rec))
		}
	})
}
