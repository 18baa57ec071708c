package match

// LagPart is [Lag] for needles that are shorter than twice the key, but longer
// than it by enough to be found: a hit gives the whole key and confirms some of
// its bytes.
func LagPart(needles []Needle, n int) *Set {
	c := collector{index: map[string]int{}}
	for i, needle := range needles {
		for _, form := range []string{UTF8, "utf-16le", "utf-16be", "gb18030"} {
			b := Encode(needle.Text, form)
			if len(b) < 2*n && len(b) >= n+MinLen && !periodic(b, n) {
				c.add(i, form, Shear(b, n))
			}
		}
	}
	return build(c.patterns)
}
