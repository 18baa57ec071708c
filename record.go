package telltale

import "time"

// Record is everything raw that a case holds, in order of recording, and
// what was derived from it. Reports and verification start from it.
type Record struct {
	Scenario   Scenario    `json:"scenario"`
	App        App         `json:"app"`
	Coverage   []Coverage  `json:"coverage"`
	Listening  []Span      `json:"listening"`
	Probes     []Probe     `json:"probes"`
	Receipts   []Receipt   `json:"receipts"`
	Flows      []Flow      `json:"flows"`
	Layers     []Layer     `json:"layers"`
	Isolations []Isolation `json:"isolations"`
	Visits     []Visit     `json:"visits"`
	Stages     []Stage     `json:"stages"`

	Observations []Observation `json:"observations"`
	Findings     []Finding     `json:"findings"`
}

// Span is a time during which all sensors watched. A crash ends one; the
// resumed run begins another. A negative counts only if the probe's whole
// window lies within one span.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Stage marks the begin or end of a part of the run.
type Stage struct {
	// Name as in "background", "contact", "screen", "isolate", "expose", "state".
	Name string    `json:"name"`
	At   time.Time `json:"at"`
	// Done is false at the begin and true at the end.
	Done bool `json:"done"`
	// Note says why a stage was cut short or left out.
	Note string `json:"note,omitempty"`
}

// LastReceipts maps each probe to the receipt that counts: the last one. A
// probe without any is void: it was committed and its fate is unknown.
func (r *Record) LastReceipts() map[string]Receipt {
	last := make(map[string]Receipt, len(r.Receipts))
	for _, receipt := range r.Receipts {
		last[receipt.Probe] = receipt
	}
	return last
}
