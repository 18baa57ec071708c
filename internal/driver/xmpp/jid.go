package xmpp

import (
	"fmt"
	"strings"

	"example.org/telltale/internal/driver/ends"
)

// bare is an address without its resource, as addresses are compared.
func bare(jid string) string {
	b, _, _ := strings.Cut(jid, "/")
	return strings.ToLower(b)
}

// resource is what stands behind the slash.
func resource(jid string) string {
	_, r, _ := strings.Cut(jid, "/")
	return r
}

// split takes an address apart. It has a local part and a domain.
func split(jid string) (local, domain string, err error) {
	b, _, _ := strings.Cut(jid, "/")
	local, domain, ok := strings.Cut(b, "@")
	if !ok || local == "" || domain == "" || strings.ContainsAny(b, " \t\r\n<>&'\"") {
		return "", "", fmt.Errorf("%q is no address: want NAME@DOMAIN", jid)
	}
	return local, domain, nil
}

// addressOf is an account's address; a name alone is one of the domain.
func (o Options) addressOf(a ends.Account) string {
	address := a.Address
	if address == "" {
		address = a.Name
	}
	if !strings.Contains(address, "@") && o.Domain != "" {
		address += "@" + o.Domain
	}
	return address
}

// nickOf is an account's nick in rooms: the setting "nick" of the accounts
// file, or the name of its address.
func (o Options) nickOf(a ends.Account) string {
	if nick := a.More["nick"]; nick != "" {
		return nick
	}
	local, _, err := split(o.addressOf(a))
	if err != nil {
		return a.Name
	}
	return local
}
