package attribute_test

import (
	"fmt"
	"strings"
	"testing"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
)

// TestHabits: what harmless messages suffer explains what others suffer in the
// same place and direction, and nothing else does.
func TestHabits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("some quiet words ", 20)
	footer := func(n int) func(string) string {
		return func(s string) string { return s + fmt.Sprintf("\n-- \nlist 1.0, message %d", n) }
	}
	same := func(s string) string { return s }
	starred := func(s string) string { return strings.ReplaceAll(s, "kkword", "***") }
	cut := func(s string) string { return s[:min(len(s), 120)] }
	squeezed := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	plain := func(s string) string { return strings.ReplaceAll(s, "*", "") }
	for _, tt := range []struct {
		name     string
		harmless []func(string) string
		text     string
		does     func(string) string
		place    string
		want     telltale.Outcome
	}{
		{"nothing is known", []func(string) string{same, same}, "kkword here", starred, "", telltale.Altered},
		{"a footer", []func(string) string{footer(1), footer(2)}, "kkword here", footer(77), "", telltale.Delivered},
		{"a footer seen once", []func(string) string{footer(1), same}, "kkword here", footer(77), "", telltale.Altered},
		{"a footer elsewhere", []func(string) string{footer(1), footer(2)}, "kkword here", footer(77), "#other", telltale.Altered},
		{"a footer and a changed word", []func(string) string{footer(1), footer(2)}, "kkword here", func(s string) string { return footer(3)(starred(s)) }, "", telltale.Altered},
		{"blanks", []func(string) string{squeezed, same}, "kkword  here", squeezed, "", telltale.Delivered},
		{"blanks and a changed word", []func(string) string{squeezed, same}, "kkword  here", func(s string) string { return squeezed(starred(s)) }, "", telltale.Altered},
		{"formatting", []func(string) string{plain, plain}, "kkword *here*", plain, "", telltale.Delivered},
		{"a cut", []func(string) string{cut, same}, long, cut, "", telltale.Delivered},
		{"another cut", []func(string) string{cut, same}, long, func(s string) string { return s[:200] }, "", telltale.Altered},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := &telltale.Record{}
			for i, does := range tt.harmless {
				p := telltale.Probe{ID: fmt.Sprint("h", i), Arm: telltale.ArmContact, Direction: telltale.Sent, Text: fmt.Sprintf("*%d*  ", i) + long}
				rec.Probes = append(rec.Probes, p)
				rec.Receipts = append(rec.Receipts, telltale.Receipt{Probe: p.ID, Outcome: outcome(p.Text, does), Got: does(p.Text)})
			}
			p := telltale.Probe{ID: "p", Arm: telltale.ArmTreatment, Direction: telltale.Sent, Place: tt.place, Text: tt.text}
			got := attribute.NewHabits(rec).Outcome(p, telltale.Receipt{Probe: "p", Outcome: telltale.Altered, Got: tt.does(tt.text)})
			if got != tt.want {
				t.Errorf("%q became %q: %s, want %s", tt.text, tt.does(tt.text), got, tt.want)
			}
		})
	}
}

func outcome(text string, does func(string) string) telltale.Outcome {
	if does(text) == text {
		return telltale.Delivered
	}
	return telltale.Altered
}
