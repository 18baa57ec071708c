package bench_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"example.org/telltale"
	"example.org/telltale/internal/attribute"
)

func TestTraits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{rules: []rule{{all: []string{"kkword", "bbstone"}}}, drops: true}
		q := question("the kkword of a bbstone", "marblewood")
		q.Characterise = true
		rec := newBed(t, w, q).finish()
		i := slices.IndexFunc(rec.Findings, func(f telltale.Finding) bool { return f.Claim.Kind == telltale.KindTrigger })
		if i < 0 {
			t.Fatalf("no trigger among %q", claims(rec))
		}
		got := map[string]string{}
		for _, trait := range rec.Findings[i].Traits {
			got[trait.Name] = trait.Answer
			if (trait.Answer == "yes" || trait.Answer == "no") && len(trait.Proofs) == 0 {
				t.Errorf("%s: %s without proof", trait.Name, trait.Answer)
			}
		}
		want := map[string]string{"order": "no", "case": "no", "blanks": "no", "separator": "yes", "received": "yes"}
		for name, answer := range want {
			if got[name] != answer {
				t.Errorf("%s: %q, want %q (all: %v)", name, got[name], answer, got)
			}
		}
		counted(t, rec)
	})
}

// What the record does not bear out is not stated.
func TestTraitsAreCheckedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := question(filtered...)
		q.Characterise = true
		rec := newBed(t, filter(), q).finish()
		for i := range rec.Isolations {
			for j := range rec.Isolations[i].Traits {
				trait := &rec.Isolations[i].Traits[j]
				for k := range trait.Proofs {
					trait.Proofs[k].Reacts = !trait.Proofs[k].Reacts
				}
			}
		}
		for _, f := range attribute.State(rec, rec.Observations) {
			for _, trait := range f.Traits {
				if trait.Answer == "yes" || trait.Answer == "no" {
					t.Errorf("%s: %s", trait.Name, trait.Answer)
				}
			}
		}
	})
}
