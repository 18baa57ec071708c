package report

import (
	"fmt"
	"path"
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

// Collector is a host that gets copies, or that was checked for openness.
type Collector struct {
	Host string `json:"host"`
	// Messages of ours whose copies went there.
	Messages Count `json:"messages"`
	// Contains what a copy holds besides the text; Weak and Open are what is
	// wrong with its protection and with the place, in words.
	Contains []string `json:"contains,omitempty"`
	Weak     []string `json:"weak,omitempty"`
	Open     []string `json:"open,omitempty"`
	Visits   []Place  `json:"visits,omitempty"`
	// Others is the number of records that are not ours; Outsiders the
	// number of people in them who never used this client.
	Others    Count `json:"others,omitempty"`
	Outsiders Count `json:"outsiders,omitempty"`
}

// Place is one directory that was looked at.
type Place struct {
	Base     string      `json:"base"`
	When     string      `json:"when,omitempty"`
	Requests Count       `json:"requests"`
	Listing  bool        `json:"listing"`
	Files    []FileGroup `json:"files,omitempty"`
	Families []Family    `json:"families,omitempty"`
	Notes    []string    `json:"notes,omitempty"`
}

// FileGroup is the files of one kind in a listing. Files of strangers are
// counted by ending and never named.
type FileGroup struct {
	Kind  string   `json:"kind"`
	Label string   `json:"label"`
	Count Count    `json:"count"`
	Names []string `json:"names,omitempty"`
	More  Count    `json:"more,omitempty"`
}

// Family is the log files of one family, in numbers.
type Family struct {
	Name    string `json:"name"`
	Files   Count  `json:"files"`
	Listed  Count  `json:"listed"`
	Records Count  `json:"records"`
	Unread  Count  `json:"unread,omitempty"`
	Own     Count  `json:"own,omitempty"`
	// Others are the records that are not ours.
	Others    Count  `json:"others"`
	Users     Count  `json:"users"`
	Addresses Count  `json:"addresses,omitempty"`
	Numbers   Count  `json:"numbers,omitempty"`
	Days      string `json:"days,omitempty"`
	// Outsiders never used this client; Explained messages hold a known
	// trigger word, Unexplained ones hold none.
	Outsiders   Count       `json:"outsiders,omitempty"`
	Explained   Count       `json:"explained,omitempty"`
	Unexplained Count       `json:"unexplained,omitempty"`
	Scripts     string      `json:"scripts,omitempty"`
	TopWords    []WordCount `json:"top_words,omitempty"`
	Path        string      `json:"path,omitempty"`
	KeyText     string      `json:"key_text,omitempty"`
	KeyFrom     string      `json:"key_from,omitempty"`
	// Sample are masked records.
	Sample []string `json:"sample,omitempty"`
}

// WordCount is a word and the number of messages that hold it.
type WordCount struct {
	Word  string `json:"word"`
	Count Count  `json:"count"`
}

// collectors lists the hosts that get copies, then others that were checked.
func (x *index) collectors() ([]Collector, Count) {
	hosts := x.destinations()
	for _, v := range x.rec.Visits {
		if !slices.Contains(hosts, v.Host) {
			hosts = append(hosts, v.Host)
		}
	}
	messages := x.messagesTo()
	weak, open, holds := x.details(telltale.KindWeak), x.details(telltale.KindExposure), x.details(telltale.KindContent)
	out := []Collector{}
	for _, host := range hosts[:min(len(hosts), mostCollectors)] {
		c := Collector{
			Host: cut(host, 80), Messages: Count(messages[host]),
			Contains: worded(holds[host], contentWords()), Weak: worded(weak[host], weakWords()), Open: worded(open[host], openWords()),
		}
		for i := range x.rec.Visits {
			if v := &x.rec.Visits[i]; v.Host == host && len(c.Visits) < mostVisits {
				c.add(place(v))
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

func place(v *telltale.Visit) Place {
	p := Place{
		Base: cut(v.Base, 100), When: moment(v.At), Requests: Count(v.Requests), Listing: v.Listing,
		Files: fileGroups(v.Entries), Notes: cutAll(v.Notes, mostNotes, 300),
	}
	for i := range v.Recovered[:min(len(v.Recovered), mostFamilies)] {
		p.Families = append(p.Families, family(&v.Recovered[i]))
	}
	return p
}

func family(r *telltale.Recovered) Family {
	f := Family{
		Name: cut(r.Family, 40), Files: Count(r.Files), Listed: Count(r.Listed),
		Records: Count(r.Records), Unread: Count(r.Unread), Own: Count(r.Own), Others: Count(max(0, r.Records-r.Own)),
		Users: Count(r.Users), Addresses: Count(r.Addresses), Numbers: Count(r.Numbers), Days: days(r.FirstDay, r.LastDay),
		Outsiders: Count(r.Outsiders), Explained: Count(r.Explained), Unexplained: Count(r.Unexplained),
		Scripts: scripts(r.Scripts), Path: pathWords(r.Path), KeyText: keyText(r.Key), KeyFrom: keySource(r.KeySource),
		Sample: cutAll(r.Sample, 3, 200),
	}
	for _, w := range r.TopWords[:min(len(r.TopWords), mostNames)] {
		f.TopWords = append(f.TopWords, WordCount{cut(w.Word, longestWord), Count(w.Count)})
	}
	return f
}

func days(first, last string) string {
	first, last = cut(first, 10), cut(last, 10)
	if first == last || last == "" {
		return first
	}
	return first + " to " + last
}

// scripts writes the counts by writing system, in a fixed order.
func scripts(counts map[string]int) string {
	names := map[string]string{"han": "Chinese", "latin": "Latin", "mixed": "mixed", "other": "other"}
	var out []string
	for _, k := range []string{"han", "latin", "mixed", "other"} {
		if counts[k] > 0 {
			out = append(out, Count(counts[k]).String()+" "+names[k])
		}
	}
	return strings.Join(out, ", ")
}

// pathWords writes a path of coats on one line.
func pathWords(coats []string) string {
	return strings.Join(cutAll(coats, mostCoats, 60), " › ")
}

// fileGroups counts a listing by kind. Only the service's own files are named.
func fileGroups(entries []telltale.Entry) []FileGroup {
	var out []FileGroup
	for _, k := range [][3]string{
		{"key", "key file", "key files"}, {"log", "log file", "log files"}, {"directory", "folder", "folders"},
		{"stray", "file of strangers", "files of strangers"}, {"other", "other file", "other files"},
	} {
		g := FileGroup{Kind: k[0]}
		var names []string
		for _, e := range entries {
			if e.Kind == k[0] {
				g.Count++
				names = append(names, e.Name)
			}
		}
		if g.Count == 0 {
			continue
		}
		g.Label = many(int(g.Count), k[1], k[2])
		if g.Kind == "stray" || g.Kind == "other" {
			names = endings(names)
		}
		g.Names = cutAll(names, mostNames, 60)
		g.More = Count(len(names) - len(g.Names))
		out = append(out, g)
	}
	return out
}

// endings reduces file names to their endings and how often each occurs.
func endings(names []string) []string {
	counts := map[string]int{}
	all := map[string]bool{}
	for _, n := range names {
		end := strings.ToLower(path.Ext(strings.TrimRight(n, "/")))
		if len(end) < 2 || len(end) > 8 {
			end = "no ending"
		}
		counts[end]++
		all[end] = true
	}
	var out []string
	for _, end := range sorted(all) {
		out = append(out, fmt.Sprintf("%s × %s", Count(counts[end]), end))
	}
	return out
}

// worded puts details into words, in the order of the table.
func worded(details map[string]bool, words [][2]string) []string {
	var out []string
	for _, w := range words {
		if details[w[0]] {
			out = append(out, w[1])
		}
	}
	return out
}

func contentWords() [][2]string {
	return [][2]string{{telltale.FieldSender, "who wrote it"}, {telltale.FieldRecipient, "to whom"}, {telltale.FieldTime, "when"}}
}

func weakWords() [][2]string {
	return [][2]string{
		{telltale.WeakHTTP, "sent over plain HTTP"}, {telltale.WeakNone, "no cipher at all"},
		{telltale.WeakXOR, "a cipher that known text breaks"}, {telltale.WeakDES, "single DES, 56 bits of key"},
		{telltale.WeakECB, "ECB mode: patterns show"}, {telltale.WeakKeyInApp, "the key stands in the app's own files"},
		{telltale.WeakKeyBeside, "the key can be fetched beside the data"},
	}
}

func openWords() [][2]string {
	return [][2]string{
		{telltale.OpenListing, "the folder can be listed"}, {telltale.OpenKey, "the key lies in it"},
		{telltale.OpenRecords, "records of other people can be read"}, {telltale.OpenStrangers, "strangers have left files there"},
	}
}
