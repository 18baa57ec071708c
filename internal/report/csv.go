package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.org/telltale"
)

// longestCell is how many characters a cell of a table may have; a spreadsheet
// takes 32,767.
const longestCell = 2000

// TriggersCSV writes the triggers and exceptions of a case as CSV (RFC 4180, with
// a header line), one finding a row; docs/report-forms.md names the columns.
// Cells that a spreadsheet would take for a formula begin with an apostrophe.
func TriggersCSV(w io.Writer, in Input) error {
	x, err := in.index()
	if err != nil {
		return err
	}
	t := newTable(w, []string{
		"finding", "kind", "verdict", "words", "without", "direction", "cell", "manner", "effect", "places", "spared", "copies_to",
		"certified", "proofs_held", "proofs", "treated", "treated_reacted", "control", "control_reacted", "void",
		"effect_size", "effect_low", "effect_high", "p_adjusted", "probes", "claim_key",
	})
	for i := range in.Record.Findings {
		f := &in.Record.Findings[i]
		if f.Claim.Kind == telltale.KindTrigger || f.Claim.Kind == telltale.KindException {
			t.row(x.triggerRow(f))
		}
	}
	return t.end()
}

func (x *index) triggerRow(f *telltale.Finding) []string {
	c := &f.Claim
	certified, held, proofs := certificate(x.rec, f)
	row := []string{
		safe(f.ID), safe(string(c.Kind)), safe(string(f.Verdict)), safe(claimWords(c)), safeList(c.Without, " / "),
		safe(string(c.Direction)), safe(string(c.Cell)),
	}
	rule := c.Rule
	if rule == nil {
		rule = &telltale.Rule{}
		row = append(row, "", safe(x.effectOf(c.Cell)))
	} else {
		row = append(row, safeList(x.manner(rule), "; "), safe(x.ruleFate(rule)))
	}
	row = append(row, safeList(rule.Places, " / "), safeList(rule.Spared, " / "), safeList(rule.Copies, " / "),
		strconv.FormatBool(certified), strconv.Itoa(held), strconv.Itoa(proofs))
	for _, n := range []int{f.Trials.Treated, f.Trials.TreatedReacted, f.Trials.Control, f.Trials.ControlReacted, f.Trials.Void} {
		row = append(row, strconv.Itoa(n))
	}
	if e := f.Effect; e != nil {
		row = append(row, number(e.Size), number(e.Low), number(e.High), number(e.Adjusted))
	} else {
		row = append(row, "", "", "", "")
	}
	return append(row, safeList(f.Probes, " "), safe(claimKey(f.Claim)))
}

// claimKey is the claim on one line, each of its fields bounded.
func claimKey(c telltale.Claim) string { return boundClaim(c).Key() }

// claimWords writes the words of a claim on one line, in the order that a rule
// asks for.
func claimWords(c *telltale.Claim) string {
	words := c.Words
	if c.Rule != nil && len(c.Rule.Parts) > 0 {
		words = c.Rule.Parts
	}
	return strings.Join(cutRaw(words, longestCell), " + ")
}

// certificate counts the proofs of the searches that led to a claim; certified
// says that there is one and that every proof held.
func certificate(rec *telltale.Record, f *telltale.Finding) (certified bool, held, all int) {
	certified = true
	for i := range rec.Isolations {
		iso := &rec.Isolations[i]
		if !sameWords(f.Claim, iso) {
			continue
		}
		certified = certified && iso.Exact
		for _, p := range iso.Certificate {
			all++
			if p.Held {
				held++
			}
		}
	}
	return certified && all > 0 && held == all, held, all
}

// ObservationsCSV writes every observation of a case as CSV, each beside the
// probe it is about, so that rows can be counted without looking elsewhere;
// docs/report-forms.md names the columns.
func ObservationsCSV(w io.Writer, in Input) error {
	if in.Record == nil {
		return ErrNoRecord
	}
	x := newIndex(in.Record)
	t := newTable(w, []string{
		"probe", "sent", "arm", "block", "direction", "place", "word", "cell", "flow", "host", "feature", "value", "text",
	})
	for i := range in.Record.Observations {
		t.row(x.observationRow(&in.Record.Observations[i]))
	}
	return t.end()
}

func (x *index) observationRow(o *telltale.Observation) []string {
	row := []string{safe(o.Probe), "", "", "", "", "", "", ""}
	if p := x.probes[o.Probe]; p != nil {
		row = []string{
			safe(o.Probe), instant(x.last[p.ID].Sent), safe(string(p.Arm)), safe(p.Block), safe(string(p.Direction)),
			safe(p.Place), safe(p.Word), safe(string(x.cell(p))),
		}
	}
	return append(row, safe(o.Flow), safe(o.Host), safe(o.Feature), number(o.Value), safe(o.Text))
}

// instant writes a time for programs; empty for the zero time.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// number writes a number for programs; empty for what is none.
func number(x float64) string {
	if !finite(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

func safeList(list []string, between string) string {
	return safe(strings.Join(cutRaw(list, longestCell), between))
}

// safe makes text fit for a cell: visible, bounded, and never the beginning of
// a formula. Full-width signs are taken for formulas by some spreadsheets, and
// blanks before the sign are overlooked by others.
func safe(s string) string {
	s = cut(s, longestCell)
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " "))
	if strings.ContainsRune("=+-@|%＝＋－＠", r) {
		return "'" + s
	}
	return s
}

// table writes CSV line by line and keeps the first error.
type table struct {
	csv *csv.Writer
	err error
}

func newTable(w io.Writer, header []string) *table {
	t := &table{csv: csv.NewWriter(w)}
	t.csv.UseCRLF = true
	t.row(header)
	return t
}

func (t *table) row(cells []string) {
	if t.err == nil {
		t.err = t.csv.Write(cells)
	}
}

func (t *table) end() error {
	t.csv.Flush()
	if t.err == nil {
		t.err = t.csv.Error()
	}
	if t.err != nil {
		return fmt.Errorf("report: write CSV: %w", t.err)
	}
	return nil
}
