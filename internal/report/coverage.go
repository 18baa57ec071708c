package report

import (
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
			c.Facts = append(c.Facts, x.Say("coverage.stage", "stage", x.stageWords(s.Name), "note", cut(s.Note, 300)))
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
	return x.Count("coverage.opaque", n, "hosts", x.ListMore(sorted(hosts), 5))
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
	return x.Count("coverage.failed", n)
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
	return x.Count("coverage.cut", n)
}

func (x *index) voidFact() string {
	reasons, n := map[string]bool{}, 0
	for i := range x.rec.Probes {
		p := &x.rec.Probes[i]
		if x.cell(p) != telltale.CellVoid {
			continue
		}
		n++
		if why := x.last[p.ID].Reason; why != "" {
			reasons[cut(why, 120)] = true
		}
	}
	if n == 0 {
		return ""
	}
	if len(reasons) == 0 {
		return x.Count("coverage.void", n)
	}
	why := sorted(reasons)
	return x.Count("coverage.void-why", n, "reasons", strings.TrimSuffix(strings.Join(why[:min(3, len(why))], "; "), "."))
}

// spanFact tells of a run in several pieces.
func (x *index) spanFact() string {
	n := pieces(x.rec.Listening)
	if n < 2 {
		return ""
	}
	return x.Count("coverage.pieces", n)
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
