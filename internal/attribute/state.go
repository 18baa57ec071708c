package attribute

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"example.org/telltale"
	"example.org/telltale/internal/attribute/stats"
)

const (
	// defaultAlpha is the error rate of scenarios that declare none.
	defaultAlpha = 0.05
	// trafficShare of alpha goes to the tests of unreadable traffic. It is
	// small because there are many hosts and features to be misled by, and
	// large effects, one more exchange for each such word, pass it easily.
	trafficShare = 0.1
	// suggestive is the adjusted p-value up to which an effect that repeats
	// is worth more trials.
	suggestive = 0.2
	// neededLimit bounds Finding.Needed.
	neededLimit = 10000
	// evidenceLimit bounds each list of evidence in a finding.
	evidenceLimit = 20
)

// State states what follows from a record and its observations, in a fixed
// order, numbered from F01. Words for people are in Statement; what can be
// compared with a truth is in Claim.
func State(rec *telltale.Record, obs []telltale.Observation) []telltale.Finding {
	s := newStatement(rec, obs)
	for _, d := range s.directions() {
		s.copies(d)
		for _, o := range []telltale.Outcome{telltale.Dropped, telltale.Altered, telltale.Refused, telltale.Diverted} {
			s.suppression(d, o)
		}
	}
	s.targets()
	s.unreadable()
	rules := s.surveyedRules()
	s.judge()
	s.triggers()
	s.rules(rules)
	s.places()
	s.codebooks()
	s.lists()
	s.exposures()
	return s.finish()
}

// statement is a set of findings in the making.
type statement struct {
	*trials
	obs   []telltale.Observation
	cells map[rowKey][]telltale.Observation
	alpha float64
	// fate and traffic are the two families of tests, each with its share
	// of alpha.
	fate, traffic *family
	drafts        []*draft
	out           []telltale.Finding
	// certified are the isolations whose certificates hold.
	certified []telltale.Isolation
	coverage  []string
}

type rowKey struct{ feature, host string }

func newStatement(rec *telltale.Record, obs []telltale.Observation) *statement {
	alpha := rec.Scenario.Alpha
	if alpha <= 0 {
		alpha = defaultAlpha
	}
	s := &statement{
		trials: newTrials(rec), obs: obs, alpha: alpha,
		cells:   map[rowKey][]telltale.Observation{},
		fate:    &family{alpha: (1 - trafficShare) * alpha},
		traffic: &family{alpha: trafficShare * alpha},
	}
	for _, o := range obs {
		s.cells[rowKey{o.Feature, o.Host}] = append(s.cells[rowKey{o.Feature, o.Host}], o)
	}
	for _, iso := range rec.Isolations {
		iso.Cell = s.caused(iso)
		if s.check(iso) == nil && !s.baseline(iso) {
			s.certified = append(s.certified, iso)
		}
	}
	s.coverage = coverage(s.trials)
	return s
}

// directions lists the directions that were tried.
func (s *statement) directions() []telltale.Direction {
	var out []telltale.Direction
	for _, d := range []telltale.Direction{telltale.Sent, telltale.Received} {
		if len(s.where(going(d))) > 0 {
			out = append(out, d)
		}
	}
	return out
}

// lot is the source of chance of one named test: seeded by the scenario, and
// apart from those of other tests, so that tests do not depend on their order.
func (s *statement) lot(name string) stats.Lot {
	h := fnv.New64a()
	h.Write([]byte(name))
	return stats.Lot{Rng: rand.New(rand.NewPCG(s.rec.Scenario.Seed, h.Sum64())), Draws: 19999, Stop: 40}
}

// family is a set of tests that are corrected together.
type family struct {
	alpha float64
	tests []*test
}

// test is one p-value, and what becomes of it after correction.
type test struct{ p, adjusted float64 }

func (f *family) add(p float64) *test {
	t := &test{p: p, adjusted: 1}
	f.tests = append(f.tests, t)
	return t
}

func (f *family) adjust() {
	ps := make([]float64, len(f.tests))
	for i, t := range f.tests {
		ps[i] = t.p
	}
	for i, p := range stats.Holm(ps) {
		f.tests[i].adjusted = p
	}
}

// draft is a finding whose verdict waits for the correction of its test.
type draft struct {
	telltale.Finding
	test *test
	// proven: certificates show it, whatever the test says.
	proven bool
	// seen: it is certain that something happened, so what the test cannot
	// decide is inconclusive and not passed over.
	seen bool
	// counts of the effect, for the number of trials needed.
	counts stats.Counts
}

// judge corrects the tests and gives the drafts their verdicts.
func (s *statement) judge() {
	s.fate.adjust()
	for _, d := range s.drafts {
		if d.Effect != nil {
			d.Effect.P, d.Effect.Adjusted = d.test.p, d.test.adjusted
		}
		switch {
		case d.proven || d.test.adjusted <= s.fate.alpha:
			d.Verdict = telltale.Supported
		case d.seen || d.test.adjusted <= suggestive:
			d.Verdict = telltale.Inconclusive
			d.Needed = stats.Needed(d.counts, s.fate.alpha/float64(len(s.fate.tests)), neededLimit)
		default:
			continue
		}
		s.out = append(s.out, d.Finding)
	}
}

// state adds a finding that needs no test.
func (s *statement) state(f telltale.Finding) {
	if f.Verdict == "" {
		f.Verdict = telltale.Supported
	}
	s.out = append(s.out, f)
}

// order of the kinds in a report.
func rank(k telltale.Kind) int {
	return slices.Index([]telltale.Kind{
		telltale.KindCopy, telltale.KindSuppression, telltale.KindTrigger, telltale.KindException, telltale.KindTargeting,
		telltale.KindDestination, telltale.KindContent, telltale.KindWeak, telltale.KindExposure, telltale.KindList,
	}, k)
}

// finish orders, numbers and completes the findings.
func (s *statement) finish() []telltale.Finding {
	slices.SortStableFunc(s.out, func(a, b telltale.Finding) int {
		return cmp.Or(
			cmp.Compare(rank(a.Claim.Kind), rank(b.Claim.Kind)),
			cmp.Compare(a.Claim.Key(), b.Claim.Key()),
		)
	})
	for i := range s.out {
		f := &s.out[i]
		f.ID = fmt.Sprintf("F%02d", i+1)
		f.Version = telltale.Version
		f.Coverage = s.coverage
		f.Probes, f.Flows = bounded(f.Probes), bounded(f.Flows)
		f.Digests, f.Keys = bounded(f.Digests), bounded(f.Keys)
	}
	return s.out
}

// bounded sorts a list of evidence, drops repeats, and cuts it.
func bounded[T cmp.Ordered](list []T) []T {
	list = slices.Clone(list)
	slices.Sort(list)
	list = slices.Compact(list)
	return list[:min(len(list), evidenceLimit)]
}

// evidence fills the lists of a finding from trials and their copies.
func evidence(f *telltale.Finding, list []*trial) {
	for _, t := range list {
		f.Probes = append(f.Probes, t.ID)
		for _, c := range t.copies {
			addCopy(f, c)
		}
	}
}

func addCopy(f *telltale.Finding, c Copy) {
	f.Flows = append(f.Flows, c.Flow)
	if c.Layer.Bytes != "" {
		f.Digests = append(f.Digests, c.Layer.Bytes)
	}
	if c.Layer.Key != "" && c.Layer.KeySource != "" {
		f.Keys = append(f.Keys, c.Layer.KeySource)
	}
}
