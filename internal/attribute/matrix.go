package attribute

import (
	"cmp"
	"maps"
	"slices"

	"example.org/telltale"
)

// Row is one line of the matrix delivered × copied.
type Row struct {
	Direction telltale.Direction
	Arm       telltale.Arm
	// Word of a treatment row; empty in a row that counts a whole arm.
	Word string
	// Cells counts trials by cell, void ones left out.
	Cells map[telltale.Cell]int
	// Void counts trials without an answer to both questions.
	Void int
}

// Matrix counts the cells: for each direction a row for each arm, followed,
// for the treatment arm, by a row for each word.
func Matrix(rec *telltale.Record) []Row {
	type key struct {
		d    telltale.Direction
		arm  telltale.Arm
		word string
	}
	rows := map[key]*Row{}
	count := func(k key, cell telltale.Cell) {
		row := rows[k]
		if row == nil {
			row = &Row{Direction: k.d, Arm: k.arm, Word: k.word, Cells: map[telltale.Cell]int{}}
			rows[k] = row
		}
		if cell == telltale.CellVoid {
			row.Void++
			return
		}
		row.Cells[cell]++
	}
	for _, t := range newTrials(rec).list {
		count(key{t.Direction, t.Arm, ""}, t.cell())
		if t.Arm == telltale.ArmTreatment && t.Word != "" {
			count(key{t.Direction, t.Arm, t.Word}, t.cell())
		}
	}
	out := make([]Row, 0, len(rows))
	for _, row := range slices.Collect(maps.Values(rows)) {
		out = append(out, *row)
	}
	slices.SortFunc(out, func(a, b Row) int {
		return cmp.Or(
			-cmp.Compare(a.Direction, b.Direction), // sent before received
			cmp.Compare(armRank(a.Arm), armRank(b.Arm)),
			cmp.Compare(a.Word, b.Word),
		)
	})
	return out
}

// armRank orders arms as in a report.
func armRank(a telltale.Arm) int {
	return slices.Index([]telltale.Arm{telltale.ArmTreatment, telltale.ArmControl, telltale.ArmContact, telltale.ArmIsolate}, a)
}
