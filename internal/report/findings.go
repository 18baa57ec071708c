package report

import (
	"strings"

	"example.org/telltale"
)

// Bounds on the section of findings.
const (
	mostFindings = 400
	mostEvidence = 12
	mostDigests  = 4
)

// findings in the order of the case, and the number of those left out. Blind
// spots that hold for the whole case are not repeated with each finding.
func (x *index) findings(blind []string) ([]Finding, Count) {
	out := []Finding{}
	for i := range x.rec.Findings[:min(len(x.rec.Findings), mostFindings)] {
		f := x.finding(&x.rec.Findings[i], blind)
		f.Opens = i == 0 || out[i-1].Kind != f.Kind
		out = append(out, f)
	}
	return out, Count(len(x.rec.Findings) - len(out))
}

func (x *index) finding(f *telltale.Finding, blind []string) Finding {
	out := Finding{
		ID: f.ID, Kind: f.Claim.Kind, Claim: boundClaim(f.Claim),
		Statement: cut(f.Statement, 500), Verdict: f.Verdict, Stands: x.verdictWords(f.Verdict), KindWords: x.kindWords(f.Claim.Kind),
		Basis: x.Say("basis.statistics"), Trials: x.causalTrials(f), Needed: Count(f.Needed),
		Effect: x.interval(f.Effect),
		Probes: x.evidence(f.Probes), Flows: x.evidence(f.Flows),
		Method: cut(f.Method, 300),
	}
	if f.Direct {
		out.Basis = x.Say("basis.direct")
	}
	for _, d := range f.Digests[:min(len(f.Digests), mostDigests)] {
		out.Digests = append(out.Digests, cut(string(d), 80))
	}
	for _, k := range f.Keys[:min(len(f.Keys), mostDigests)] {
		out.Keys = append(out.Keys, x.keySource(k))
	}
	out.MoreDigests = Count(len(f.Digests) - len(out.Digests))
	for _, c := range f.Coverage {
		if c = cut(c, 300); !endsWithAny(c, blind) && len(out.Coverage) < mostEvidence {
			out.Coverage = append(out.Coverage, c)
		}
	}
	return out
}

// endsWithAny reports whether s is one of the lines, sensor's name before it
// or not.
func endsWithAny(s string, lines []string) bool {
	for _, l := range lines {
		if l != "" && strings.HasSuffix(s, l) {
			return true
		}
	}
	return false
}

// causalTrials are the trials of claims that rest on trials. For where copies
// go and how they are protected, the copies themselves are the evidence.
func (x *index) causalTrials(f *telltale.Finding) string {
	switch f.Claim.Kind {
	case telltale.KindCopy, telltale.KindSuppression, telltale.KindTrigger, telltale.KindTargeting:
		return x.trialWords(f.Trials)
	}
	return ""
}

// boundClaim keeps a claim from carrying megabytes into the JSON form.
func boundClaim(c telltale.Claim) telltale.Claim {
	const most = 400
	c.Words, c.Without = cutRaw(c.Words, most), cutRaw(c.Without, most)
	c.Account, c.Host, c.Detail = cutBytes(c.Account, most), cutBytes(c.Host, most), cutBytes(c.Detail, most)
	c.Rule = boundRule(c.Rule, most)
	return c
}

// boundRule copies a rule, each list and text of it bounded.
func boundRule(r *telltale.Rule, most int) *telltale.Rule {
	if r == nil {
		return nil
	}
	out := *r
	for _, list := range []*[]string{&out.Parts, &out.Behind, &out.Ahead, &out.Copies, &out.Places, &out.Spared} {
		*list = cutRaw(*list, most)
	}
	out.Or = nil
	for _, words := range r.Or[:min(len(r.Or), 16)] {
		out.Or = append(out.Or, cutRaw(words, most))
	}
	out.Becomes, out.Into, out.Reply = cutBytes(r.Becomes, most), cutBytes(r.Into, most), cutBytes(r.Reply, most)
	return &out
}

func cutRaw(list []string, n int) []string {
	var out []string
	for _, s := range list[:min(len(list), 16)] {
		out = append(out, cutBytes(s, n))
	}
	return out
}

func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// evidence writes ids on one line, bounded.
func (x *index) evidence(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	shown := cutAll(ids, mostEvidence, 40)
	if len(ids) == len(shown) {
		return x.List(shown)
	}
	return x.Count("list.more", len(ids)-len(shown), "list", x.Comma(shown))
}
