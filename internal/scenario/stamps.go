package scenario

import (
	"fmt"
	"net/url"
	"slices"
)

// checkStamps looks at the addresses of time-stamping authorities. One may not
// hold a password: scenarios are published with their cases.
func (ps *Problems) checkStamps(authorities []string) {
	for i, address := range authorities {
		path := fmt.Sprintf("timestamp[%d]", i)
		u, err := url.Parse(address)
		switch {
		case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
			ps.report(path, "write it as in http://tsa.example.org/", "%q is no address of a time-stamping authority", clip(address))
		case u.User != nil:
			ps.report(path, "take the password out; who needs one is asked later, by telltale case stamp", "the address %q holds a password, and the case would", clip(u.Redacted()))
		case slices.Contains(authorities[:i], address):
			ps.report(path, "take one of them out", "the authority %q is named twice", clip(address))
		}
	}
}
