package attribute

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"example.org/telltale"
)

// Copy is one probe found in the bytes of one flow outside the channel.
type Copy struct {
	Flow string
	Host string
	// Scheme as in the Detail of a destination: http, https or tcp.
	Scheme string
	// Layer in which the probe was found; of several in one flow, the one
	// that peel is surest of.
	Layer telltale.Layer
	// Delay from when the probe was sent to when the bytes left.
	Delay time.Duration
}

// Copies lists for each probe the copies of it, by flow id. Only bytes that
// left the app count, and only outside the channel.
func Copies(rec *telltale.Record) map[string][]Copy {
	flows := make(map[string]*telltale.Flow, len(rec.Flows))
	for i := range rec.Flows {
		flows[rec.Flows[i].ID] = &rec.Flows[i]
	}
	receipts := rec.LastReceipts()
	copies := map[string][]Copy{}
	for _, layer := range rec.Layers {
		flow := flows[layer.Flow]
		if flow == nil || !leaves(flow, layer.Message) || !Outside(&rec.Scenario, flow) {
			continue
		}
		found := Copy{Flow: flow.ID, Host: HostOf(flow), Scheme: schemeOf(flow), Layer: layer}
		for _, probe := range layer.Probes {
			if sent := receipts[probe].Sent; !sent.IsZero() {
				found.Delay = flow.Messages[layer.Message].At.Sub(sent)
			}
			copies[probe] = keepSurest(copies[probe], found)
		}
	}
	for _, list := range copies {
		slices.SortFunc(list, func(a, b Copy) int { return cmp.Compare(a.Flow, b.Flow) })
	}
	return copies
}

// leaves reports whether message i of the flow left the app.
func leaves(f *telltale.Flow, i int) bool {
	return i >= 0 && i < len(f.Messages) && f.Messages[i].Out
}

// keepSurest adds a copy, or puts it in the place of a less sure one that was
// found in the same flow.
func keepSurest(list []Copy, c Copy) []Copy {
	for i := range list {
		if list[i].Flow == c.Flow {
			if surer(c.Layer, list[i].Layer) {
				list[i] = c
			}
			return list
		}
	}
	return append(list, c)
}

// surer orders layers by score; ties go by path and place, so that the order
// of recording does not matter.
func surer(a, b telltale.Layer) bool {
	return cmp.Or(
		cmp.Compare(b.Score, a.Score),
		cmp.Compare(len(a.Path), len(b.Path)),
		strings.Compare(pathText(a.Path), pathText(b.Path)),
		cmp.Compare(a.Message, b.Message),
		cmp.Compare(a.Offset, b.Offset),
		cmp.Compare(a.Key, b.Key),
	) < 0
}

func pathText(path []string) string { return strings.Join(path, " › ") }
