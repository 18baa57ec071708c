package attribute

import (
	"cmp"
	"maps"
	"slices"

	"example.org/telltale"
	"example.org/telltale/internal/attribute/stats"
)

// contrast is one feature of the traffic to one host, laid out by block.
type contrast struct {
	d       telltale.Direction
	host    string
	name    string
	blocks  []stats.Block
	labels  [][]stats.Labelled
	trials  []*trial
	values  map[string]int
	tests   []*test
	repeats bool
}

// contrast lays the values out by block.
func (s *statement) contrast(c contrast) *contrast {
	c.values = map[string]int{}
	for _, row := range s.cells[rowKey{c.name, c.host}] {
		c.values[row.Probe] = int(row.Value)
	}
	byBlock := map[string][]*trial{}
	for _, t := range c.trials {
		byBlock[t.Block] = append(byBlock[t.Block], t)
	}
	for _, name := range slices.Sorted(maps.Keys(byBlock)) {
		c.layOut(byBlock[name])
	}
	return &c
}

// layOut adds one block. Bytes count by their rank, as sizes have long tails.
func (c *contrast) layOut(block []*trial) {
	values := make([]int, len(block))
	for i, t := range block {
		values[i] = c.values[t.ID]
	}
	if c.name == featBytes {
		values = stats.Ranks(values)
	}
	var b stats.Block
	labels := make([]stats.Labelled, len(block))
	for i, t := range block {
		c.values[t.ID] = values[i]
		labels[i].Value = values[i]
		if t.harmless() {
			b.Control = append(b.Control, values[i])
			continue
		}
		b.Treated = append(b.Treated, values[i])
		labels[i].Label = t.Word
	}
	c.blocks, c.labels = append(c.blocks, b), append(c.labels, labels)
}

func (c *contrast) varies() bool {
	return slices.ContainsFunc(c.blocks, func(b stats.Block) bool {
		all := slices.Concat(b.Treated, b.Control)
		return len(b.Treated) > 0 && len(b.Control) > 0 && slices.Min(all) < slices.Max(all)
	})
}

// repeating reports whether some word lies above the median of its block's
// controls in each of its trials, of which there are two at least.
func (c *contrast) repeating() bool {
	high, low := map[string]int{}, map[string]int{}
	for i, block := range c.blocks {
		middle := median(block.Control)
		for _, l := range c.labels[i] {
			switch {
			case l.Label == "":
			case len(block.Control) > 0 && l.Value > middle:
				high[l.Label]++
			default:
				low[l.Label]++
			}
		}
	}
	for word, n := range high {
		if n >= 2 && low[word] == 0 {
			return true
		}
	}
	return false
}

func median(values []int) int {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// best is the smallest adjusted p-value of a contrast's tests.
func (c *contrast) best() *test {
	return slices.MinFunc(c.tests, func(a, b *test) int {
		return cmp.Compare(a.adjusted, b.adjusted)
	})
}

// separate reports whether controls never show any traffic to the host.
func (c *contrast) separate() bool {
	return !slices.ContainsFunc(c.trials, func(t *trial) bool { return t.harmless() && c.values[t.ID] > 0 }) && c.name != featBytes
}

// above lists the treated trials with more traffic than the median control of
// their block.
func (c *contrast) above() []*trial {
	return slices.DeleteFunc(slices.Clone(c.trials), func(t *trial) bool { return t.harmless() || !c.isAbove(t) })
}

func (c *contrast) isAbove(t *trial) bool {
	var controls []int
	for _, other := range c.trials {
		if other.harmless() && other.Block == t.Block {
			controls = append(controls, c.values[other.ID])
		}
	}
	return c.values[t.ID] > median(controls)
}

func (c *contrast) tallies() (treated, control tally) {
	for _, t := range c.trials {
		if t.harmless() {
			control.add(c.isAbove(t))
		} else {
			treated.add(c.isAbove(t))
		}
	}
	return treated, control
}
