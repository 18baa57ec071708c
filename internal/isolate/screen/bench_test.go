package screen_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"example.org/telltale/internal/isolate/screen"
)

// BenchmarkScreen reports messages and triggering messages of the search
// beside two baselines, for 2,000 candidates of which a share reacts: one by
// one, and binary splitting of full messages.
func BenchmarkScreen(b *testing.B) {
	for _, share := range []struct {
		name     string
		triggers int
	}{{"0.5%", 10}, {"5%", 100}, {"20%", 400}} {
		rng := rand.New(rand.NewPCG(8, 8))
		terms, f := many(2000, share.triggers, rng)
		b.Run("screen/"+share.name, func(b *testing.B) {
			for range b.N {
				_, messages, triggering := run(b, screen.Config{Terms: terms, Sep: "\n"}, f)
				b.ReportMetric(float64(messages), "messages")
				b.ReportMetric(float64(triggering), "triggering")
			}
		})
		b.Run("splitting/"+share.name, func(b *testing.B) {
			for range b.N {
				messages, triggering := 0, 0
				for group := range slices.Chunk(terms, 500/7) {
					m, t := split(group, f)
					messages, triggering = messages+m, triggering+t
				}
				b.ReportMetric(float64(messages), "messages")
				b.ReportMetric(float64(triggering), "triggering")
			}
		})
		b.Run("one-by-one/"+share.name, func(b *testing.B) {
			for range b.N {
				triggering := 0
				for _, t := range terms {
					if f.truth(t) {
						triggering++
					}
				}
				b.ReportMetric(float64(len(terms)), "messages")
				b.ReportMetric(float64(triggering), "triggering")
			}
		})
	}
}

// split is plain binary splitting.
func split(group []string, f filter) (messages, triggering int) {
	if !f.truth(strings.Join(group, "\n")) {
		return 1, 0
	}
	messages, triggering = 1, 1
	if len(group) > 1 {
		for _, half := range [][]string{group[:len(group)/2], group[len(group)/2:]} {
			m, t := split(half, f)
			messages, triggering = messages+m, triggering+t
		}
	}
	return messages, triggering
}
