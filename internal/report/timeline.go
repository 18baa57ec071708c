package report

import (
	"math"
	"time"

	"example.org/telltale"
)

// timeBins is the number of columns of the time line, however long the run.
const timeBins = 120

// laneHigh is the height of one lane's bars in units of its view box.
const laneHigh = 40

// Timeline is the run in lanes of counts over time.
type Timeline struct {
	// Wide is the width of a lane in units: one a bin.
	Wide   int
	High   int
	Lanes  []Lane
	Stages []StageBand
	From   string
	Took   string
	// Bin is the time that one bar stands for.
	Bin string
}

// Lane is one row of bars. Class is "typed", "bad", "way", "other" or "own".
type Lane struct {
	Label, Class string
	Total        Count
	Bars         []Bar
}

// Bar of one bin, Y down from the top.
type Bar struct{ X, Y, H int }

// StageBand is a part of the run, placed in percent of the whole.
type StageBand struct {
	Name, Took  string
	Left, Width float64
}

// clockwork turns times into bins.
type clockwork struct {
	from time.Time
	took time.Duration
}

func (c clockwork) bin(t time.Time) int {
	if c.took <= 0 {
		return 0
	}
	share := float64(t.Sub(c.from)) / float64(c.took)
	return min(max(int(share*timeBins), 0), timeBins-1)
}

func (c clockwork) share(t time.Time) float64 {
	if c.took <= 0 {
		return 0
	}
	return math.Round(1000*float64(t.Sub(c.from))/float64(c.took)) / 10
}

func (x *index) timeline() Timeline {
	from, to := x.extent()
	c := clockwork{from, to.Sub(from)}
	t := Timeline{Wide: timeBins, High: laneHigh, From: moment(from), Took: span(c.took), Bin: span(c.took / timeBins)}
	t.Lanes = append(x.probeLanes(c), x.flowLanes(c)...)
	t.Stages = x.stageBands(c)
	return t
}

// tallyLane is a lane in the making.
type tallyLane struct {
	label, class string
	total        int
	bins         [timeBins]int
}

func (l *tallyLane) at(c clockwork, t time.Time) {
	if t.IsZero() {
		return
	}
	l.total++
	l.bins[c.bin(t)]++
}

// lane scales the bars; the root keeps a single event visible beside a burst.
func (l *tallyLane) lane() Lane {
	out := Lane{Label: l.label, Class: l.class, Total: Count(l.total)}
	most := 0
	for _, n := range l.bins {
		most = max(most, n)
	}
	for i, n := range l.bins {
		if n > 0 {
			h := max(6, int(math.Round(laneHigh*math.Sqrt(float64(n)/float64(most)))))
			out.Bars = append(out.Bars, Bar{X: i, Y: laneHigh - h, H: h})
		}
	}
	return out
}

func (x *index) probeLanes(c clockwork) []Lane {
	harmless := tallyLane{label: "Harmless messages typed", class: "typed"}
	tested := tallyLane{label: "Tested words typed", class: "tested"}
	kept := tallyLane{label: "Messages held back", class: "bad"}
	for i := range x.rec.Probes {
		p := &x.rec.Probes[i]
		receipt, ok := x.last[p.ID]
		if !ok {
			continue
		}
		if p.Arm == telltale.ArmContact || p.Arm == telltale.ArmControl {
			harmless.at(c, receipt.Sent)
		} else {
			tested.at(c, receipt.Sent)
		}
		if receipt.Outcome.Kept() {
			kept.at(c, receipt.Sent)
		}
	}
	return []Lane{harmless.lane(), tested.lane(), kept.lane()}
}

func (x *index) flowLanes(c clockwork) []Lane {
	copies := tallyLane{label: "Exchanges with a copy in them", class: "bad"}
	way := tallyLane{label: "Exchanges on the message's way", class: "way"}
	other := tallyLane{label: "Other exchanges", class: "other"}
	own := tallyLane{label: "Our own look at collectors", class: "own"}
	for i := range x.rec.Flows {
		f := &x.rec.Flows[i]
		switch {
		case f.Sensor == exposeSensor:
			own.at(c, f.Start)
		case x.holds[f.ID]:
			copies.at(c, f.Start)
		case x.own(f):
			way.at(c, f.Start)
		default:
			other.at(c, f.Start)
		}
	}
	lanes := []Lane{copies.lane(), way.lane(), other.lane()}
	if own.total > 0 {
		lanes = append(lanes, own.lane())
	}
	return lanes
}

// stageBands pairs the begin of each stage with its end.
func (x *index) stageBands(c clockwork) []StageBand {
	var out []StageBand
	begun := map[string]time.Time{}
	for _, s := range x.rec.Stages {
		if !s.Done {
			begun[s.Name] = s.At
			continue
		}
		from, ok := begun[s.Name]
		if !ok || len(out) == 12 {
			continue
		}
		delete(begun, s.Name)
		out = append(out, StageBand{
			Name: cut(s.Name, 30), Took: span(s.At.Sub(from)),
			Left: c.share(from), Width: math.Max(0.3, math.Round(10*(c.share(s.At)-c.share(from)))/10),
		})
	}
	return out
}
