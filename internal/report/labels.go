package report

import (
	"strings"

	"example.org/telltale"
)

// labelled adds words to matrix rows.
func (x *index) labelled(rows []Row) []MatrixRow {
	out := make([]MatrixRow, 0, len(rows))
	split := false
	for _, r := range rows {
		split = split || r.Group == GroupTrigger
	}
	for _, r := range rows {
		out = append(out, MatrixRow{Row: r, Label: x.groupLabel(r.Group, split), Going: x.directionWords(r.Direction)})
	}
	return out
}

// groupLabel names a group. The words under test need "other" only where some
// of them were found to be triggers.
func (x *index) groupLabel(g Group, split bool) string {
	if g == GroupWord && split {
		return x.Say("group.other-word")
	}
	return x.known("group.", string(g))
}

// matrixNotes say what the matrix leaves out, so that nobody adds it up wrong.
func (x *index) matrixNotes() []string {
	var notes []string
	search, unread := 0, 0
	for i := range x.rec.Probes {
		if x.rec.Probes[i].Arm == telltale.ArmIsolate {
			search++
		}
	}
	if search > 0 {
		notes = append(notes, x.Count("matrix.search", search))
	}
	for _, f := range x.supported(telltale.KindCopy) {
		if !f.Direct {
			unread++
		}
	}
	if unread > 0 {
		notes = append(notes, x.Say("matrix.unread"))
	}
	return notes
}

// coatNote explains one coat in a line.
func (x *index) coatNote(coat string) string {
	family, _, _ := strings.Cut(coat, ":")
	for name := family; name != ""; name = shorter(name) {
		if x.Has("coat." + name) {
			return x.Say("coat." + name)
		}
	}
	return x.Say("coat.other")
}

// shorter takes the last part off a coat's name: "des-cbc" is a "des", and
// "utf-16le" a "utf".
func shorter(name string) string {
	return name[:max(0, strings.LastIndexByte(name, '-'))]
}
