package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"example.org/telltale"
)

// Coverage is what could be seen and what could not.
type Coverage struct {
	Seen  []string `json:"seen"`
	Blind []string `json:"blind"`
	// Facts of this run that narrow what it saw: unreadable and failed
	// exchanges, void trials, stages cut short.
	Facts []string `json:"facts,omitempty"`
}

// mostCoverage bounds each list of the coverage.
const mostCoverage = 30

func (x *index) coverage() Coverage {
	c := Coverage{Seen: []string{}, Blind: []string{}}
	for _, row := range x.rec.Coverage {
		line := cut(row.What, 300)
		if row.Sees && len(c.Seen) < mostCoverage && !slices.Contains(c.Seen, line) {
			c.Seen = append(c.Seen, line)
		}
		if !row.Sees && len(c.Blind) < mostCoverage && !slices.Contains(c.Blind, line) {
			c.Blind = append(c.Blind, line)
		}
	}
	c.Facts = nonEmpty(x.opaqueFact(), x.failedFact(), x.cutFact(), x.voidFact(), x.spanFact())
	for _, s := range x.rec.Stages {
		if s.Note != "" && len(c.Facts) < mostCoverage {
			c.Facts = append(c.Facts, "Stage “"+cut(s.Name, 40)+"”: "+cut(s.Note, 300))
		}
	}
	return c
}

// opaqueFact counts the exchanges outside the channel that stayed unreadable.
func (x *index) opaqueFact() string {
	hosts, n := map[string]bool{}, 0
	for i := range x.rec.Flows {
		f := &x.rec.Flows[i]
		if f.Visibility == telltale.Opaque && !x.inChannel(f.Host) && f.Sensor != exposeSensor {
			n++
			hosts[cut(f.Host, 60)] = true
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s outside the message's way could not be read, only counted and timed: %s.", many(n, "exchange", "exchanges"), andMore(sorted(hosts), 5))
}

func (x *index) failedFact() string {
	n := 0
	for i := range x.rec.Flows {
		if x.rec.Flows[i].Error != "" {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return many(n, "exchange", "exchanges") + " of the app failed; what it would have sent is not known."
}

func (x *index) cutFact() string {
	n := 0
	for i := range x.rec.Flows {
		for _, m := range x.rec.Flows[i].Messages {
			if m.Cut {
				n++
				break
			}
		}
	}
	if n == 0 {
		return ""
	}
	return many(n, "exchange was", "exchanges were") + " too large to keep whole; the rest was not searched."
}

func (x *index) voidFact() string {
	reasons, n := map[string]int{}, 0
	for i := range x.rec.Probes {
		p := &x.rec.Probes[i]
		if x.cell(p) != telltale.CellVoid {
			continue
		}
		n++
		if why := x.last[p.ID].Reason; why != "" {
			reasons[cut(why, 120)]++
		}
	}
	if n == 0 {
		return ""
	}
	s := was(n, "trial") + " void"
	if len(reasons) > 0 {
		names := map[string]bool{}
		for r := range reasons {
			names[r] = true
		}
		s += ": " + strings.Join(sorted(names)[:min(3, len(names))], "; ")
	}
	return strings.TrimSuffix(s, ".") + "."
}

// spanFact tells of a run in several pieces.
func (x *index) spanFact() string {
	n := pieces(x.rec.Listening)
	if n < 2 {
		return ""
	}
	return fmt.Sprintf("The run was interrupted; the sensors watched in %s pieces. Trials across a gap are void unless a copy was seen.", Count(n))
}

// pieces counts the times of watching, those that touch taken as one: a span
// is written down again and again while it grows.
func pieces(spans []telltale.Span) int {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b telltale.Span) int { return a.From.Compare(b.From) })
	n := 0
	var end time.Time
	for _, s := range spans {
		if n == 0 || s.From.After(end) {
			n++
		}
		if s.To.After(end) {
			end = s.To
		}
	}
	return n
}

func sorted(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for s := range set {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}
