package report

import (
	"path"
	"strings"
	"time"

	"example.org/telltale"
	"example.org/telltale/internal/report/words"
)

// index finds things of a record by their ids, and has the words to say them.
// It is built once a report.
type index struct {
	*words.Catalogue
	rec    *telltale.Record
	last   map[string]telltale.Receipt
	probes map[string]*telltale.Probe
	flows  map[string]*telltale.Flow
	// copies of each probe's text, in order of the record's layers.
	copies map[string][]copied
	// channel remembers which hosts are on the message's own way, and rows the
	// matrix once it was made.
	channel map[string]bool
	rows    []Row
	// lines of certificates so far.
	lines int
	// redacted says that what is missing was taken out on purpose.
	redacted bool
	// hostSums are what hostFacts made; nil before.
	hostSums map[string]*hostSum
}

// copied is one copy of a probe's text that could be read.
type copied struct {
	layer *telltale.Layer
	flow  *telltale.Flow
	at    time.Time
}

// index of the record, with the words of the report.
func (in Input) index() (*index, error) {
	if in.Record == nil {
		return nil, ErrNoRecord
	}
	catalogue, err := in.catalogue()
	if err != nil {
		return nil, err
	}
	x := newIndex(in.Record)
	x.Catalogue, x.redacted = catalogue, in.Seal.Redacted
	return x, nil
}

// newIndex makes an index that has no words yet.
func newIndex(rec *telltale.Record) *index {
	x := &index{
		rec: rec, last: rec.LastReceipts(),
		probes: make(map[string]*telltale.Probe, len(rec.Probes)),
		flows:  make(map[string]*telltale.Flow, len(rec.Flows)),
		copies: map[string][]copied{}, channel: map[string]bool{},
	}
	for i := range rec.Probes {
		x.probes[rec.Probes[i].ID] = &rec.Probes[i]
	}
	for i := range rec.Flows {
		x.flows[rec.Flows[i].ID] = &rec.Flows[i]
	}
	for i := range rec.Layers {
		x.addCopies(&rec.Layers[i])
	}
	return x
}

// addCopies notes a layer under the probes it holds, if it is a copy: bytes
// that left the app for a host outside the channel.
func (x *index) addCopies(l *telltale.Layer) {
	f := x.flows[l.Flow]
	if f == nil || x.own(f) || f.Sensor == exposeSensor {
		return
	}
	if l.Message < 0 || l.Message >= len(f.Messages) || !f.Messages[l.Message].Out {
		return
	}
	for _, id := range l.Probes {
		if x.probes[id] == nil {
			continue
		}
		x.copies[id] = append(x.copies[id], copied{l, f, f.Messages[l.Message].At})
	}
}

// own reports whether a flow is the message's own way. What reached a witness
// account never is.
func (x *index) own(f *telltale.Flow) bool {
	return f.Sensor != witnessSensor && x.inChannel(f.Host)
}

// inChannel reports whether the message is supposed to pass through host.
func (x *index) inChannel(host string) bool {
	in, known := x.channel[host]
	if !known {
		in = x.matchesChannel(host)
		x.channel[host] = in
	}
	return in
}

func (x *index) matchesChannel(host string) bool {
	for _, pattern := range x.rec.Scenario.Channel {
		if ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(host)); err == nil && ok {
			return true
		}
	}
	return false
}

// cell of a probe. That nothing was copied counts only if the sensors watched
// during the probe's whole window; otherwise the trial is void.
func (x *index) cell(p *telltale.Probe) telltale.Cell {
	receipt, settled := x.last[p.ID]
	if !settled {
		return telltale.CellVoid
	}
	found := len(x.copies[p.ID]) > 0
	if !found && !x.watched(receipt.Sent) {
		return telltale.CellVoid
	}
	return telltale.CellOf(receipt.Outcome, found)
}

// watched reports whether one listening span holds the window after sent.
func (x *index) watched(sent time.Time) bool {
	for _, s := range x.rec.Listening {
		if !sent.Before(s.From) && !sent.Add(x.rec.Scenario.Window).After(s.To) {
			return true
		}
	}
	return false
}

// accounts of one side, in the scenario's order.
func (x *index) accounts(side telltale.Side) []string {
	var names []string
	for _, a := range x.rec.Scenario.Accounts {
		if a.Side == side {
			names = append(names, a.Name)
		}
	}
	return names
}

// supported findings of one kind, in the order of the record.
func (x *index) supported(kind telltale.Kind) []telltale.Finding {
	var out []telltale.Finding
	for _, f := range x.rec.Findings {
		if f.Claim.Kind == kind && f.Verdict == telltale.Supported {
			out = append(out, f)
		}
	}
	return out
}

// details collects Claim.Detail of the supported findings of a kind, by host.
func (x *index) details(kind telltale.Kind) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, f := range x.supported(kind) {
		if out[f.Claim.Host] == nil {
			out[f.Claim.Host] = map[string]bool{}
		}
		out[f.Claim.Host][f.Claim.Detail] = true
	}
	return out
}
