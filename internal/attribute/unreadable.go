package attribute

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"example.org/telltale"
	"example.org/telltale/internal/attribute/stats"
)

// unreadable compares traffic that holds no readable copy between the arms,
// in the directions in which no copy could be read.
func (s *statement) unreadable() {
	var all []*contrast
	for _, d := range s.directions() {
		list := s.where(going(d), inBlock, func(t *trial) bool { return !t.void() && t.heard })
		if slices.ContainsFunc(list, (*trial).copied) {
			continue
		}
		all = append(all, s.contrasts(d, list)...)
	}
	for _, c := range all {
		s.testContrast(c)
	}
	s.traffic.adjust()
	for _, d := range s.directions() {
		s.stateContrasts(d, all)
	}
}

// inBlock keeps the probes whose arm was decided by lot.
func inBlock(t *trial) bool {
	return t.Block != "" && (t.Arm == telltale.ArmTreatment || t.Arm == telltale.ArmControl)
}

// contrasts chooses what to compare. A message that does not arrive is waited
// for longer, and what comes after it differs; so the features that depend on
// the length of the slot are compared among delivered messages only.
func (s *statement) contrasts(d telltale.Direction, list []*trial) []*contrast {
	delivered := slices.DeleteFunc(slices.Clone(list), func(t *trial) bool { return t.outcome != telltale.Delivered })
	var out []*contrast
	for _, host := range s.hosts() {
		for _, name := range []string{featFlows, featBytes, featWindow} {
			out = append(out, s.contrast(contrast{d: d, host: host, name: name, trials: delivered}))
		}
		if len(delivered) < len(list) {
			out = append(out, s.contrast(contrast{d: d, host: host, name: featEarly, trials: list}))
		}
	}
	// A feature that never varies cannot tell anything, whoever came when.
	return slices.DeleteFunc(out, func(c *contrast) bool { return !c.varies() })
}

// hosts lists the hosts that observations name traffic for.
func (s *statement) hosts() []string {
	names := map[string]bool{}
	for key := range s.cells {
		if key.feature == featWindow {
			names[key.host] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// testContrast makes both tests: of the arms as a whole, and, with two blocks
// or more, of whether the same words stay high.
func (s *statement) testContrast(c *contrast) {
	name := fmt.Sprintf("traffic/%s/%s/%s", c.d, c.host, c.name)
	c.tests = append(c.tests, s.traffic.add(stats.Upper(c.blocks, s.lot(name)).P))
	if len(c.labels) >= 2 {
		c.tests = append(c.tests, s.traffic.add(stats.Consistency(c.labels, s.lot(name+"/repeat")).P))
	}
	c.repeats = c.repeating()
}

// verdict of one contrast; empty if there is nothing to say.
func (s *statement) verdict(c *contrast) telltale.Verdict {
	p := c.best().adjusted
	switch {
	case !c.repeats:
		return ""
	case p <= s.traffic.alpha:
		return telltale.Supported
	case p <= 2*s.traffic.alpha, p <= suggestive && c.separate():
		return telltale.Inconclusive
	}
	return ""
}

// stateContrasts states for one direction what traffic depends on words: the
// hosts that are certain, or else the most suggestive one.
func (s *statement) stateContrasts(d telltale.Direction, all []*contrast) {
	best := map[string]*contrast{}
	for _, c := range all {
		if c.d != d || s.verdict(c) == "" {
			continue
		}
		if b := best[c.host]; b == nil || c.best().adjusted < b.best().adjusted {
			best[c.host] = c
		}
	}
	hosts := slices.Sorted(maps.Keys(best))
	slices.SortStableFunc(hosts, func(a, b string) int {
		return cmp.Compare(best[a].best().adjusted, best[b].best().adjusted)
	})
	for i, host := range hosts {
		if i == 0 {
			s.state(s.trafficFinding(best[host]))
		}
		s.trafficPlace(best[host])
	}
}

// trafficFinding says that something about the words leaves the app.
func (s *statement) trafficFinding(c *contrast) telltale.Finding {
	treated, control := c.tallies()
	verdict := s.verdict(c)
	f := telltale.Finding{
		Claim:   telltale.Claim{Kind: telltale.KindCopy, Direction: c.d, Condition: telltale.OnWords},
		Verdict: verdict, Method: methodTraffic,
		Trials: telltale.Trials{Treated: treated.n, TreatedReacted: treated.k, Control: control.n, ControlReacted: control.k},
		Effect: s.effect("share of messages followed by more traffic to "+c.host+" than the median harmless one, tested words less harmless", treated, control),
	}
	f.Effect.P, f.Effect.Adjusted = c.best().p, c.best().adjusted
	f.Trials.Void = len(s.where(going(c.d), inBlock)) - treated.n - control.n
	f.Statement = fmt.Sprintf("What the app sends to %s after a message that is %s depends on the words in it: more follows %d of %d messages with tested words, and %d of %d harmless ones. The content could not be read.",
		c.host, c.d, treated.k, treated.n, control.k, control.n)
	if verdict == telltale.Inconclusive {
		f.Statement += " This may still be chance: more trials would decide it."
		f.Needed = stats.Needed(countsOf(treated, control), s.traffic.alpha/float64(len(s.traffic.tests)), neededLimit)
	}
	evidence(&f, c.above())
	return f
}

// trafficPlace states the host as destination if that is certain.
func (s *statement) trafficPlace(c *contrast) {
	f := s.trafficFinding(c)
	scheme := "tcp"
	for i := range s.rec.Flows {
		if flow := &s.rec.Flows[i]; HostOf(flow) == c.host && Outside(&s.rec.Scenario, flow) && schemeOf(flow) != "tcp" {
			scheme = schemeOf(flow)
		}
	}
	f.Claim = telltale.Claim{Kind: telltale.KindDestination, Host: c.host, Detail: scheme}
	if f.Verdict == telltale.Supported && !s.hasClaim(f.Claim) {
		s.state(f)
	}
}
