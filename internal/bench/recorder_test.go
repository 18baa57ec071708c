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

// TestRecorderFails: once nothing can be kept, nothing more is typed, and
// driver and sensor are ended.
func TestRecorderFails(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 5, 13, 25, 45} {
		synctest.Test(t, func(t *testing.T) {
			b := newBed(t, resumed(), question(filtered...))
			b.world.behave = func(_ context.Context, call int, m telltale.Typing, typed typist) (telltale.Receipt, error) {
				if call == n {
					_ = b.open.Close()
				}
				return typed(m), nil
			}
			err := b.run(t.Context())
			if err == nil || errors.Is(err, bench.ErrStopped) || !strings.Contains(err.Error(), "the case is closed") {
				t.Errorf("cut at %d, the run ended with %v", n, err)
			}
			if b.world.calls != n {
				t.Errorf("%d messages were typed after the end of the case", b.world.calls-n)
			}
			if b.world.closes != 1 || b.world.stops != 1 {
				t.Errorf("closed %d times, stopped %d times", b.world.closes, b.world.stops)
			}
		})
	}
}

// TestRecorderFailsAtTheStart: a sensor that has been started is stopped.
func TestRecorderFailsAtTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, filter(), question(filtered...))
		b.world.started = func() { _ = b.open.Close() }
		if err := b.run(t.Context()); err == nil || errors.Is(err, bench.ErrStopped) {
			t.Errorf("the run ended with %v", err)
		}
		if b.world.stops != 1 || b.world.calls != 0 {
			t.Errorf("stopped %d times, %d messages typed", b.world.stops, b.world.calls)
		}
	})
}

// TestRecorderFailsWhileNobodyTypes: a long wait is not sat out for nothing.
func TestRecorderFailsWhileNobodyTypes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, filter(), question(filtered...))
		b.scenario.Listen = 24 * time.Hour
		start := time.Now()
		time.AfterFunc(time.Minute, func() { _ = b.open.Close() })
		if err := b.run(t.Context()); err == nil || errors.Is(err, bench.ErrStopped) {
			t.Errorf("the run ended with %v", err)
		}
		if took := time.Since(start); took > 2*time.Minute {
			t.Errorf("the run ended %v after its case", took-time.Minute)
		}
	})
}
