package attribute

import (
	"fmt"
	"slices"

	"example.org/telltale"
)

// coverage says what could not be seen, and so is not denied: the sensors'
// blind spots, flows that could not be read, windows that were not watched.
func coverage(t *trials) []string {
	var out []string
	for _, c := range t.rec.Coverage {
		if !c.Sees {
			out = append(out, c.Sensor+" does not see: "+c.What)
		}
	}
	hidden := 0
	for i := range t.rec.Flows {
		f := &t.rec.Flows[i]
		if f.Visibility == telltale.Opaque && Outside(&t.rec.Scenario, f) {
			hidden++
		}
	}
	if hidden > 0 {
		out = append(out, fmt.Sprintf("%d flows outside the channel were encrypted: only their sizes and times are known", hidden))
	}
	if n := len(t.where(func(one *trial) bool { return !one.void() && !one.heard && !one.copied() })); n > 0 {
		out = append(out, fmt.Sprintf("%d messages were not watched for their whole window: they do not count as not copied", n))
	}
	out = append(out, t.habits.notes()...)
	for host, list := range sealedLayers(t.rec) {
		out = append(out, fmt.Sprintf("%d pieces of ciphertext sent to %s were opened by no key at hand: what is in them is not known", len(list), host))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
