package report

import (
	"slices"
	"strings"
	"time"

	"example.org/telltale"
)

// Bounds of the time line.
const (
	// mostTicks is the number of ticks in a lane up to which each is drawn;
	// more are counted in bins.
	mostTicks = 300
	timeBins  = 160
	// mostLanes bounds the lanes of hosts.
	mostLanes = 8
)

// Timeline is the run in lanes: messages by arm and cell, flows by host. It
// shows the time in which messages were typed, without the pauses.
type Timeline struct {
	Lanes  []Lane
	Stages []StageBand
	From   string
	Took   string
	// Binned is true if some lanes have bars.
	Binned bool
	// Bin is the time that one bar stands for, where bars are drawn.
	Bin string
	// Outside is the number of flows before and after that time.
	Outside Count
	// Pauses that were left out, placed as stages are.
	Pauses []StageBand
}

// Lane is one row. Class is the cell of messages, or "taker", "list", "way",
// "other" or "own" for flows.
type Lane struct {
	// Opens is the heading of a group of lanes, at its first.
	Opens        string
	Label, Class string
	Total        Count
	// Path draws it in a box 1000 wide and 24 high: ticks, or bars if Binned.
	Path   string `view:"raw"`
	Binned bool
}

// StageBand is a part of the run, placed in percent of the whole.
type StageBand struct{ Name, Took, Left, Width string }

// tallyLane is a lane in the making.
type tallyLane struct {
	opens, label, class string
	times               []time.Time
}

func (x *index) timeline() Timeline {
	from, to := x.active()
	lanes := append(x.messageLanes(), x.flowLanes()...)
	outside := 0
	for i := range lanes {
		all := len(lanes[i].times)
		lanes[i].times = slices.DeleteFunc(lanes[i].times, func(t time.Time) bool { return t.Before(from) || t.After(to) })
		outside += all - len(lanes[i].times)
	}
	c := newClockwork(from, to, lanes)
	t := Timeline{From: moment(from), Took: span(to.Sub(from)), Bin: span(c.shown() / timeBins), Outside: Count(outside)}
	opens := ""
	for i := range lanes {
		if lanes[i].opens != "" {
			opens = lanes[i].opens
		}
		if len(lanes[i].times) == 0 {
			continue
		}
		lanes[i].opens, opens = opens, ""
		l := lanes[i].lane(c)
		t.Lanes, t.Binned = append(t.Lanes, l), t.Binned || l.Binned
	}
	t.Stages = x.stageBands(c)
	for _, p := range c.pauses {
		t.Pauses = append(t.Pauses, StageBand{Took: span(p.to.Sub(p.from)), Left: percentage(100 * c.share(p.from)), Width: percentage(100 * pauseWide)})
	}
	return t
}

// active is the time from the first message to the last that was settled, and
// the window in which its copy could come; all of the run if none was typed.
func (x *index) active() (from, to time.Time) {
	for i := range x.rec.Receipts {
		r := &x.rec.Receipts[i]
		if r.Sent.IsZero() {
			continue
		}
		if from.IsZero() || r.Sent.Before(from) {
			from = r.Sent
		}
		for _, end := range []time.Time{r.Settled, r.Sent.Add(x.rec.Scenario.Window)} {
			if end.After(to) {
				to = end
			}
		}
	}
	if from.IsZero() {
		return x.extent()
	}
	return from, to
}

// messageLanes sorts the messages by arm and cell, empty lanes left out.
func (x *index) messageLanes() []tallyLane {
	times := map[telltale.Arm]map[telltale.Cell][]time.Time{}
	for i := range x.rec.Probes {
		p := &x.rec.Probes[i]
		if r, ok := x.last[p.ID]; ok && !r.Sent.IsZero() {
			if times[p.Arm] == nil {
				times[p.Arm] = map[telltale.Cell][]time.Time{}
			}
			cell := x.cell(p)
			times[p.Arm][cell] = append(times[p.Arm][cell], r.Sent)
		}
	}
	var out []tallyLane
	for _, arm := range []telltale.Arm{telltale.ArmContact, telltale.ArmControl, telltale.ArmTreatment, telltale.ArmIsolate} {
		opens := x.Say("arm." + string(arm))
		for _, cell := range []telltale.Cell{telltale.CellDelivered, telltale.CellDeliveredCopied, telltale.CellDropped, telltale.CellDroppedCopied, telltale.CellVoid} {
			if list := times[arm][cell]; len(list) > 0 {
				out = append(out, tallyLane{opens, x.effectOf(cell), strings.ReplaceAll(string(cell), "+", "-"), list})
				opens = ""
			}
		}
	}
	return out
}

// flowLanes sorts the flows by host: who got copies first, then the busiest.
func (x *index) flowLanes() []tallyLane {
	hosts, _ := x.hosts()
	lanes := map[string]int{}
	out := make([]tallyLane, 0, mostLanes+2)
	for _, h := range hosts[:min(len(hosts), mostLanes)] {
		lanes[h.Host] = len(out)
		out = append(out, tallyLane{label: h.Host, class: laneClass(h.sum, h.Copies)})
	}
	others, own := tallyLane{label: x.Say("lane.others"), class: "other"}, tallyLane{label: x.Say("lane.own"), class: "own"}
	for i := range x.rec.Flows {
		f := &x.rec.Flows[i]
		lane, named := lanes[cut(f.Host, 80)]
		switch {
		case f.Sensor == exposeSensor:
			own.times = append(own.times, f.Start)
		case f.Protocol == protocolDNS:
		case named:
			out[lane].times = append(out[lane].times, f.Start)
		default:
			others.times = append(others.times, f.Start)
		}
	}
	for _, l := range []tallyLane{others, own} {
		if len(l.times) > 0 {
			out = append(out, l)
		}
	}
	if len(out) > 0 {
		out[0].opens = x.Say("lane.hosts")
	}
	return out
}

func laneClass(h *hostSum, copies Count) string {
	switch {
	case copies > 0:
		return "taker"
	case h.fetchd:
		return "list"
	case h.channel:
		return "way"
	}
	return "other"
}

// stageBands pairs the begin of each stage with its end, as far as it is shown.
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
		left, right := c.share(from), c.share(s.At)
		out = append(out, StageBand{
			Name: x.stageWords(s.Name), Took: span(s.At.Sub(from)),
			Left: percentage(100 * left), Width: percentage(max(0.3, 100*(right-left))),
		})
	}
	return out
}

func (x *index) stageWords(name string) string { return x.known("stage.", name) }
