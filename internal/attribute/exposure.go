package attribute

import (
	"fmt"
	"strings"

	"example.org/telltale"
)

// exposures states what the active checks found open, one finding for each
// host and thing.
func (s *statement) exposures() {
	open := map[string]*telltale.Finding{}
	var order []string
	for _, v := range s.visits() {
		for _, o := range openings(v) {
			key := strings.ToLower(v.Host) + "\x00" + o.detail
			if f := open[key]; f != nil {
				f.Flows = append(f.Flows, v.Flows...)
				continue
			}
			open[key] = &telltale.Finding{
				Claim:     telltale.Claim{Kind: telltale.KindExposure, Host: strings.ToLower(v.Host), Detail: o.detail},
				Statement: o.text, Direct: true, Flows: v.Flows,
				Method: methodExposure,
			}
			order = append(order, key)
		}
	}
	for _, key := range order {
		s.state(*open[key])
	}
}

// opening is one thing that a visit found open.
type opening struct{ detail, text string }

func openings(v telltale.Visit) []opening {
	var out []opening
	if v.Listing {
		out = append(out, opening{telltale.OpenListing, fmt.Sprintf("The server %s lists its directory %s to anybody.", v.Host, v.Base)})
	}
	if opened(v) {
		out = append(out, opening{telltale.OpenKey, fmt.Sprintf("The server %s gives anybody the key that opens the records it keeps.", v.Host)})
	}
	records, own := 0, 0
	for _, r := range v.Recovered {
		records, own = records+r.Records, own+r.Own
	}
	if records > own {
		out = append(out, opening{telltale.OpenRecords, fmt.Sprintf("The server %s gives anybody the records of other people: %d were read and counted.", v.Host, records-own)})
	}
	strays := 0
	for _, e := range v.Entries {
		if e.Kind == "stray" {
			strays++
		}
	}
	if strays > 0 {
		out = append(out, opening{telltale.OpenStrangers, fmt.Sprintf("The server %s also holds strangers' files (%d entries), a sign of an earlier break-in.", v.Host, strays)})
	}
	return out
}
