package verify

import (
	"encoding/json"
	"fmt"

	"example.org/telltale/internal/attribute"
	"example.org/telltale/internal/casefile/format"
)

// replay derives again what a case states, from its raw records alone: layers
// are peeled again from the captured bytes, then observations and findings are
// made anew. All differences are listed.
func (c *check) replay() {
	if c.unreadable() {
		c.note(format.LogFile, 0, "nothing was derived again: the log could not be read as a whole")
		return
	}
	c.layers()
	c.derived()
	c.res.Recomputed = true
}

// unreadable reports whether lines are missing from the record.
func (c *check) unreadable() bool { return c.book.unread > 0 || c.res.Entries == 0 }

func (c *check) derived() {
	b := &c.book
	if b.observations == 0 && b.findings == 0 && c.nothingStated() {
		return
	}
	if b.maskedRaw > 0 {
		c.note(format.LogFile, b.findings, "observations and findings were not derived again: %d values that they rest on were taken out", b.maskedRaw)
		return
	}
	raw := *b.rec
	raw.Observations, raw.Findings = nil, nil
	observations := attribute.Observe(&raw, c.blob)
	findings := attribute.State(&raw, observations)
	if b.maskedDerived > 0 {
		c.note(format.LogFile, b.findings, "observations and findings were not compared: %d values of them were taken out", b.maskedDerived)
		return
	}
	for _, d := range differences(b.rec.Observations, observations, observationKey) {
		c.problem(format.LogFile, b.observations, "observation %s", d)
	}
	if b.findings < b.observations && !b.ended {
		c.note(format.LogFile, b.observations, "the findings that go with these observations are not there: the run was cut off between the two")
		return
	}
	for _, d := range differences(b.rec.Findings, findings, findingKey) {
		c.problem(format.LogFile, b.findings, "finding %s", d)
	}
}

// nothingStated reports whether a run need not have come to state anything:
// it goes on, was stopped, or typed nothing.
func (c *check) nothingStated() bool {
	return !c.book.ended || c.book.end.Stopped != "" || len(c.book.rec.Probes) == 0
}

// differences lists where what is stated and what follows differ. Items of
// one key are compared with each other, whatever their place.
func differences[T any](stated, derived []T, key func(T) string) []string {
	s, d := sheets(stated, key), sheets(derived, key)
	if same(s, d) {
		return nil
	}
	left := map[string][]int{} // derived items without a stated equal, by text
	for i, sheet := range d {
		left[sheet.text] = append(left[sheet.text], i)
	}
	var unmatched []int
	for i, sheet := range s {
		if at := left[sheet.text]; len(at) > 0 {
			d[at[0]].matched, left[sheet.text] = true, at[1:]
		} else {
			unmatched = append(unmatched, i)
		}
	}
	out := pair(s, d, unmatched)
	if len(out) == 0 {
		return []string{"1 and others stand in another order than they follow"}
	}
	return out
}

// sheet is one item, written down.
type sheet struct {
	text, key string
	matched   bool
}

func sheets[T any](items []T, key func(T) string) []sheet {
	out := make([]sheet, len(items))
	for i, item := range items {
		// Values of the vocabulary always marshal.
		b, _ := json.Marshal(item)
		out[i] = sheet{text: string(b), key: key(item)}
	}
	return out
}

func same(a, b []sheet) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].text != b[i].text {
			return false
		}
	}
	return true
}

// pair tells what became of stated items that do not follow, and which others
// follow instead.
func pair(stated, derived []sheet, unmatched []int) (out []string) {
	byKey := map[string][]int{}
	for i, sheet := range derived {
		if !sheet.matched {
			byKey[sheet.key] = append(byKey[sheet.key], i)
		}
	}
	for _, i := range unmatched {
		key := stated[i].key
		instead := "nothing like it"
		if at := byKey[key]; len(at) > 0 {
			derived[at[0]].matched, byKey[key] = true, at[1:]
			instead = fmt.Sprintf("%.300q", derived[at[0]].text)
		}
		out = append(out, fmt.Sprintf("%d does not follow from the raw records: stated %.300q, derived %s", i+1, stated[i].text, instead))
	}
	for i, sheet := range derived {
		if !sheet.matched {
			out = append(out, fmt.Sprintf("%d of those that follow from the raw records is not stated: %.300q", i+1, sheet.text))
		}
	}
	return out
}
