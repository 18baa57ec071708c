package expose_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.org/telltale/internal/expose"
	"example.org/telltale/internal/peel"
)

func TestPartiesAreOtherPeople(t *testing.T) {
	t.Parallel()
	records := []string{
		"2026-11-20 10:00:00|fanglin88|10.4.5.6|+4917612345678|the weather is fine for walking today",
		"2026-11-20 10:05:00|fanglin88|10.4.5.6|+4917612345678|we are going to be late for the train",
		"2026-11-20 11:00:00|jorun.sky|10.4.5.9|+4917699999999|thank you for the parcel that you sent",
		"2026-11-20 12:00:00|alice|10.4.5.1|+4917600000000|hello there kzubviqq from the tester",
	}
	got := expose.Parties([]expose.Log{{Name: "log", Records: records}}, expose.Known{Own: []peel.Needle{{Probe: "p1", Text: "kzubviqq"}}})
	want := []string{"+4917612345678", "+4917699999999", "10.4.5.6", "10.4.5.9", "fanglin88", "jorun.sky"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
