// Package merge makes one case of several that belong to one investigation: a
// case in which messages were typed, such as on a telephone, and cases in
// which the traffic of that time was captured elsewhere, such as by a proxy.
// What was typed and what was seen are joined; the findings are stated anew.
//
// The signed logs of the sources go into the merged case as they are, so that
// every record in it can be traced back to a log that was signed at the time.
package merge

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"example.org/telltale"
)

// Join joins raw records. Exactly one of them must hold probes; its scenario,
// app and messages are those of the result. The flows of all stand in the order
// in which they began, numbered anew. Only while all sources watched does the
// result count as watched. What was derived is left out.
func Join(records []*telltale.Record) (*telltale.Record, error) {
	typed, err := experiment(records)
	if err != nil {
		return nil, err
	}
	out := *records[typed]
	out.Observations, out.Findings = nil, nil
	out.Flows, out.Layers, out.Visits, out.Coverage = nil, nil, nil, nil
	for i, r := range records {
		out.Coverage = append(out.Coverage, r.Coverage...)
		if i != typed {
			out.Listening = overlap(out.Listening, r.Listening)
		}
	}
	names := joinFlows(&out, records)
	for i, r := range records {
		for _, l := range r.Layers {
			l.Flow = names[i][l.Flow]
			out.Layers = append(out.Layers, l)
		}
		for _, v := range r.Visits {
			v.Flows = slices.Clone(v.Flows)
			for k, id := range v.Flows {
				v.Flows[k] = names[i][id]
			}
			out.Visits = append(out.Visits, v)
		}
	}
	return &out, nil
}

// experiment finds the record with probes.
func experiment(records []*telltale.Record) (int, error) {
	typed := -1
	for i, r := range records {
		switch {
		case len(r.Probes) == 0:
		case typed >= 0:
			return 0, fmt.Errorf("in cases %d and %d messages were typed: merge a case with captures of the same time; case diff compares two cases", typed+1, i+1)
		default:
			typed = i
		}
	}
	if typed < 0 {
		return 0, errors.New("in none of the cases was a message typed: there is nothing that captures could be held against")
	}
	return typed, nil
}

// joinFlows puts the flows of all records in order and tells their new names.
func joinFlows(out *telltale.Record, records []*telltale.Record) []map[string]string {
	type flow struct {
		telltale.Flow
		source int
	}
	var all []flow
	for i, r := range records {
		for _, f := range r.Flows {
			all = append(all, flow{f, i})
		}
	}
	slices.SortStableFunc(all, func(a, b flow) int { return a.Start.Compare(b.Start) })
	names := make([]map[string]string, len(records))
	for i := range names {
		names[i] = map[string]string{}
	}
	for n, f := range all {
		id := fmt.Sprintf("f%06d", n+1)
		names[f.source][f.ID] = id
		f.ID = id
		if f.Conn != "" {
			// Two sources may have called different connections the same.
			f.Conn = fmt.Sprintf("%d/%s", f.source+1, f.Conn)
		}
		out.Flows = append(out.Flows, f.Flow)
	}
	return names
}

// overlap is the time that lies in a span of both lists.
func overlap(a, b []telltale.Span) []telltale.Span {
	var out []telltale.Span
	for _, x := range a {
		for _, y := range b {
			from, to := later(x.From, y.From), earlier(x.To, y.To)
			if from.Before(to) {
				out = append(out, telltale.Span{From: from, To: to})
			}
		}
	}
	slices.SortFunc(out, func(x, y telltale.Span) int { return x.From.Compare(y.From) })
	return slices.Compact(out)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
