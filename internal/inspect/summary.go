package inspect

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/casefile"
	"example.org/telltale/internal/casefile/format"
)

// Summary is a case in brief.
type Summary struct {
	// Case is its id; empty in cases of version 1.
	Case     string       `json:"case"`
	Version  int          `json:"version"`
	Redacted bool         `json:"redacted,omitempty"`
	Program  string       `json:"program"`
	Key      string       `json:"key"`
	Name     string       `json:"name"`
	App      telltale.App `json:"app"`
	// From and To are when the first and the last entry were written.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Finished runs came to their end; Stopped says why before their plan did.
	Finished bool           `json:"finished"`
	Stopped  string         `json:"stopped,omitempty"`
	Plan     *telltale.Plan `json:"plan,omitempty"`
	Stages   []Stage        `json:"stages"`
	// Entries by type, and probes by what came of them.
	Entries  int64         `json:"entries"`
	Types    []Count       `json:"types"`
	Outcomes []Count       `json:"outcomes"`
	Hosts    []Count       `json:"hosts"`
	Blobs    int           `json:"blobs"`
	Findings []FindingLine `json:"findings"`
	Files    []format.File `json:"files"`
	// Checkpoint is the text of the newest one, which covers Signed entries.
	// Nothing of it is checked here.
	Checkpoint string `json:"checkpoint"`
	Signed     int64  `json:"signed"`
	// Stamps and Witnesses are files of time stamps and other people's
	// signatures, checked by nobody here.
	Stamps    []string `json:"stamps"`
	Witnesses []string `json:"witnesses"`
}

// Stage is a part of the run.
type Stage struct {
	Name string    `json:"name"`
	From time.Time `json:"from"`
	// To is zero for a stage that did not end.
	To   time.Time `json:"to"`
	Note string    `json:"note,omitempty"`
}

// Count is how often something is there.
type Count struct {
	What string `json:"what"`
	N    int    `json:"n"`
}

// Summary reads the log once more, for times and types.
func (i *Inspector) Summary() (*Summary, error) {
	r := i.r
	s := &Summary{
		Case: r.Begin.Case, Version: r.Version, Redacted: r.Redacted, Program: r.Begin.Program, Key: r.PublicKey,
		Name: r.Record.Scenario.Name, App: r.Record.App, Plan: r.Plan, Finished: r.Ended != nil, Entries: r.Entries,
		Stages: stages(r.Record.Stages), Blobs: len(casefile.Digests(r.Record)), Findings: i.findingLines(func(telltale.Finding) bool { return true }),
		Files: []format.File{}, Checkpoint: r.Checkpoint, Signed: signed(r.Checkpoint),
		Stamps: files(r.Dir, format.StampDir), Witnesses: files(r.Dir, format.WitnessDir),
	}
	if r.Ended != nil {
		s.Stopped = r.Ended.Stopped
	}
	for _, f := range r.Files {
		s.Files = append(s.Files, f)
	}
	slices.SortFunc(s.Files, func(a, b format.File) int { return cmp.Compare(a.File, b.File) })
	types := map[string]int{}
	err := casefile.EachEntry(r.Dir, func(e format.Entry, _ []byte) error {
		if s.From.IsZero() {
			s.From = e.At
		}
		s.To = e.At
		types[e.Type]++
		return nil
	})
	outcomes, hosts := map[string]int{}, map[string]int{}
	for _, p := range r.Record.Probes {
		outcomes[string(i.outcome(p.ID))]++
	}
	for _, f := range r.Record.Flows {
		hosts[f.Host]++
	}
	s.Types, s.Outcomes, s.Hosts = counts(types), counts(outcomes), counts(hosts)
	return s, err
}

// stages joins the begin and the end of each.
func stages(marks []telltale.Stage) []Stage {
	out := []Stage{}
	for _, m := range marks {
		if !m.Done {
			out = append(out, Stage{Name: m.Name, From: m.At, Note: m.Note})
			continue
		}
		n := len(out) - 1
		for n >= 0 && (out[n].Name != m.Name || !out[n].To.IsZero()) {
			n--
		}
		if n < 0 {
			out = append(out, Stage{Name: m.Name, To: m.At, Note: m.Note})
			continue
		}
		out[n].To, out[n].Note = m.At, cmp.Or(m.Note, out[n].Note)
	}
	return out
}

// counts sorts by number, then by name.
func counts(m map[string]int) []Count {
	out := []Count{}
	for what, n := range m {
		out = append(out, Count{what, n})
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.What, b.What)) })
	return out
}

// signed is the number of entries that a checkpoint says it covers.
func signed(checkpoint string) (n int64) {
	_, rest, _ := strings.Cut(checkpoint, "\n")
	if _, err := fmt.Sscanf(rest, "%d\n", &n); err != nil {
		return 0
	}
	return n
}

// files lists a folder of the case.
func files(dir, folder string) []string {
	out := []string{}
	entries, err := os.ReadDir(filepath.Join(dir, folder))
	if err != nil {
		return out // most cases have none
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".pub" { // the key of a witness, who has signed elsewhere
			out = append(out, folder+"/"+e.Name())
		}
	}
	return out
}
