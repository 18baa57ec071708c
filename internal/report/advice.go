package report

import (
	"example.org/telltale"
	"example.org/telltale/internal/report/words"
)

// advice says what to mend about a claim.
func advice(c telltale.Claim, w *words.Catalogue) string {
	return w.Say(adviceKey(c, w))
}

// adviceKey is the message for the claim's detail or condition if there is one,
// or else that for its kind.
func adviceKey(c telltale.Claim, w *words.Catalogue) string {
	kind := "advice." + string(c.Kind)
	for _, more := range []string{c.Detail, string(c.Condition)} {
		if key := kind + "." + more; more != "" && w.Has(key) {
			return key
		}
	}
	return kind
}
