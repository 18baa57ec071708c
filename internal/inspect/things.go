package inspect

import (
	"slices"
	"time"

	"example.org/telltale"
)

// Probe is one message with all that came of it.
type Probe struct {
	telltale.Probe
	// Receipts in the order in which they came; the last one counts.
	Receipts     []telltale.Receipt     `json:"receipts"`
	Observations []telltale.Observation `json:"observations"`
	// Flows that an observation joins it to, or in which its marks were found.
	Flows []FlowLine `json:"flows"`
	// Layers under which its marks were found.
	Layers   []Layer       `json:"layers"`
	Findings []FindingLine `json:"findings"`
}

// Flow is one exchange with its bytes and what was found in them.
type Flow struct {
	telltale.Flow
	// Contents are the first bytes of each message.
	Contents []Bytes       `json:"contents"`
	Layers   []Layer       `json:"layers"`
	Probes   []ProbeLine   `json:"probes"`
	Findings []FindingLine `json:"findings"`
}

// Layer is a message whose coats were taken off.
type Layer struct {
	telltale.Layer
	Opened Bytes `json:"opened"`
}

// Finding is a claim with its evidence, each on a line.
type Finding struct {
	telltale.Finding
	ProbeLines []ProbeLine `json:"probe_lines"`
	FlowLines  []FlowLine  `json:"flow_lines"`
}

// ProbeLine is a message in brief.
type ProbeLine struct {
	ID      string           `json:"id"`
	Text    string           `json:"text"`
	Outcome telltale.Outcome `json:"outcome"`
}

// FlowLine is an exchange in brief.
type FlowLine struct {
	ID       string    `json:"id"`
	Sensor   string    `json:"sensor"`
	Protocol string    `json:"protocol"`
	Host     string    `json:"host"`
	Port     int       `json:"port"`
	Start    time.Time `json:"start"`
	BytesOut int64     `json:"bytes_out"`
	BytesIn  int64     `json:"bytes_in"`
	Error    string    `json:"error,omitempty"`
}

// FindingLine is a finding in brief.
type FindingLine struct {
	ID        string           `json:"id"`
	Verdict   telltale.Verdict `json:"verdict"`
	Statement string           `json:"statement"`
}

func (i *Inspector) probe(p telltale.Probe) *Probe {
	rec := i.r.Record
	out := &Probe{Probe: p, Receipts: []telltale.Receipt{}, Observations: []telltale.Observation{}}
	for _, r := range rec.Receipts {
		if r.Probe == p.ID {
			out.Receipts = append(out.Receipts, r)
		}
	}
	flows := map[string]bool{}
	for _, o := range rec.Observations {
		if o.Probe == p.ID {
			out.Observations = append(out.Observations, o)
			flows[o.Flow] = true
		}
	}
	out.Layers = i.layers(func(l telltale.Layer) bool {
		found := slices.Contains(l.Probes, p.ID)
		flows[l.Flow] = flows[l.Flow] || found
		return found
	})
	out.Flows = i.flowLines(func(f telltale.Flow) bool { return flows[f.ID] })
	out.Findings = i.findingLines(func(f telltale.Finding) bool { return slices.Contains(f.Probes, p.ID) })
	return out
}

func (i *Inspector) flow(f telltale.Flow) *Flow {
	out := &Flow{Flow: f, Contents: []Bytes{}}
	for _, m := range f.Messages {
		if m.Bytes == "" {
			out.Contents = append(out.Contents, Bytes{Size: int(m.Size), Shown: []byte{}, Missing: "only its size is known"})
			continue
		}
		out.Contents = append(out.Contents, i.bytes(m.Bytes))
	}
	probes := map[string]bool{}
	for _, o := range i.r.Record.Observations {
		if o.Flow == f.ID {
			probes[o.Probe] = true
		}
	}
	out.Layers = i.layers(func(l telltale.Layer) bool {
		if l.Flow != f.ID {
			return false
		}
		for _, p := range l.Probes {
			probes[p] = true
		}
		return true
	})
	out.Probes = i.probeLines(func(p telltale.Probe) bool { return probes[p.ID] })
	out.Findings = i.findingLines(func(x telltale.Finding) bool { return slices.Contains(x.Flows, f.ID) })
	return out
}

func (i *Inspector) finding(f telltale.Finding) *Finding {
	return &Finding{
		Finding:    f,
		ProbeLines: i.probeLines(func(p telltale.Probe) bool { return slices.Contains(f.Probes, p.ID) }),
		FlowLines:  i.flowLines(func(x telltale.Flow) bool { return slices.Contains(f.Flows, x.ID) }),
	}
}

func (i *Inspector) layers(want func(telltale.Layer) bool) []Layer {
	out := []Layer{}
	for _, l := range i.r.Record.Layers {
		if !want(l) {
			continue
		}
		one := Layer{Layer: l}
		if l.Bytes != "" {
			one.Opened = i.bytes(l.Bytes)
		}
		out = append(out, one)
	}
	return out
}

func (i *Inspector) probeLines(want func(telltale.Probe) bool) []ProbeLine {
	out := []ProbeLine{}
	for _, p := range i.r.Record.Probes {
		if want(p) {
			out = append(out, ProbeLine{p.ID, p.Text, i.outcome(p.ID)})
		}
	}
	return out
}

// outcome of a probe: void if it has no receipt.
func (i *Inspector) outcome(id string) telltale.Outcome {
	if o := i.last[id].Outcome; o != "" {
		return o
	}
	return telltale.Void
}

func (i *Inspector) flowLines(want func(telltale.Flow) bool) []FlowLine {
	out := []FlowLine{}
	for _, f := range i.r.Record.Flows {
		if want(f) {
			out = append(out, FlowLine{f.ID, f.Sensor, f.Protocol, f.Host, f.Port, f.Start, f.BytesOut, f.BytesIn, f.Error})
		}
	}
	return out
}

func (i *Inspector) findingLines(want func(telltale.Finding) bool) []FindingLine {
	out := []FindingLine{}
	for _, f := range i.r.Record.Findings {
		if want(f) {
			out = append(out, FindingLine{f.ID, f.Verdict, f.Statement})
		}
	}
	return out
}
