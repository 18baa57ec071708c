package report

import (
	"path"
	"strings"

	"example.org/telltale"
)

// fileGroups counts a listing by kind. Only the service's own files are named.
func (x *index) fileGroups(entries []telltale.Entry) []FileGroup {
	var out []FileGroup
	for _, kind := range []string{"key", "log", "directory", "stray", "other"} {
		g := FileGroup{Kind: kind}
		var names []string
		for _, e := range entries {
			if e.Kind == kind {
				g.Count++
				names = append(names, e.Name)
			}
		}
		if g.Count == 0 {
			continue
		}
		g.Label = x.Count("files."+kind, int(g.Count))
		if g.Kind == "stray" || g.Kind == "other" {
			names = x.endings(names)
		}
		g.Names = cutAll(names, mostNames, 60)
		g.More = Count(len(names) - len(g.Names))
		out = append(out, g)
	}
	return out
}

// endings reduces file names to their endings and how often each occurs.
func (x *index) endings(names []string) []string {
	counts := map[string]int{}
	all := map[string]bool{}
	for _, n := range names {
		end := strings.ToLower(path.Ext(strings.TrimRight(n, "/")))
		if len(end) < 2 || len(end) > 8 {
			end = ""
		}
		counts[end]++
		all[end] = true
	}
	var out []string
	for _, end := range sorted(all) {
		shown := end
		if end == "" {
			shown = x.Say("files.no-ending")
		}
		out = append(out, x.Number(counts[end])+" × "+shown)
	}
	return out
}

// worded puts the details of a host's supported findings of a kind into words,
// in a fixed order.
func (x *index) worded(kind telltale.Kind, host string) []string {
	details := x.details(kind)[host]
	var out []string
	for _, d := range detailOrder(kind) {
		if details[d] {
			out = append(out, x.Say("detail."+d))
		}
	}
	return out
}

func detailOrder(kind telltale.Kind) []string {
	switch kind {
	case telltale.KindContent:
		return []string{telltale.FieldSender, telltale.FieldRecipient, telltale.FieldTime}
	case telltale.KindWeak:
		return []string{
			telltale.WeakHTTP, telltale.WeakNone, telltale.WeakXOR, telltale.WeakDES, telltale.WeakECB,
			telltale.WeakKeyInApp, telltale.WeakKeyBeside,
		}
	case telltale.KindExposure:
		return []string{telltale.OpenListing, telltale.OpenKey, telltale.OpenRecords, telltale.OpenStrangers}
	default:
		return nil
	}
}
