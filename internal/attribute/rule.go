package attribute

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"example.org/telltale"
	"example.org/telltale/internal/attribute/stats"
)

// Names of the traits that a survey gives its rules.
const (
	TraitOrder  = "order"
	TraitBorder = "border"
	TraitCase   = "case"
	// TraitOr begins the name of a trait that another word does in place of
	// a part.
	TraitOr = "instead: "
)

// surveyedRule is a rule that a survey found, as far as the record bears it
// out, in all directions in which it was found.
type surveyedRule struct {
	telltale.Isolation
	test *test
	// treated and control are the tallies behind the test.
	treated, control tally
	found            []telltale.Isolation
	directions       map[telltale.Direction]bool
}

// shows reports whether a trial shows the effects of an isolation's rule, or,
// without a rule, the kind of reaction that leads into its cell.
func (t *trials) shows(one *trial, iso telltale.Isolation) bool {
	if iso.Rule == nil {
		return t.reacts(one, iso.Cell)
	}
	r := iso.Rule
	switch {
	case r.Outcome.Kept() && one.outcome == r.Outcome && one.receipt.Reader == r.Reader && (r.Into == "" || one.receipt.Place == r.Into):
		return true
	case r.Ended && one.receipt.Ended:
		return true
	}
	return slices.ContainsFunc(one.copies, func(c Copy) bool { return slices.Contains(r.Copies, c.Host) })
}

// there keeps the trials of an isolation's way.
func there(iso telltale.Isolation) func(*trial) bool {
	return func(t *trial) bool { return t.Direction == iso.Direction && t.Place == iso.Place }
}

// alone keeps the trials that put the words of an isolation and nothing else.
func alone(iso telltale.Isolation) func(*trial) bool {
	return func(t *trial) bool {
		return !t.harmless() && t.cell() != telltale.CellVoid && plainText(t) == strings.TrimSpace(iso.Text)
	}
}

// surveyedRules makes one test for each rule of a survey.
func (s *statement) surveyedRules() []*surveyedRule {
	byKey := map[string]*surveyedRule{}
	var out []*surveyedRule
	for _, iso := range s.latest() {
		key := strings.Join(sorted(iso.Words), "\x00") + "\x00" + effectKey(iso.Rule)
		r := byKey[key]
		if r == nil {
			r = &surveyedRule{Isolation: iso, directions: map[telltale.Direction]bool{}}
			byKey[key] = r
			out = append(out, r)
		}
		r.found = append(r.found, iso)
		r.directions[iso.Direction] = true
		s.testRule(r, iso)
	}
	return out
}

// latest are the certified isolations with a rule, each in its last form: more
// may have been asked about its words later.
func (s *statement) latest() []telltale.Isolation {
	at := map[string]int{}
	var out []telltale.Isolation
	for _, iso := range s.certified {
		if iso.Rule == nil {
			continue
		}
		key := strings.Join([]string{string(iso.Direction), iso.Place, iso.Text, effectKey(iso.Rule)}, "\x00")
		if i, known := at[key]; known {
			out[i] = iso
			continue
		}
		at[key] = len(out)
		out = append(out, iso)
	}
	return out
}

// effectKey names what a rule does.
func effectKey(r *telltale.Rule) string {
	only := telltale.Rule{Outcome: r.Outcome, Into: r.Into, Ended: r.Ended, Reader: r.Reader, Copies: r.Copies}
	return only.Key()
}

// testRule compares the fresh messages of a rule with the harmless ones of the
// same way. Of several ways the clearest counts.
func (s *statement) testRule(r *surveyedRule, iso telltale.Isolation) {
	var treated, control tally
	for _, t := range s.where(there(iso), func(t *trial) bool { return t.cell() != telltale.CellVoid }) {
		switch {
		case t.harmless():
			control.add(s.shows(t, iso))
		case t.Arm == telltale.ArmTreatment && alone(iso)(t):
			treated.add(s.shows(t, iso))
		}
	}
	p, _ := stats.Fisher(treated.k, treated.n, control.k, control.n)
	test := s.fate.add(p)
	if r.test == nil || p < r.test.p {
		r.test, r.treated, r.control = test, treated, control
	}
}

// rules states the rules that surveys found, and the exceptions that all of
// them share, which are said once.
func (s *statement) rules(list []*surveyedRule) {
	shared := s.sharedExceptions()
	for _, r := range list {
		s.rule(r, shared)
	}
	for _, key := range slices.Sorted(maps.Keys(shared)) {
		s.exception(shared[key])
	}
}

// rule states one.
func (s *statement) rule(r *surveyedRule, shared map[string]*exception) {
	f := telltale.Finding{Verdict: telltale.Supported, Method: methodSurvey}
	for _, iso := range r.found {
		s.countProof(&f, iso)
		f.Traits = s.addTraits(f.Traits, iso)
	}
	f.Claim = telltale.Claim{
		Kind: telltale.KindTrigger, Words: sorted(r.Words), Direction: s.directionsOf(r), Cell: s.cellOfRule(r),
		Rule: s.ruleOf(r, f.Traits),
	}
	for _, w := range sorted(r.Without) {
		if shared[exceptionKey(r.Isolation, w)] == nil {
			f.Claim.Without = append(f.Claim.Without, w)
		}
	}
	f.Direct = len(f.Claim.Rule.Copies) > 0
	f.Effect = s.effect("share of messages that react, with the words alone less harmless ones", r.treated, r.control)
	f.Effect.P, f.Effect.Adjusted = r.test.p, r.test.adjusted
	if r.test.adjusted > s.fate.alpha {
		f.Verdict = telltale.Inconclusive
		f.Needed = stats.Needed(countsOf(r.treated, r.control), s.fate.alpha/float64(len(s.fate.tests)), neededLimit)
	}
	f.Statement = ruleText(f.Claim)
	s.state(f)
}

// directionsOf are those in which a rule was found, and those in which its
// words reacted when they were put.
func (s *statement) directionsOf(r *surveyedRule) telltale.Direction {
	for _, d := range s.directions() {
		other := r.Isolation
		other.Direction = d
		var y tally
		for _, t := range s.where(there(other), alone(other)) {
			y.add(s.shows(t, r.Isolation))
		}
		if !r.directions[d] && y.n > 0 && 2*y.k > y.n {
			r.directions[d] = true
		}
	}
	if len(r.directions) > 1 {
		return telltale.Both
	}
	return r.Direction
}

func (s *statement) cellOfRule(r *surveyedRule) telltale.Cell {
	return telltale.CellOf(r.Rule.Outcome, len(r.Rule.Copies) > 0)
}

// ruleOf is what the record bears out of a rule: what its words led to, where,
// and the traits whose proofs hold.
func (s *statement) ruleOf(r *surveyedRule, traits []telltale.Trait) *telltale.Rule {
	said := r.Rule
	out := &telltale.Rule{
		Parts: said.Parts, Behind: said.Behind, Ahead: said.Ahead, Outcome: said.Outcome,
		Into: said.Into, Ended: said.Ended, Reader: said.Reader, Copies: said.Copies,
	}
	proven := func(name string) bool {
		return slices.ContainsFunc(traits, func(t telltale.Trait) bool {
			return t.Name == name && (t.Answer == "yes" || t.Answer == "no")
		})
	}
	if proven(TraitOrder) {
		out.Order = said.Order
	}
	if proven(TraitBorder) {
		out.Border = said.Border
	}
	if proven(TraitCase) {
		out.Case = said.Case
	}
	for i, words := range said.Or {
		for _, w := range words {
			if !proven(TraitOr + w) {
				continue
			}
			if out.Or == nil {
				out.Or = make([][]string, len(said.Parts))
			}
			out.Or[i] = append(out.Or[i], w)
		}
	}
	s.describe(out, r)
	out.Places, out.Spared = s.placesOf(r)
	return out
}

// describe adds what became of the messages with the words alone.
func (s *statement) describe(out *telltale.Rule, r *surveyedRule) {
	got, replies := map[string]int{}, map[string]int{}
	for _, t := range s.where(there(r.Isolation), alone(r.Isolation)) {
		if !s.shows(t, r.Isolation) || t.outcome != out.Outcome {
			continue
		}
		switch t.outcome {
		case telltale.Altered:
			got[Plain(t.Probe, t.receipt.Got)]++
		case telltale.Refused:
			replies[reply(t)]++
		case telltale.Delivered, telltale.Dropped, telltale.Diverted, telltale.Void:
		}
	}
	out.Becomes, out.Reply = commonest(got), commonest(replies)
}

// longestReply bounds what is repeated of a service's words, in characters.
const longestReply = 160

// reply is what the service said of a message, without the message.
func reply(t *trial) string {
	said := strings.Join(strings.Fields(Plain(t.Probe, strings.ReplaceAll(t.receipt.Reason, t.Text, "…"))), " ")
	if runes := []rune(said); len(runes) > longestReply {
		said = string(runes[:longestReply]) + "…"
	}
	return said
}

// commonest is the text that came most often; of equals the first in order.
func commonest(counts map[string]int) string {
	texts := slices.Collect(maps.Keys(counts))
	slices.SortFunc(texts, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}
