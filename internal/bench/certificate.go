package bench

import (
	"slices"

	"example.org/telltale"
	"example.org/telltale/internal/isolate"
)

// isolations takes the results of the searches.
func (e *engine) isolations(hunts []*hunt) []telltale.Isolation {
	var out []telltale.Isolation
	for _, h := range hunts {
		for _, result := range h.search.results() {
			out = append(out, e.isolation(h, result))
		}
	}
	return out
}

func (e *engine) isolation(h *hunt, result isolate.Result) telltale.Isolation {
	certificate, held := e.certificate(h, result.Certificate)
	iso := telltale.Isolation{
		Text: h.text, Direction: h.direction, Words: slices.Sorted(slices.Values(result.Words)),
		Certificate: certificate, Exact: result.Exact && held, Why: result.Why, Cell: e.usualCell(certificate),
	}
	if result.Exact && !held {
		iso.Why = "the app did not answer the same question the same way each time"
	}
	return iso
}

// certificate turns the questions of a proof into the probes that put them.
func (e *engine) certificate(h *hunt, questions []isolate.Proof) ([]telltale.Proof, bool) {
	var out []telltale.Proof
	all := true
	for _, q := range questions {
		proof := telltale.Proof{Claim: q.Claim, Text: q.Text, Reacts: q.Reacts}
		for _, t := range h.asked[q.Question] {
			if e.cell(t) != telltale.CellVoid {
				proof.Probes = append(proof.Probes, t.probe.ID)
			}
		}
		reacted, settled := e.tally(h.asked[q.Question])
		switch {
		case settled == 0:
		case !q.Reacts:
			proof.Held = reacted == 0
		case e.repeats() > 1:
			proof.Held = reacted > 0
		default:
			proof.Held = reacted == settled
		}
		all = all && proof.Held
		out = append(out, proof)
	}
	return out, all
}

// usualCell is where most reacting trials of a certificate fell.
func (e *engine) usualCell(certificate []telltale.Proof) telltale.Cell {
	rec := e.Case.Snapshot()
	last, probes := rec.LastReceipts(), map[string]telltale.Probe{}
	for _, p := range rec.Probes {
		probes[p.ID] = p
	}
	counts := map[telltale.Cell]int{}
	for _, proof := range certificate {
		for _, id := range proof.Probes {
			cell := e.cellOf(probes[id], last[id])
			if proof.Reacts && cell.Reacted() {
				counts[cell]++
			}
		}
	}
	best := telltale.CellVoid
	for _, cell := range []telltale.Cell{telltale.CellDeliveredCopied, telltale.CellDroppedCopied, telltale.CellDropped} {
		if counts[cell] > counts[best] {
			best = cell
		}
	}
	return best
}
