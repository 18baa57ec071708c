package main

import (
	"bytes"
	"fmt"
	"runtime"

	"example.org/telltale/internal/peel/match"
)

// searchRows measures the matcher over size bytes of traffic, which is made
// piece by piece and not stored.
func searchRows(size int) []row {
	c := newCorpus(3)
	needles := c.canaries(1000)
	var set *match.Set
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	build := 1 / beside(5, func() float64 { return rate(1, func() { set = match.CompileCoded(needles) }) })[0]
	memory := float64(heap()-before) / 1e6
	one := match.CompileCoded(needles[:1])

	var many, single, plain float64 // seconds
	done := 0
	for done < size {
		piece := c.piece(min(size-done, 8<<20))
		done += len(piece)
		hits := 0
		m := beside(5, func() float64 {
			return rate(len(piece), func() { hits += len(set.Find(piece, 0)) })
		}, func() float64 {
			return rate(len(piece), func() { hits += len(one.Find(piece, 0)) })
		}, func() float64 {
			return rate(len(piece), func() { hits += bytes.Count(piece, []byte(needles[0].Text)) })
		})
		if hits > 0 {
			panic("a hit in traffic without copies")
		}
		many += float64(len(piece)) / m[0]
		single += float64(len(piece)) / m[1]
		plain += float64(len(piece)) / m[2]
	}
	gbs := func(seconds float64) float64 { return float64(done) / 1e9 / seconds }
	patterns := float64(set.Len())
	return []row{
		{fmt.Sprintf("search, 1,000 canaries in all codings (%d needles), %d MB", set.Len(), done>>20), fmt.Sprintf("%.2f GB/s", gbs(many)),
			fmt.Sprintf("bytes.Index one by one: %.5f GB/s", gbs(plain)/patterns), fmt.Sprintf("%.0fx", gbs(many)/gbs(plain)*patterns), "0.5 GB/s", "1.0 GB/s"},
		{"- cost of 1,000 canaries against 1", fmt.Sprintf("%.2f GB/s", gbs(many)), fmt.Sprintf("1 canary: %.2f GB/s", gbs(single)),
			fmt.Sprintf("%.2fx", many/single), "<= 2x", "<= 1.3x"},
		{"- build", fmt.Sprintf("%.3f s", build), "", "", "<= 0.5 s", ""},
		{"- memory", fmt.Sprintf("%.1f MB", memory), "", "", "<= 64 MB", ""},
	}
}

// piece is traffic without copies, of at least size bytes.
func (c *corpus) piece(size int) []byte {
	var b bytes.Buffer
	c.exchanges(size, nil, func(e exchange) {
		b.Write(e.up)
		b.Write(e.down)
	})
	return b.Bytes()
}
