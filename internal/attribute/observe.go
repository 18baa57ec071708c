package attribute

import (
	"bytes"
	"slices"
	"strings"

	"example.org/telltale"
)

// Features of rows that are not counts of traffic.
const (
	featOutcome = "outcome"  // Text: the outcome of the probe.
	featCopy    = "copy"     // Text: the path of coats under which the probe was found.
	featDelay   = "delay_ms" // Value: milliseconds from sending to the copy.
	featContent = "content"  // Text: a Field constant that the copy also holds.
	featList    = "list"     // Text: URL path a list came from; Value: its lines.
)

// Observe derives the rows of a record, in a fixed order:
//
//   - outcome: one for each probe.
//   - copy, delay_ms, content: for each probe and flow that holds a copy of it.
//   - flows, bytes, window_flows, early_flows: for each probe and host outside
//     the channel, where not zero.
//   - list: for each flow whose answer could be read as a list of words.
//   - sealed, codebook, codebook_across: for each message that could not be
//     opened, the latter where blocks repeat.
//
// Contents and URL paths are read from kept bytes through blob.
func Observe(rec *telltale.Record, blob Blob) []telltale.Observation {
	t := newTrials(rec)
	rows := trafficRows(t.traffic())
	for _, one := range t.list {
		rows = append(rows, outcomeRow(one))
		for _, c := range one.copies {
			rows = append(rows, copyRows(one, c, blob)...)
		}
	}
	rows = append(rows, listRows(rec, blob)...)
	rows = append(rows, sealedRows(rec, blob)...)
	sortRows(rows)
	return rows
}

func outcomeRow(t *trial) telltale.Observation {
	outcome := t.outcome
	if outcome == "" {
		outcome = telltale.Void
	}
	return telltale.Observation{Probe: t.ID, Feature: featOutcome, Text: string(outcome), Value: 1}
}

func copyRows(t *trial, c Copy, blob Blob) []telltale.Observation {
	row := telltale.Observation{Probe: t.ID, Flow: c.Flow, Host: c.Host, Feature: featCopy, Value: 1, Text: pathText(c.Layer.Path)}
	delay := telltale.Observation{Probe: t.ID, Flow: c.Flow, Host: c.Host, Feature: featDelay, Value: float64(c.Delay.Milliseconds())}
	rows := []telltale.Observation{row, delay}
	for _, field := range contents(t, c.Layer, blob) {
		rows = append(rows, telltale.Observation{Probe: t.ID, Flow: c.Flow, Host: c.Host, Feature: featContent, Value: 1, Text: field})
	}
	return rows
}

// listRows names the URL path of each flow outside the channel whose answer
// was read as a list, as far as its request was kept.
func listRows(rec *telltale.Record, blob Blob) []telltale.Observation {
	lines := map[string]int{}
	for _, l := range rec.Layers {
		lines[l.Flow] = max(lines[l.Flow], len(l.List))
	}
	var rows []telltale.Observation
	for i := range rec.Flows {
		f := &rec.Flows[i]
		if lines[f.ID] > 0 && Outside(&rec.Scenario, f) {
			rows = append(rows, telltale.Observation{
				Flow: f.ID, Host: HostOf(f), Feature: featList,
				Value: float64(lines[f.ID]), Text: requestPath(f, blob),
			})
		}
	}
	return rows
}

// requestPath reads the path without query from a flow's first request, or
// returns "" if that is not an HTTP request whose bytes were kept.
func requestPath(f *telltale.Flow, blob Blob) string {
	i := slices.IndexFunc(f.Messages, func(m telltale.Message) bool { return m.Out && m.Bytes != "" })
	if i < 0 {
		return ""
	}
	line, _, _ := bytes.Cut(blob.fetch(f.Messages[i].Bytes), []byte("\n"))
	parts := strings.Fields(string(line[:min(len(line), 8192)]))
	if len(parts) != 3 || !strings.HasPrefix(parts[2], "HTTP/") {
		return ""
	}
	return targetPath(parts[1])
}

// targetPath takes query and, as proxies are asked with whole URLs, scheme and
// host off a request target.
func targetPath(target string) string {
	target, _, _ = strings.Cut(target, "?")
	if _, rest, whole := strings.Cut(target, "://"); whole {
		slash := strings.IndexByte(rest, '/')
		if slash < 0 {
			return "/"
		}
		return rest[slash:]
	}
	return target
}
