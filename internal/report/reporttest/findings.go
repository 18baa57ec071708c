package reporttest

import (
	"fmt"

	"example.org/telltale"
)

// findings states what a run would have stated: a copy and a suppression each
// way, the place, and one trigger with its certificate for every tenth word.
func (b *big) findings() {
	effect := func(size float64) *telltale.Effect {
		return &telltale.Effect{What: "share of messages", Size: size, Low: size - 0.08, High: size + 0.07, P: 1e-7, Adjusted: 3e-6}
	}
	for i, d := range b.rec.Scenario.Directions {
		b.state(telltale.Finding{
			Claim: telltale.Claim{Kind: telltale.KindCopy, Direction: d, Condition: telltale.OnWords}, Direct: true,
			Statement: "Messages " + string(d) + " are copied if they hold certain words.", Effect: effect(0.3 + 0.1*float64(i)), Probes: b.ids(0, 900), Method: "canary",
		})
		b.state(telltale.Finding{
			Claim:     telltale.Claim{Kind: telltale.KindSuppression, Direction: d, Condition: telltale.OnWords},
			Statement: "Messages " + string(d) + " are dropped if they hold certain words.", Effect: effect(0.1), Probes: b.ids(0, 300), Method: "permutation test",
		})
	}
	b.state(telltale.Finding{Claim: telltale.Claim{Kind: telltale.KindDestination, Host: collector, Detail: "http"}, Direct: true, Statement: "Copies go to " + collector + ".", Method: "canary"})
	for i := 0; i < bigWords; i += 10 {
		b.trigger(i)
	}
}

func (b *big) state(f telltale.Finding) {
	f.ID, f.Verdict, f.Version = fmt.Sprintf("F%02d", len(b.rec.Findings)+1), telltale.Supported, telltale.Version
	b.rec.Findings = append(b.rec.Findings, f)
}

func (b *big) trigger(i int) {
	cell := telltale.CellDeliveredCopied
	if i%100 == 0 {
		cell = telltale.CellDroppedCopied
	}
	w := word(i)
	b.state(telltale.Finding{
		Claim:     telltale.Claim{Kind: telltale.KindTrigger, Direction: telltale.Both, Words: []string{w}, Cell: cell},
		Statement: "The text “" + w + "” sets it off.", Direct: true, Trials: telltale.Trials{Treated: 12, TreatedReacted: 12, Control: 12}, Method: "certificate",
		Effect: &telltale.Effect{What: "share of messages", Size: 1, Low: 0.7, High: 1, P: 1e-5, Adjusted: 1e-3},
	})
	for _, d := range b.rec.Scenario.Directions {
		iso := telltale.Isolation{Text: "davor " + w + " danach", Direction: d, Words: []string{w}, Cell: cell, Exact: true}
		for k := range 8 {
			iso.Certificate = append(iso.Certificate, telltale.Proof{
				Claim: fmt.Sprintf("without sign %d: no reaction", k), Text: w[:k] + w[k+1:], Held: true, Probes: b.ids(4*i+k, 3),
			})
		}
		b.rec.Isolations = append(b.rec.Isolations, iso)
	}
}

// ids of some probes from one on.
func (b *big) ids(from, n int) []string {
	var out []string
	for i := from; i < min(from+n, len(b.rec.Probes)); i++ {
		out = append(out, b.rec.Probes[i].ID)
	}
	return out
}
