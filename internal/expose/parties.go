package expose

import (
	"slices"
	"strings"
)

// Parties lists the user names, telephone numbers and network addresses of
// other people that stand in logs, sorted, each once. It is for whoever has to
// keep them out of what is published.
func Parties(logs []Log, known Known) []string {
	own := known.owner()
	found := map[string]bool{}
	for _, log := range logs {
		t := newTable(log.Records, own)
		for i, row := range t.rows {
			if len(row) != len(t.roles) || own(log.Records[i]) {
				continue
			}
			for at, value := range row {
				if value = strings.TrimSpace(value); value != "" && (t.roles[at] == roleParty || t.roles[at] == roleAddress) {
					found[value] = true
				}
			}
		}
	}
	out := make([]string, 0, len(found))
	for value := range found {
		out = append(out, value)
	}
	slices.Sort(out)
	return out
}
