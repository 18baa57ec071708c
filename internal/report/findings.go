package report

import (
	"fmt"
	"math"
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
		f := finding(&x.rec.Findings[i], blind)
		f.Opens = i == 0 || out[i-1].Kind != f.Kind
		out = append(out, f)
	}
	return out, Count(len(x.rec.Findings) - len(out))
}

func finding(f *telltale.Finding, blind []string) Finding {
	out := Finding{
		ID: f.ID, Kind: f.Claim.Kind, Claim: boundClaim(f.Claim),
		Statement: cut(f.Statement, 500), Verdict: string(f.Verdict),
		Basis: "statistics", Trials: causalTrials(f), Needed: Count(f.Needed),
		Effect: interval(f.Effect),
		Probes: evidence(f.Probes), Flows: evidence(f.Flows),
		Method: cut(f.Method, 300),
	}
	if f.Direct {
		out.Basis = "seen directly"
	}
	for _, d := range f.Digests[:min(len(f.Digests), mostDigests)] {
		out.Digests = append(out.Digests, cut(string(d), 80))
	}
	for _, k := range f.Keys[:min(len(f.Keys), mostDigests)] {
		out.Keys = append(out.Keys, keySource(k))
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
func causalTrials(f *telltale.Finding) string {
	switch f.Claim.Kind {
	case telltale.KindCopy, telltale.KindSuppression, telltale.KindTrigger, telltale.KindTargeting:
		return trialWords(f.Trials)
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
func evidence(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	shown := cutAll(ids, mostEvidence, 40)
	if len(ids) == len(shown) {
		return joined(shown, "and")
	}
	return fmt.Sprintf("%s and %s more", strings.Join(shown, ", "), Count(len(ids)-len(shown)))
}

// IntervalPlot places an interval on a line 200 wide: an axis from Left to
// Right in words, nought at Zero, bounds at Low and High, the size at Dot.
type IntervalPlot struct {
	Zero, Low, High, Dot, Wide int
	Left, Right                string
}

// interval is nil for a finding without an effect, or with a senseless one.
func interval(e *telltale.Effect) *Interval {
	if e == nil || !finite(e.Size) || !finite(e.Low) || !finite(e.High) || !finite(e.P) || !finite(e.Adjusted) {
		return nil
	}
	out := &Interval{What: cut(e.What, 200), Size: e.Size, Low: e.Low, High: e.High}
	reach := math.Max(1, math.Max(math.Abs(e.Size), math.Max(math.Abs(e.Low), math.Abs(e.High))))
	at := func(v float64) int { return int(math.Round(100 + v/reach*94)) }
	low, high := math.Min(e.Low, e.High), math.Max(e.Low, e.High)
	out.Plot = IntervalPlot{
		Zero: at(0), Low: at(low), High: at(high), Wide: max(at(high)-at(low), 1), Dot: at(e.Size),
		Left: decimal(-reach), Right: decimal(reach),
	}
	out.Short = fmt.Sprintf("%s (%s to %s)", decimal(e.Size), decimal(e.Low), decimal(e.High))
	out.Text = out.What + ": " + out.Short
	if e.P > 0 {
		out.Text += fmt.Sprintf("; p %s, corrected %s", chance(e.P), strings.TrimPrefix(chance(e.Adjusted), "= "))
	}
	return out
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
