package redact

import (
	"fmt"
	"slices"
	"strings"
)

// Rule is one reason to take something out.
type Rule struct {
	// Name by which it is turned off, and named in the signed note.
	Name string
	// What it takes out.
	What string
	// Fixed rules cannot be turned off.
	Fixed bool
}

// Names of rules.
const (
	RuleCapture     = "packets"
	RuleReports     = "reports"
	RuleTorn        = "torn"
	RuleSources     = "sources"
	RuleKeys        = "keys"
	RuleCredentials = "credentials"
	RuleFetched     = "fetched"
	RuleStrays      = "strays"
	RuleUsers       = "users"
	RuleMail        = "mail"
	RulePhone       = "phone"
	RuleClients     = "clients"
	RuleOthers      = "others"
	RuleHomes       = "homes"
	RuleNamed       = "named"
	RuleHosts       = "hosts"
	RuleAccounts    = "accounts"
	RuleUncited     = "uncited"
)

// Rules lists the rules that apply unless they are turned off, in the order in
// which they are applied.
func Rules() []Rule {
	return []Rule{
		{RuleCapture, "packet files: they hold all that passed, and the secrets to read it", true},
		{RuleReports, "reports: they are made anew of the copy", true},
		{RuleTorn, "torn lines of crashes", true},
		{RuleSources, "what a merged case was made of", true},
		{RuleKeys, "private keys of the sensors' authority", false},
		{RuleCredentials, "passwords, tokens and cookies in captured requests and answers", false},
		{RuleFetched, "what the active checks fetched", false},
		{RuleStrays, "names of strangers' files that the active checks saw", false},
		{RuleUsers, "user names, numbers and addresses in the records that the active checks read", false},
		{RuleMail, "e-mail addresses, unless the scenario itself types them", false},
		{RulePhone, "telephone numbers with a +, unless the scenario itself types them", false},
		{RuleClients, "network addresses of clients, but for loopback", false},
		{RuleOthers, "messages that arrived and are not of the case's own probes", false},
		{RuleHomes, "home directories in paths, and their owners' names", false},
	}
}

// named are the rules that apply if they are asked for.
func named() []Rule {
	return []Rule{
		{RuleNamed, "texts that were named", false},
		{RuleHosts, "hosts that were named, and their addresses", false},
		{RuleAccounts, "accounts of the scenario", false},
		{RuleUncited, "captured bytes that no finding rests on", false},
	}
}

// active returns the rules that apply.
func active(opts Options) (map[string]bool, error) {
	on := map[string]bool{
		RuleNamed: len(opts.Mask) > 0, RuleHosts: len(opts.Hosts) > 0,
		RuleAccounts: opts.Accounts, RuleUncited: opts.OnlyFindings,
	}
	var names []string
	for _, r := range Rules() {
		on[r.Name] = r.Fixed || !slices.Contains(opts.Keep, r.Name)
		if !r.Fixed {
			names = append(names, r.Name)
		}
	}
	for _, name := range opts.Keep {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("there is no rule %q that can be turned off: have %s", name, strings.Join(names, ", "))
		}
	}
	return on, nil
}
