package redact

import (
	"path/filepath"
	"regexp"
	"strings"

	"example.org/telltale"
)

// E-mail addresses as people write them (RFC 5321 allows more), and telephone
// numbers with the sign of international ones (E.164: 8 to 15 digits).
var (
	mailPattern  = regexp.MustCompile(`(?i)[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,6}`)
	phonePattern = regexp.MustCompile(`(^|[^0-9A-Za-z+/=])(\+[1-9][0-9]([ ().-]{0,2}[0-9]){6,13})($|[^0-9A-Za-z+/=])`)
	homePattern  = regexp.MustCompile(`(?i)(/home/|/Users/|\b[a-z]:\\{1,2}Users\\{1,2})([^/\\:"'\s]+)`)
)

// mostPeople bounds what is taken out of one text.
const mostPeople = 10_000

// people adds the e-mail addresses and telephone numbers in a text.
func (p *plan) people(s string) {
	if p.on[RuleMail] && strings.Contains(s, "@") {
		for _, m := range mailPattern.FindAllString(s, mostPeople) {
			p.texts.find(RuleMail, m)
		}
	}
	if p.on[RulePhone] && strings.Contains(s, "+") {
		for _, m := range phonePattern.FindAllStringSubmatch(s, mostPeople) {
			p.texts.find(RulePhone, m[2])
		}
	}
}

// homes adds the home directories in the paths of a case.
func (p *plan) homes(rec *telltale.Record) {
	d := rec.Scenario.Driver
	paths := append(append(append([]string{d.Dir, d.AccountsFile, string(d.Options)}, d.Command...), d.Env...), d.Writable...)
	if d.Peer != nil {
		paths = append(paths, string(d.Peer.Options))
	}
	paths = append(paths, rec.Scenario.Authorities...)
	for _, s := range rec.Scenario.Sensors {
		paths = append(paths, s.Path)
	}
	for _, f := range append(rec.App.Files, rec.Scenario.App.Files...) {
		paths = append(paths, f.Path)
	}
	for _, s := range paths {
		p.home(s)
	}
}

// home adds the home directories in one text, and the names of their owners
// where these tell something.
func (p *plan) home(s string) {
	for _, m := range homePattern.FindAllStringSubmatch(s, mostPeople) {
		p.texts.find(RuleHomes, m[0])
		p.texts.find(RuleHomes, filepath.ToSlash(m[0]))
		if name := m[2]; len(name) >= leastFound && !usual(name) {
			p.texts.find(RuleHomes, name)
		}
	}
}

// usual reports whether a user name is one that says nothing.
func usual(name string) bool {
	switch strings.ToLower(name) {
	case "user", "test", "tester", "admin", "ubuntu", "debian", "runner", "public", "shared", "guest":
		return true
	}
	return false
}
