package attribute

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"example.org/telltale"
)

// burst is one run of bytes that left the app for a host outside the channel.
type burst struct {
	host string
	at   time.Time
	size int64
}

// bursts lists what left the app outside the channel, whether it could be
// read or not. A flow without messages counts as one burst.
func bursts(rec *telltale.Record) []burst {
	var out []burst
	for i := range rec.Flows {
		f := &rec.Flows[i]
		if !Outside(&rec.Scenario, f) {
			continue
		}
		leg, any := appLeg(f), false
		for _, m := range f.Messages {
			if m.Out && m.Leg == leg {
				out = append(out, burst{host: HostOf(f), at: m.At, size: m.Size})
				any = true
			}
		}
		if !any {
			out = append(out, burst{host: HostOf(f), at: f.Start, size: f.BytesOut})
		}
	}
	return out
}

// appLeg is the leg to count: what the app sent, unless only the other leg
// was seen. Counting both would count every message twice.
func appLeg(f *telltale.Flow) telltale.Leg {
	for _, m := range f.Messages {
		if m.Out && m.Leg == telltale.LegApp {
			return telltale.LegApp
		}
	}
	return telltale.LegServer
}

// Features of the traffic after a message, per host.
const (
	// featFlows counts bursts in the probe's slot: until the next message
	// was sent, or the window was over.
	featFlows = "flows"
	// featBytes counts their bytes.
	featBytes = "bytes"
	// featWindow counts bursts in the whole window, later messages or not.
	featWindow = "window_flows"
	// featEarly counts bursts within a time common to all probes: the median
	// gap between two messages. It does not grow if a message is waited for.
	featEarly = "early_flows"
)

// slot is the time after one message.
type slot struct {
	probe    string
	from, to time.Time
}

// slots lists the slots of all probes that were sent, in order of sending.
func (t *trials) slots() []slot {
	var out []slot
	for _, one := range t.list {
		if !one.sent.IsZero() {
			out = append(out, slot{one.ID, one.sent, one.sent.Add(t.rec.Scenario.Window)})
		}
	}
	slices.SortStableFunc(out, func(a, b slot) int { return a.from.Compare(b.from) })
	for i := range out[:max(0, len(out)-1)] {
		if next := out[i+1].from; next.Before(out[i].to) {
			out[i].to = next
		}
	}
	return out
}

// early is the median length of the slots.
func early(slots []slot) time.Duration {
	lengths := make([]time.Duration, len(slots))
	for i, s := range slots {
		lengths[i] = s.to.Sub(s.from)
	}
	slices.Sort(lengths)
	if len(lengths) == 0 {
		return 0
	}
	return lengths[len(lengths)/2]
}

// feature names one count.
type feature struct{ probe, host, name string }

// traffic counts bursts for each probe and host. Counts of zero are left out.
func (t *trials) traffic() map[feature]int64 {
	counts := map[feature]int64{}
	slots := t.slots()
	common, window := early(slots), t.rec.Scenario.Window
	for _, b := range bursts(t.rec) {
		// Slots that began before the burst, the latest first.
		last := sort.Search(len(slots), func(i int) bool { return slots[i].from.After(b.at) }) - 1
		for i := last; i >= 0 && b.at.Sub(slots[i].from) < window; i-- {
			s := slots[i]
			counts[feature{s.probe, b.host, featWindow}]++
			if b.at.Sub(s.from) < common {
				counts[feature{s.probe, b.host, featEarly}]++
			}
			if b.at.Before(s.to) {
				counts[feature{s.probe, b.host, featFlows}]++
				counts[feature{s.probe, b.host, featBytes}] += b.size
			}
		}
	}
	return counts
}

// rows writes the counts as observations.
func trafficRows(counts map[feature]int64) []telltale.Observation {
	rows := make([]telltale.Observation, 0, len(counts))
	for f, n := range counts {
		rows = append(rows, telltale.Observation{Probe: f.probe, Host: f.host, Feature: f.name, Value: float64(n)})
	}
	return rows
}

// sortRows brings rows into the one order that a case knows.
func sortRows(rows []telltale.Observation) {
	slices.SortFunc(rows, func(a, b telltale.Observation) int {
		return cmp.Or(
			cmp.Compare(a.Probe, b.Probe), cmp.Compare(a.Feature, b.Feature),
			cmp.Compare(a.Host, b.Host), cmp.Compare(a.Flow, b.Flow),
			cmp.Compare(a.Text, b.Text), cmp.Compare(a.Value, b.Value),
		)
	})
}
