package attribute_test

import (
	"fmt"
	"sync"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
	stat "example.org/telltale/internal/attribute/stats"
)

// nullWorld is an app that does nothing with words, amid a background that
// differs from run to run: beacons, bursts, telemetry of each message, losses.
func nullWorld(seed uint64) *world {
	return &world{
		name: fmt.Sprintf("null %d", seed), loss: []float64{0, 0.01, 0.03}[seed%3], trials: 2 + int(seed%4),
		quiet: seed%10 == 9,
	}
}

// TestNull runs apps whose arms differ in nothing. The share of cases with any
// supported finding must not exceed the declared alpha; the bound allows for
// 1,000 runs being a sample, with an error of one in a million.
// go test -run TestNull -v prints the figures.
func TestNull(t *testing.T) {
	t.Parallel()
	runs := 1000
	if testing.Short() {
		runs = 60
	}
	const alpha = 0.05
	var mu sync.Mutex
	var wg sync.WaitGroup
	supported, open := 0, 0
	kinds := map[telltale.Kind]int{}
	count := func(findings []telltale.Finding) {
		mu.Lock()
		defer mu.Unlock()
		certain := 0
		for _, f := range findings {
			kinds[f.Claim.Kind]++
			if f.Verdict == telltale.Supported {
				certain = 1
			}
		}
		supported += certain
		open += min(1, len(findings)) - certain
	}
	for part := range 2 {
		wg.Go(func() {
			for seed := part; seed < runs; seed += 2 {
				w := nullWorld(uint64(seed))
				rec := w.run(uint64(seed))
				count(attribute.State(rec, attribute.Observe(rec, w.blob)))
			}
		})
	}
	wg.Wait()
	limit := 0
	for stat.BinomialUpper(limit, runs, alpha) > 1e-6 {
		limit++
	}
	low, high := stat.ClopperPearson(supported, runs, 0.95)
	t.Logf("%d null runs: %d with a supported finding (%.2f %%, 95 %% interval %.2f to %.2f %%), declared %.0f %%; %d more with an inconclusive one; findings by kind %v",
		runs, supported, 100*float64(supported)/float64(runs), 100*low, 100*high, 100*alpha, open, kinds)
	if supported >= limit {
		t.Errorf("%d of %d null runs have supported findings, want fewer than %d", supported, runs, limit)
	}
}
