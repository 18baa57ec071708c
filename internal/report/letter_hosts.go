package report

import (
	"net/netip"
	"slices"
	"strings"

	"example.org/telltale"
)

// host names a host for the letter: one of the maker's that has a name, in the
// form of a name. Addresses may be those of users, and accounts are people.
func (l *letter) host(name string) string {
	account := strings.ContainsAny(name, "@/ ")
	for i := range l.rec.Flows {
		account = account || l.rec.Flows[i].Sensor == witnessSensor && l.rec.Flows[i].Host == name
	}
	if account {
		return l.say.Say("letter.host.account")
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil || !hostName(name) {
		return l.say.Say("letter.host.unnamed")
	}
	return code(name)
}

// hostName reports whether a name is one of a host in the Internet's own form,
// so that nothing else is told in its place.
func hostName(name string) bool {
	if len(name) > 253 || !strings.Contains(name, ".") {
		return false
	}
	const signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
	return strings.Trim(name, signs) == ""
}

// hosts that copies go to, each once.
func (l *letter) hosts() []string {
	var out []string
	for _, f := range l.supported(telltale.KindDestination) {
		if host := l.host(f.Claim.Host); !slices.Contains(out, host) {
			out = append(out, host)
		}
	}
	return out
}
