package report

import "example.org/telltale"

// whereTo is the third sentence of an alarm: where the copies go, how they
// travel, and who else can read them.
func (x *index) whereTo() string {
	hosts := x.destinations()
	if len(hosts) == 0 {
		return x.noDestination()
	}
	shown := x.ListMore(shortAll(hosts, 60), 2)
	if x.byOthers() {
		return x.Say("where.accounts", "hosts", shown)
	}
	how := x.Say("where.how", "transport", x.transport(), "cipher", x.cipherWords(x.merged(telltale.KindWeak, hosts)))
	return x.Say("where."+x.readableBy(hosts), "hosts", shown, "how", how)
}

func shortAll(list []string, n int) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = short(s, n)
	}
	return out
}

// readableBy says who can read the copies, as the end of a key.
func (x *index) readableBy(hosts []string) string {
	weak, open := x.merged(telltale.KindWeak, hosts), x.merged(telltale.KindExposure, hosts)
	switch {
	case weak[telltale.WeakKeyBeside] && (open[telltale.OpenRecords] || open[telltale.OpenListing]):
		return "anybody"
	case open[telltale.OpenRecords]:
		return "records"
	case weak[telltale.WeakHTTP] && (weak[telltale.WeakNone] || weak[telltale.WeakXOR] || weak[telltale.WeakKeyInApp]):
		return "others"
	case len(weak) == 0:
		return "owner"
	}
	return "plain"
}

// destinations are the hosts of supported destination findings, each once.
func (x *index) destinations() []string {
	var hosts []string
	seen := map[string]bool{}
	for _, f := range x.supported(telltale.KindDestination) {
		if !seen[f.Claim.Host] {
			seen[f.Claim.Host] = true
			hosts = append(hosts, f.Claim.Host)
		}
	}
	return hosts
}

// merged details of a kind over several hosts.
func (x *index) merged(kind telltale.Kind, hosts []string) map[string]bool {
	all := x.details(kind)
	out := map[string]bool{}
	for _, h := range hosts {
		for d := range all[h] {
			out[d] = true
		}
	}
	return out
}

func (x *index) transport() string {
	seen := map[string]bool{}
	for _, f := range x.supported(telltale.KindDestination) {
		seen[f.Claim.Detail] = true
	}
	switch {
	case seen["http"] && len(seen) == 1:
		return x.Say("transport.http")
	case seen["https"] && len(seen) == 1:
		return x.Say("transport.https")
	case seen["http"]:
		return x.Say("transport.partly")
	}
	return x.Say("transport.network")
}

// cipherWords says how the copies are protected, from what is weak about it;
// it begins with a blank, or is empty.
func (x *index) cipherWords(weak map[string]bool) string {
	cipher, key := "", ""
	switch {
	case weak[telltale.WeakDES]:
		cipher = x.Say("cipher.des")
	case weak[telltale.WeakXOR]:
		cipher = x.Say("cipher.xor")
	case weak[telltale.WeakNone]:
		return x.Say("cipher.none")
	case weak[telltale.WeakECB]:
		cipher = x.Say("cipher.ecb")
	}
	switch {
	case weak[telltale.WeakKeyBeside]:
		key = x.Say("cipher.key-beside")
	case weak[telltale.WeakKeyInApp]:
		key = x.Say("cipher.key-in-app")
	}
	if cipher == "" && key != "" {
		cipher = x.Say("cipher.some")
	}
	return cipher + key
}

// noDestination is the third sentence where no copy was seen to go anywhere.
func (x *index) noDestination() string {
	lists := x.supported(telltale.KindList)
	switch {
	case len(x.supported(telltale.KindCopy)) > 0:
		return x.Say("where.unsettled")
	case len(lists) > 0:
		return x.Say("where.list", "host", short(lists[0].Claim.Host, 60))
	case len(x.supported(telltale.KindSuppression)) > 0:
		return x.Say("where.no-copy")
	}
	return ""
}
