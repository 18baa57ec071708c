package report

import (
	"slices"
	"strings"

	"example.org/telltale"
)

// Bounds on the section of collectors.
const (
	mostCollectors = 12
	mostVisits     = 4
	mostFamilies   = 8
	mostNames      = 12
	mostNotes      = 8
)

// collectors lists the hosts that get copies, then others that were checked.
func (x *index) collectors() ([]Collector, Count) {
	hosts := x.destinations()
	for _, v := range x.rec.Visits {
		if !slices.Contains(hosts, v.Host) {
			hosts = append(hosts, v.Host)
		}
	}
	messages := x.messagesTo()
	places := x.hostFacts()
	out := []Collector{}
	for _, host := range hosts[:min(len(hosts), mostCollectors)] {
		c := Collector{
			Host: cut(host, 80), Messages: Count(messages[host]),
			Contains: x.worded(telltale.KindContent, host), Weak: x.worded(telltale.KindWeak, host), Open: x.worded(telltale.KindExposure, host),
			Whereabouts: places[host].whereabouts(x),
		}
		for i := range x.rec.Visits {
			if v := &x.rec.Visits[i]; v.Host == host && len(c.Visits) < mostVisits {
				c.add(x.place(v))
			}
		}
		out = append(out, c)
	}
	return out, Count(len(hosts) - len(out))
}

// messagesTo counts the probes copied to each host.
func (x *index) messagesTo() map[string]int {
	out := map[string]int{}
	for _, cs := range x.copies {
		seen := map[string]bool{}
		for _, c := range cs {
			if !seen[c.flow.Host] {
				seen[c.flow.Host] = true
				out[c.flow.Host]++
			}
		}
	}
	return out
}

func (c *Collector) add(p Place) {
	c.Visits = append(c.Visits, p)
	for _, f := range p.Families {
		c.Others += f.Others
		c.Outsiders = max(c.Outsiders, f.Outsiders)
	}
}

func (x *index) place(v *telltale.Visit) Place {
	p := Place{
		Base: cut(v.Base, 100), When: moment(v.At), Requests: Count(v.Requests), Listing: v.Listing,
		Files: x.fileGroups(v.Entries), Notes: cutAll(v.Notes, mostNotes, 300),
	}
	for i := range v.Recovered[:min(len(v.Recovered), mostFamilies)] {
		p.Families = append(p.Families, x.family(&v.Recovered[i]))
	}
	return p
}

func (x *index) family(r *telltale.Recovered) Family {
	f := Family{
		Name: cut(r.Family, 40), Files: Count(r.Files), Listed: Count(r.Listed),
		Records: Count(r.Records), Unread: Count(r.Unread), Own: Count(r.Own), Others: Count(max(0, r.Records-r.Own)),
		Users: Count(r.Users), Addresses: Count(r.Addresses), Numbers: Count(r.Numbers), Days: x.days(r.FirstDay, r.LastDay),
		Outsiders: Count(r.Outsiders), Explained: Count(r.Explained), Unexplained: Count(r.Unexplained),
		Scripts: x.scripts(r.Scripts), Path: pathWords(r.Path), KeyText: x.keyText(r.Key), KeyFrom: x.keySource(r.KeySource),
		Sample: cutAll(r.Sample, 3, 200),
	}
	for _, w := range r.TopWords[:min(len(r.TopWords), mostNames)] {
		f.TopWords = append(f.TopWords, WordCount{cut(w.Word, longestWord), Count(w.Count)})
	}
	return f
}

func (x *index) days(first, last string) string {
	first, last = cut(first, 10), cut(last, 10)
	if first == last || last == "" {
		return first
	}
	return x.Say("days", "first", first, "last", last)
}

// scripts writes the counts by writing system, in a fixed order.
func (x *index) scripts(counts map[string]int) string {
	var out []string
	for _, k := range []string{"han", "latin", "mixed", "other"} {
		if counts[k] > 0 {
			out = append(out, x.Say("script."+k, "n", x.Number(counts[k])))
		}
	}
	return x.Comma(out)
}

// pathWords writes a path of coats on one line.
func pathWords(coats []string) string {
	return strings.Join(cutAll(coats, mostCoats, 60), " › ")
}
