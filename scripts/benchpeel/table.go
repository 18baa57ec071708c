package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// wall is the time that goes by, from any beginning.
func wall() time.Duration { return time.Duration(time.Now().UnixNano()) }

// row is one measure.
type row struct {
	what, ours, base, ratio, must, goal string
}

func print(w io.Writer, rows []row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\there\tbaseline\tratio\tmust\tgoal")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.what, r.ours, r.base, r.ratio, r.must, r.goal)
	}
	return t.Flush()
}

// rate is how many units one call of f does a second.
func rate(units int, f func()) float64 {
	from := used()
	f()
	return float64(units) / max(used()-from, time.Microsecond).Seconds()
}

// beside measures several things in turn, rounds times, and returns the
// median rate of each: what else the machine does hits all alike.
func beside(rounds int, fs ...func() float64) []float64 {
	all := make([][]float64, len(fs))
	for range rounds {
		for i, f := range fs {
			all[i] = append(all[i], f())
		}
	}
	out := make([]float64, len(fs))
	for i, a := range all {
		slices.Sort(a)
		out[i] = a[len(a)/2]
	}
	return out
}
