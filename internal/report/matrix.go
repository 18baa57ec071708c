package report

import (
	"strings"

	"example.org/telltale"
)

// Group sorts probes for the matrix.
type Group string

// The groups, in the order of the matrix.
const (
	// GroupTrigger: the typed word holds a trigger that a finding supports.
	GroupTrigger Group = "trigger"
	// GroupWord: any other word under test.
	GroupWord Group = "word"
	// GroupControl: harmless words matched to those under test.
	GroupControl Group = "control"
	// GroupContact: everyday sentences.
	GroupContact Group = "contact"
)

// Row counts the trials of one group and direction by cell.
type Row struct {
	Direction telltale.Direction `json:"direction"`
	Group     Group              `json:"group"`
	// The four cells of delivered × copied.
	Delivered       Count `json:"delivered"`
	DeliveredCopied Count `json:"delivered_copied"`
	Dropped         Count `json:"dropped"`
	DroppedCopied   Count `json:"dropped_copied"`
	// Void trials are in none of the four.
	Void Count `json:"void"`
}

// Valid is the number of trials that gave an answer.
func (r Row) Valid() Count {
	return r.Delivered + r.DeliveredCopied + r.Dropped + r.DroppedCopied
}

// Matrix counts the probes of a record by group, direction and cell, in a
// fixed order, rows without any probe left out. The questions of the search
// for exact words are not in it: what they hold changes with each answer.
func Matrix(rec *telltale.Record) []Row { return newIndex(rec).matrix() }

func (x *index) matrix() []Row {
	if x.rows == nil {
		x.rows = x.counted()
	}
	return x.rows
}

func (x *index) counted() []Row {
	patterns := x.patterns()
	counts := map[telltale.Direction]map[Group]*Row{}
	for i := range x.rec.Probes {
		p := &x.rec.Probes[i]
		group := groupOf(p, patterns)
		if group == "" {
			continue
		}
		if counts[p.Direction] == nil {
			counts[p.Direction] = map[Group]*Row{}
		}
		if counts[p.Direction][group] == nil {
			counts[p.Direction][group] = &Row{Direction: p.Direction, Group: group}
		}
		counts[p.Direction][group].add(x.cell(p))
	}
	rows := []Row{}
	for _, d := range []telltale.Direction{telltale.Sent, telltale.Received} {
		for _, g := range []Group{GroupTrigger, GroupWord, GroupControl, GroupContact} {
			if r := counts[d][g]; r != nil {
				rows = append(rows, *r)
			}
		}
	}
	return rows
}

func (r *Row) add(c telltale.Cell) {
	switch c {
	case telltale.CellDelivered:
		r.Delivered++
	case telltale.CellDeliveredCopied:
		r.DeliveredCopied++
	case telltale.CellDropped:
		r.Dropped++
	case telltale.CellDroppedCopied:
		r.DroppedCopied++
	default:
		r.Void++
	}
}

// groupOf sorts a probe; empty for those that the matrix leaves out.
func groupOf(p *telltale.Probe, patterns []pattern) Group {
	switch p.Arm {
	case telltale.ArmContact:
		return GroupContact
	case telltale.ArmControl:
		return GroupControl
	case telltale.ArmTreatment:
		text := strings.ToLower(p.Word)
		for _, t := range patterns {
			if t.setOffBy(text, p.Direction) {
				return GroupTrigger
			}
		}
		return GroupWord
	}
	return ""
}

// pattern is a supported trigger, its words in lower case.
type pattern struct {
	direction      telltale.Direction
	words, without []string
}

func (x *index) patterns() []pattern {
	var out []pattern
	for _, f := range x.supported(telltale.KindTrigger) {
		if len(f.Claim.Words) > 0 {
			out = append(out, pattern{f.Claim.Direction, lowered(f.Claim.Words), lowered(f.Claim.Without)})
		}
	}
	return out
}

// lowered writes words in lower case. What is longer than any message is cut:
// it matches nothing either way, and costs time in every comparison.
func lowered(words []string) []string {
	const most = 1 << 13
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strings.ToLower(cutBytes(w, most))
	}
	return out
}

// setOffBy reports whether a text in lower case, going in direction d, holds
// all words of the trigger and none of its exceptions.
func (t pattern) setOffBy(text string, d telltale.Direction) bool {
	if t.direction != telltale.Both && t.direction != "" && t.direction != d {
		return false
	}
	for _, w := range t.words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	for _, w := range t.without {
		if w != "" && strings.Contains(text, w) {
			return false
		}
	}
	return true
}
