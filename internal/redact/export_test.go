package redact

import (
	"slices"

	"example.org/telltale"
	"example.org/telltale/internal/flow"
)

// FoundIn returns the texts that rules find in one message of a flow, sorted,
// and whether it is withheld for its credentials.
func FoundIn(message []byte, out bool) (texts []string, withheld bool) {
	p := newPlan()
	parsed := flow.Response(message, "GET")
	if out {
		parsed = flow.Request(message)
	}
	body := decoded(parsed)
	withheld = p.credentials(parsed, body)
	p.peopleIn(message)
	p.peopleIn(body)
	return p.found(), withheld
}

// HomesIn returns the texts that are found in a path, sorted.
func HomesIn(path string) []string {
	p := newPlan()
	p.homes(&telltale.Record{Scenario: telltale.Scenario{Driver: telltale.DriverSpec{Dir: path}}})
	return p.found()
}

func newPlan() *plan {
	on := map[string]bool{}
	for _, r := range Rules() {
		on[r.Name] = true
	}
	return &plan{on: on, texts: newValues([]string{"support@vendor.test"}), blobs: map[telltale.Digest]string{}, files: map[string]string{}}
}

func (p *plan) found() []string {
	var out []string
	for _, t := range p.texts.texts {
		out = append(out, t.text)
	}
	slices.Sort(out)
	return out
}
