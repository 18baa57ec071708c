package report

import "example.org/telltale"

// numbers are the few that matter most.
func (x *index) numbers(v View) []Number {
	t := x.tally()
	hosts := len(x.destinations())
	out := []Number{
		x.number("number.followed", t.valid), x.number("number.texts", len(x.rec.Scenario.Words)),
		x.number("number.triggers", len(x.supported(telltale.KindTrigger))),
		x.number("number.copied", t.copied), x.number("number.kept", t.kept), x.number("number.hosts", hosts),
	}
	out = append(out, x.bystanders(v.Collectors)...)
	for i := 2; i < len(out); i++ {
		out[i].Bad = out[i].Value != "0"
	}
	return out
}

// number with its label in the right form.
func (x *index) number(key string, n int) Number {
	return Number{Value: x.Number(n), Label: x.Count(key, n)}
}

// bystanders counts what lies open about people who are no part of the test.
// One person may stand in the records of several hosts, so that the largest
// number of one host is a lower bound and the sum is not.
func (x *index) bystanders(collectors []Collector) []Number {
	var out []Number
	others, outsiders, hosts := Count(0), Count(0), 0
	for _, c := range collectors {
		others += c.Others
		outsiders = max(outsiders, c.Outsiders)
		if c.Outsiders > 0 {
			hosts++
		}
	}
	if others > 0 {
		out = append(out, x.number("number.others", int(others)))
	}
	if outsiders > 0 {
		n := x.number("number.outsiders", int(outsiders))
		if hosts > 1 {
			n.Value = "≥ " + n.Value
		}
		out = append(out, n)
	}
	return out
}
