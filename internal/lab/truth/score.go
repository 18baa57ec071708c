package truth

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"example.org/telltale"
)

// Table compares findings with a truth, a row for each kind of finding.
type Table struct {
	Profile string `json:"profile"`
	Seed    uint64 `json:"seed"`
	Rows    []Row  `json:"rows"`
	// Total over all kinds.
	Total Row `json:"total"`
	// Missed and False are the claims behind the counts, as Claim.Key.
	Missed []string `json:"missed,omitempty"`
	False  []string `json:"false,omitempty"`
}

// Row counts one kind of finding. Truth counts decidable claims only; a
// supported claim that is true but not decidable counts nowhere.
type Row struct {
	Kind   telltale.Kind `json:"kind,omitempty"`
	Truth  int           `json:"truth"`
	Found  int           `json:"found"`
	Missed int           `json:"missed"`
	False  int           `json:"false"`
}

// Kinds are all kinds of findings in the order of a table.
func Kinds() []telltale.Kind {
	return []telltale.Kind{
		telltale.KindCopy, telltale.KindSuppression, telltale.KindTrigger, telltale.KindTargeting, telltale.KindDestination,
		telltale.KindContent, telltale.KindWeak, telltale.KindExposure, telltale.KindList,
	}
}

// Score compares. Only supported findings count as found, each claim once.
func Score(t Truth, findings []telltale.Finding) Table {
	table := Table{Profile: t.Profile, Seed: t.Seed}
	for _, kind := range Kinds() {
		table.Rows = append(table.Rows, Row{Kind: kind})
	}
	claims := supported(findings)
	table.countFound(t, claims)
	table.countFalse(t, claims)
	table.Rows = slices.DeleteFunc(table.Rows, func(r Row) bool { return r.Truth == 0 && r.False == 0 })
	for _, row := range table.Rows {
		table.Total.add(row)
	}
	return table
}

// supported are the distinct claims that findings support, in their order.
func supported(findings []telltale.Finding) []telltale.Claim {
	var claims []telltale.Claim
	seen := map[string]bool{}
	for _, f := range findings {
		if key := f.Claim.Key(); f.Verdict == telltale.Supported && !seen[key] {
			seen[key] = true
			claims = append(claims, f.Claim)
		}
	}
	return claims
}

func (t *Table) countFound(truth Truth, claims []telltale.Claim) {
	found := map[string]bool{}
	for _, claim := range claims {
		found[claim.Key()] = true
	}
	for _, e := range truth.Findings {
		if !e.Decidable {
			continue
		}
		row := t.row(e.Kind)
		row.Truth++
		if found[e.Key()] {
			row.Found++
			continue
		}
		row.Missed++
		t.Missed = append(t.Missed, e.Key())
	}
}

func (t *Table) countFalse(truth Truth, claims []telltale.Claim) {
	says := map[string]bool{}
	for _, e := range truth.Findings {
		says[e.Key()] = true
	}
	for _, claim := range claims {
		if key := claim.Key(); !says[key] {
			t.row(claim.Kind).False++
			t.False = append(t.False, key)
		}
	}
}

// row finds the row of a kind. A kind that nobody knows gets one at the end.
func (t *Table) row(kind telltale.Kind) *Row {
	for i := range t.Rows {
		if t.Rows[i].Kind == kind {
			return &t.Rows[i]
		}
	}
	t.Rows = append(t.Rows, Row{Kind: kind})
	return &t.Rows[len(t.Rows)-1]
}

func (r *Row) add(other Row) {
	r.Truth += other.Truth
	r.Found += other.Found
	r.Missed += other.Missed
	r.False += other.False
}

// Perfect reports whether nothing was missed and nothing is false.
func (t Table) Perfect() bool { return t.Total.Missed == 0 && t.Total.False == 0 }

// Recall is the share of decidable claims that were found; 1 if there are
// none.
func (t Table) Recall() float64 { return share(t.Total.Found, t.Total.Truth) }

// Precision is the share of found claims that are true; 1 if none was found.
func (t Table) Precision() float64 { return share(t.Total.Found, t.Total.Found+t.Total.False) }

func share(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}

// Text writes the table for people, the missed and false claims below it.
func (t Table) Text(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(tw, "%s, seed %d\ttrue\tfound\tmissed\tfalse\n", t.Profile, t.Seed)
	for _, row := range t.Rows {
		fmt.Fprintf(tw, "  %s\t%d\t%d\t%d\t%d\n", row.Kind, row.Truth, row.Found, row.Missed, row.False)
	}
	fmt.Fprintf(tw, "  all\t%d\t%d\t%d\t%d\n", t.Total.Truth, t.Total.Found, t.Total.Missed, t.Total.False)
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, key := range t.Missed {
		fmt.Fprintf(w, "  missed: %q\n", key)
	}
	for _, key := range t.False {
		fmt.Fprintf(w, "  false:  %q\n", key)
	}
	return nil
}
