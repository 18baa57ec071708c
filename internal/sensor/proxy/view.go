package proxy

import "example.org/telltale"

// View tells what the proxy sees and what goes past it.
func (p *Proxy) View() []telltale.Coverage { return View() }

// View is what any proxy sees, and what goes past it.
func View() []telltale.Coverage {
	var all []telltale.Coverage
	for _, what := range []string{
		"the octets of every connection through the proxy, TLS taken off where the app trusts its authority",
		"attempts that were refused, or that nobody answered",
	} {
		all = append(all, telltale.Coverage{Sensor: Name, Sees: true, What: what})
	}
	for _, what := range []string{
		"connections of an app that does not use the proxy",
		"UDP of any sort: name lookups, QUIC (HTTP/3), calls",
		"content of TLS connections whose certificates the app pins: passed unopened after the first refusal",
		"what leaves the machine by other programs on the app's behalf, or later than the watch",
	} {
		all = append(all, telltale.Coverage{Sensor: Name, What: what})
	}
	return all
}
