package peel

import (
	"context"
	"testing"
)

// BenchmarkPasses is what a key costs in each pass of the search in a
// program, where every place may be a key.
func BenchmarkPasses(b *testing.B) {
	file, message := noiseBytes(1, 1<<16), noiseBytes(2, 240)
	layers := []sealed{{b: message, in: scanInput(message), least: scanEnough}}
	s := newSurprise(file)
	for _, r := range rawPasses() {
		b.Run(r.name, func(b *testing.B) {
			keys := s.count(file, r.size)
			pass := phase{r.name, r.bytewise, func(p *prober, piece []byte) {
				s.each(piece, r.size, func(from int) { p.try(piece[from:from+r.size], keyRef{at: from}, r.kinds) })
			}}
			for b.Loop() {
				if found := scanPhase(context.Background(), file, layers, pass); len(found) > 0 {
					b.Fatalf("a key in random bytes: %+v", found)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(int64(b.N)*keys), "ns/key")
		})
	}
}
