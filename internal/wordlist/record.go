package wordlist

import (
	"slices"
	"strings"
	"time"

	"example.org/telltale"
)

// FromRecord gives the lists that the app of a case fetched: each content of
// each address once, dated by its first fetch. name is where the case is.
func FromRecord(rec *telltale.Record, name string) List {
	flows := map[string]telltale.Flow{}
	for _, f := range rec.Flows {
		flows[f.ID] = f
	}
	paths := map[string]string{}
	for _, o := range rec.Observations {
		if o.Feature == "list" {
			paths[o.Flow] = o.Text
		}
	}
	var out List
	seen := map[string]bool{}
	for _, l := range rec.Layers {
		f, ok := flows[l.Flow]
		if len(l.List) == 0 || !ok || f.Sensor == "expose" {
			continue
		}
		s := Snapshot{List: f.Host + paths[l.Flow], Version: f.Start.UTC().Format(time.RFC3339), Source: Source{
			File: name + " " + l.Flow, Digest: l.Bytes, Coats: slices.Clone(l.Path), Key: l.Key, KeySource: l.KeySource,
		}}
		for _, line := range l.List {
			if line = bare(line); trimmed(line) != "" && len(line) <= LongestEntry && !strings.ContainsAny(line, "\r\n") {
				s.Entries = append(s.Entries, Entry{Text: line})
			}
		}
		key := s.List + "\x00" + strings.Join(s.Texts(), "\n")
		if len(s.Entries) == 0 || seen[key] {
			continue
		}
		seen[key] = true
		combine(s.Entries, "")
		out.Snapshots = append(out.Snapshots, s)
	}
	return Join(out)
}

// ProbingOf takes what a case proved of words: its supported triggers, and
// the texts that were typed.
func ProbingOf(rec *telltale.Record) Probing {
	p := Probing{Triggers: []Trigger{}, Typed: slices.Clone(rec.Scenario.Words)}
	seen := map[string]int{}
	for _, f := range rec.Findings {
		if f.Claim.Kind != telltale.KindTrigger || f.Verdict != telltale.Supported || len(f.Claim.Words) == 0 {
			continue
		}
		key := wordsKey(f.Claim.Words)
		if at, ok := seen[key]; ok {
			t := &p.Triggers[at]
			t.Finding += " " + f.ID
			t.Without = append(t.Without, missing(f.Claim.Without, setOf(t.Without, Folded), Folded)...)
			continue
		}
		seen[key] = len(p.Triggers)
		p.Triggers = append(p.Triggers, Trigger{Finding: f.ID, Words: f.Claim.Words, Without: slices.Clone(f.Claim.Without)})
	}
	return p
}
