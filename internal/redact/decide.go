package redact

import (
	"context"
	"fmt"
	"net/netip"
	"path"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/casefile/format"
)

// plan is what is taken out.
type plan struct {
	opts  Options
	on    map[string]bool
	texts *values
	// blobs and files that are withheld, each with the rule.
	blobs map[telltale.Digest]string
	files map[string]string
}

// decide applies the rules to the record and to the captured bytes.
func decide(ctx context.Context, src *source, opts Options) (*plan, error) {
	on, err := active(opts)
	if err != nil {
		return nil, err
	}
	p := &plan{opts: opts, on: on, texts: newValues(src.own()), blobs: map[telltale.Digest]string{}, files: map[string]string{}}
	if err := p.named(src); err != nil {
		return nil, err
	}
	p.fixed(src)
	p.record(src)
	if err := p.captured(ctx, src); err != nil {
		return nil, err
	}
	if n := len(p.texts.texts); n > mostTexts {
		return nil, fmt.Errorf("%d texts would have to be looked for, %d are the most: turn off a rule, such as --keep %s", n, mostTexts, RuleUsers)
	}
	return p, nil
}

// named adds what the user named.
func (p *plan) named(src *source) error {
	for _, s := range p.opts.Mask {
		if err := p.texts.name(RuleNamed, s); err != nil {
			return err
		}
	}
	for _, host := range p.opts.Hosts {
		if err := p.texts.name(RuleHosts, host); err != nil {
			return err
		}
		p.addressesOf(src, host)
	}
	if p.on[RuleAccounts] {
		return p.accounts(src)
	}
	return nil
}

// addressesOf adds the addresses at which a host was met.
func (p *plan) addressesOf(src *source, host string) {
	add := func(address string) {
		if ip := addressIn(address); ip.IsValid() && !ip.IsLoopback() {
			p.texts.add(RuleHosts, ip.String())
		}
	}
	add(src.Record.Scenario.Names[host])
	for _, f := range src.Record.Flows {
		if strings.EqualFold(f.Host, host) {
			add(f.Server)
		}
	}
}

// accounts adds the names of accounts, and where witnesses read.
func (p *plan) accounts(src *source) error {
	witness := map[string]bool{}
	for _, a := range src.Record.Scenario.Accounts {
		if err := p.texts.name(RuleAccounts, a.Name); err != nil {
			return err
		}
	}
	for _, f := range src.Record.Flows {
		if f.Sensor == sensorWitness && f.Host != "" && !witness[f.Host] {
			witness[f.Host] = true
			p.texts.add(RuleAccounts, f.Host)
		}
	}
	return nil
}

// Sensors that are not started by a scenario.
const (
	sensorExpose  = "expose"
	sensorWitness = "witness"
)

// fixed withholds the files that no copy holds.
func (p *plan) fixed(src *source) {
	for file := range src.sealed {
		switch {
		case under(file, format.CaptureDir):
			p.files[file] = RuleCapture
		case strings.HasPrefix(file, format.TornPrefix):
			p.files[file] = RuleTorn
		case under(file, format.SourceDir):
			p.files[file] = RuleSources
		case strings.HasPrefix(file, "report."):
			p.files[file] = RuleReports
		case p.on[RuleKeys] && under(file, format.AuthorityDir) && path.Ext(file) == ".key":
			p.files[file] = RuleKeys
		}
	}
}

// record applies the rules to what stands in the log.
func (p *plan) record(src *source) {
	rec := src.Record
	for _, f := range rec.Flows {
		if p.on[RuleClients] {
			p.client(f)
		}
		p.people(f.Error)
	}
	for _, v := range rec.Visits {
		p.visit(v)
	}
	p.receipts(rec)
	if p.on[RuleHomes] {
		p.homes(rec)
	}
	if p.on[RuleUncited] {
		p.uncited(src)
	}
}

// client adds the address that a flow came from.
func (p *plan) client(f telltale.Flow) {
	if ip := addressIn(f.Client); ip.IsValid() && !ip.IsLoopback() && !ip.IsUnspecified() {
		p.texts.find(RuleClients, ip.String())
	}
}

// addressIn reads "address" or "address:port".
func addressIn(s string) netip.Addr {
	if at, err := netip.ParseAddrPort(s); err == nil {
		return at.Addr()
	}
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return ip
}

// visit adds what strangers left at a place.
func (p *plan) visit(v telltale.Visit) {
	for _, e := range v.Entries {
		if p.on[RuleStrays] && e.Kind == "stray" {
			p.texts.find(RuleStrays, e.Name)
		}
	}
	for _, note := range v.Notes {
		p.people(note)
	}
}

// receipts adds what arrived in the place of the case's own messages. A text
// that arrived for several is the service's own notice.
func (p *plan) receipts(rec *telltale.Record) {
	probes := map[string]telltale.Probe{}
	for _, probe := range rec.Probes {
		probes[probe.ID] = probe
	}
	times := map[string]int{}
	for _, r := range rec.Receipts {
		times[r.Got]++
	}
	for _, r := range rec.Receipts {
		p.people(r.Got)
		p.people(r.Reason)
		if p.on[RuleOthers] && times[r.Got] == 1 && !ownText(r, probes[r.Probe]) {
			p.texts.find(RuleOthers, r.Got)
		}
	}
}

// ownText reports whether what arrived is, or was made of, what was typed.
func ownText(r telltale.Receipt, probe telltale.Probe) bool {
	for _, mark := range []string{probe.Canary.Latin, probe.Canary.CJK} {
		if mark != "" && strings.Contains(strings.ToLower(r.Got), mark) {
			return true
		}
	}
	return strings.Contains(probe.Text, r.Got) || strings.Contains(r.Typed, r.Got)
}

// uncited withholds the bytes that no finding rests on.
func (p *plan) uncited(src *source) {
	digests, flows := map[telltale.Digest]bool{}, map[string]bool{}
	for _, f := range src.Record.Findings {
		for _, d := range f.Digests {
			digests[d] = true
		}
		for _, id := range f.Flows {
			flows[id] = true
			for _, m := range src.flows[id].Messages {
				digests[m.Bytes] = true
			}
		}
	}
	for _, l := range src.Record.Layers {
		if flows[l.Flow] || digests[l.Bytes] {
			for _, d := range src.chain(l) {
				digests[d] = true
			}
		}
	}
	for _, d := range src.blobs() {
		if !digests[d] {
			p.withhold(d, RuleUncited)
		}
	}
}

// withhold takes a blob out; the first rule counts.
func (p *plan) withhold(d telltale.Digest, rule string) {
	if d != "" && p.blobs[d] == "" {
		p.blobs[d] = rule
	}
}
