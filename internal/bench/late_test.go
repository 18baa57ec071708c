package bench_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
)

// TestLateArrivals has an app drop messages of which some arrive after all.
// Whenever that becomes known, the certificate is not believed.
func TestLateArrivals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		// from is the lost message from which on arrivals become known.
		from int
		// bare receipts bring no times of their own.
		bare bool
	}{
		{"at once", 1, false},
		{"at once, without times", 1, true},
		{"in the search", 6, false},
		{"in the proof", 9, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t, &world{rules: filter().rules, drops: true}, question(filtered...))
				var lost []telltale.Receipt
				drops := 0
				b.world.behave = func(_ context.Context, _ int, m telltale.Typing, typed typist) (telltale.Receipt, error) {
					r := typed(m)
					if r.Outcome != telltale.Dropped {
						return r, nil
					}
					late := telltale.Receipt{Probe: m.Probe, Typed: m.Text, Got: m.Text, Outcome: telltale.Delivered, Late: true}
					if !tt.bare {
						late.Sent, late.Settled = r.Sent, r.Settled.Add(pace)
					}
					drops++
					if lost = append(lost, late); drops >= tt.from {
						b.world.late, lost = append(b.world.late, lost...), nil
					}
					return r, nil
				}
				rec := b.finish()
				for _, p := range rec.Probes {
					if strings.Contains(p.Text, "kkword") && attribute.Cell(rec, p.ID) == telltale.CellVoid {
						t.Errorf("%s is void, it did arrive", p.ID)
					}
				}
				for _, iso := range rec.Isolations {
					if iso.Exact || attribute.CheckCertificate(rec, iso) == nil {
						t.Errorf("a certificate is believed: %+v", iso)
					}
				}
				if supported(rec, telltale.KindTrigger) {
					t.Errorf("stated %q", claims(rec))
				}
			})
		})
	}
}

// TestArrivalAfterTheProof: what was certified is judged again at the end.
func TestArrivalAfterTheProof(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, &world{rules: filter().rules, drops: true}, question(filtered...))
		first := b.finish()
		if !supported(first, telltale.KindTrigger) {
			t.Fatalf("stated %q", claims(first))
		}
		for _, proof := range first.Isolations[0].Certificate {
			if !proof.Reacts {
				continue
			}
			i := slices.IndexFunc(first.Probes, func(p telltale.Probe) bool { return p.ID == proof.Probes[0] })
			text := first.Probes[i].Text
			b.world.late = append(b.world.late, telltale.Receipt{
				Probe: proof.Probes[0], Typed: text, Got: text, Outcome: telltale.Delivered, Late: true, Settled: time.Now(),
			})
		}
		second := b.finish()
		if supported(second, telltale.KindTrigger) {
			t.Errorf("still stated: %q", claims(second))
		}
		if err := attribute.CheckCertificate(second, first.Isolations[0]); err == nil {
			t.Error("the certificate is still believed")
		}
	})
}

// TestFalseLateArrivals: only what was awaited can arrive late.
func TestFalseLateArrivals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, filter(), question(filtered...))
		b.world.behave = func(_ context.Context, _ int, m telltale.Typing, typed typist) (telltale.Receipt, error) {
			r := typed(m)
			wrong := r
			wrong.Late, wrong.Outcome = true, telltale.Delivered
			if r.Outcome == telltale.Dropped {
				wrong.Typed = "something else"
			} else {
				wrong.Outcome = telltale.Dropped
			}
			unknown := wrong
			unknown.Probe = "p999999"
			b.world.late = append(b.world.late, wrong, unknown)
			return r, nil
		}
		rec := b.finish()
		if len(rec.Receipts) != len(rec.Probes) {
			t.Errorf("%d receipts for %d probes", len(rec.Receipts), len(rec.Probes))
		}
		if len(rec.Isolations) != 1 || !rec.Isolations[0].Exact {
			t.Errorf("isolations: %+v", rec.Isolations)
		}
	})
}
