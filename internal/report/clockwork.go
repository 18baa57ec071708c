package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What counts as a pause, and how wide it is drawn, as shares of the whole.
const (
	pauseShare = 0.08
	pauseWide  = 0.012
	mostPauses = 6
)

// laneWide and laneHigh are the box that a lane is drawn in.
const (
	laneWide = 1000
	laneHigh = 24
)

// clockwork turns times into places on the time line, pauses left out.
type clockwork struct {
	from, to time.Time
	pauses   []pause
}

type pause struct{ from, to time.Time }

// newClockwork looks for the longest times in which nothing happened.
func newClockwork(from, to time.Time, lanes []tallyLane) clockwork {
	c := clockwork{from: from, to: to}
	all := []time.Time{from, to}
	for i := range lanes {
		all = append(all, lanes[i].times...)
	}
	slices.SortFunc(all, time.Time.Compare)
	least := time.Duration(pauseShare * float64(to.Sub(from)))
	for i := 1; i < len(all); i++ {
		if gap := all[i].Sub(all[i-1]); gap > least && gap > time.Minute && len(c.pauses) < mostPauses {
			c.pauses = append(c.pauses, pause{all[i-1], all[i]})
		}
	}
	return c
}

// shown is the time that is drawn.
func (c clockwork) shown() time.Duration {
	d := c.to.Sub(c.from)
	for _, p := range c.pauses {
		d -= p.to.Sub(p.from)
	}
	return d
}

// share is the place of a time, 0 to 1.
func (c clockwork) share(t time.Time) float64 {
	shown := c.shown()
	if shown <= 0 {
		return 0
	}
	passed, before := t.Sub(c.from), 0.0
	for _, p := range c.pauses {
		switch {
		case !t.Before(p.to):
			passed -= p.to.Sub(p.from)
			before += pauseWide
		case t.After(p.from):
			passed -= t.Sub(p.from)
		}
	}
	free := 1 - pauseWide*float64(len(c.pauses))
	return min(max(before+free*float64(passed)/float64(shown), 0), 1)
}

// lane draws ticks, or bars where there are too many.
func (l *tallyLane) lane(c clockwork) Lane {
	out := Lane{Opens: l.opens, Label: l.label, Class: l.class, Total: Count(len(l.times)), Binned: len(l.times) > mostTicks}
	if out.Binned {
		out.Path = bars(c, l.times)
		return out
	}
	out.Path = ticks(c, l.times)
	return out
}

// ticks draws one line a time; those that would fall on one place are one.
func ticks(c clockwork, times []time.Time) string {
	places := make([]float64, len(times))
	for i, t := range times {
		places[i] = math.Round(c.share(t)*laneWide*2) / 2
	}
	slices.Sort(places)
	var b strings.Builder
	for _, p := range slices.Compact(places) {
		fmt.Fprintf(&b, "M%s 0v%d", strconv.FormatFloat(p, 'f', -1, 64), laneHigh)
	}
	return b.String()
}

// bars counts the times in bins. The root keeps a single one visible beside a
// burst.
func bars(c clockwork, times []time.Time) string {
	var bins [timeBins]int
	for _, t := range times {
		bins[min(int(c.share(t)*timeBins), timeBins-1)]++
	}
	most := slices.Max(bins[:])
	wide := float64(laneWide) / timeBins
	var b strings.Builder
	for i, n := range bins {
		if n > 0 {
			h := max(3, int(math.Round(laneHigh*math.Sqrt(float64(n)/float64(most)))))
			fmt.Fprintf(&b, "M%s %dv-%dh%sv%dz", strconv.FormatFloat(float64(i)*wide, 'f', -1, 64), laneHigh, h, strconv.FormatFloat(wide-0.75, 'f', -1, 64), h)
		}
	}
	return b.String()
}
